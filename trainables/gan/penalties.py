"""Regularisers of the discriminator as data: gradient penalties, weight clipping, spectral normalisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize

from trainables.gan.configs import AdversarialConfig, Clipped, GradientPenalised, R1Penalised

Critic = Callable[[Tensor], Tensor]  # images (n, c, h, w) to logits (n,), their labels already given
WARM_UP = 15  # power iterations before the first step: as many as PyTorch's own spectral norm makes


def _unpenalised(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    return real.new_zeros(())


def _as_it_is(d: nn.Module, generator: torch.Generator) -> None:
    pass


def _unbounded(d: nn.Module) -> None:
    pass


@dataclass(frozen=True)
class Penalty:
    """Three places to act on D; each does nothing unless given.

    `term(critic, real, fake, generator)` is added to what D minimises, at every `every`-th update and then that many
    times over; `constrain(d, generator)` rebuilds D before training; `project(d)` follows each of its steps.
    """

    term: Callable[[Critic, Tensor, Tensor, torch.Generator], Tensor] = _unpenalised
    every: int = 1
    constrain: Callable[[nn.Module, torch.Generator], None] = _as_it_is
    project: Callable[[nn.Module], None] = _unbounded


def none(config: AdversarialConfig) -> Penalty:
    """D as it is."""
    return Penalty()


def weight_clipping(config: Clipped) -> Penalty:
    """Every weight of D in [-clip, clip] after each of its steps (Arjovsky et al. 2017, algorithm 1)."""
    return Penalty(project=lambda d: clip_weights(d, config.clip))


def gradient_penalty(config: GradientPenalised) -> Penalty:
    """gp_weight times E[(|grad D(x)| - 1)^2] between real and fake images (Gulrajani et al. 2017, equation 3)."""
    return Penalty(
        lambda critic, real, fake, generator: config.gp_weight * slope_off_one(critic, real, fake, generator)
    )


def r1(config: R1Penalised) -> Penalty:
    """r1_weight / 2 times E[|grad D(x)|^2] on real images (Mescheder et al. 2018, equation 9), at every r1_every-th
    update and then r1_every times over (Karras et al. 2020, "lazy regularization")."""
    return Penalty(lambda critic, real, *_: config.r1_weight / 2 * squared_slope(critic, real), every=config.r1_every)


def spectral_norm(config: AdversarialConfig) -> Penalty:
    """Each layer of D divided by its largest singular value (Miyato et al. 2018)."""
    return Penalty(constrain=normalise_layers)


@torch.no_grad()
def clip_weights(d: nn.Module, bound: float) -> None:
    for parameter in d.parameters():
        parameter.clamp_(-bound, bound)


def slope_off_one(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """E[(|grad D(x)| - 1)^2] where each x lies at random on the line from a real image to a fake one."""
    share = torch.rand((len(real), *[1] * (real.dim() - 1)), generator=generator, device=real.device)
    slopes = torch.linalg.vector_norm(_gradients(critic, torch.lerp(fake, real, share)).flatten(1), dim=1)
    gap: Tensor = slopes - 1
    return gap.square().mean()


def squared_slope(critic: Critic, real: Tensor) -> Tensor:
    """E[|grad D(x)|^2] on real images."""
    return _gradients(critic, real).square().flatten(1).sum(1).mean()


def _gradients(critic: Critic, images: Tensor) -> Tensor:
    """dD(x)/dx of each image, shape of the images, itself differentiable."""
    images = images.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    return gradients


class UnitNorm(nn.Module):
    """A weight over its largest singular value, which one power iteration a call follows as the weight moves.

    A kernel (out, in, h, w) counts as the matrix (out, in * h * w). PyTorch's own draws from the global generator.
    """

    u: Tensor

    def __init__(self, weight: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("u", torch.randn(len(weight), generator=generator).to(weight.device))
        for _ in range(WARM_UP):
            self._iterate(weight.detach().flatten(1))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)
        v = self._iterate(matrix.detach())
        # A copy: the next call overwrites u, and the backward pass still needs it as it is now.
        return weight / torch.dot(self.u.clone(), matrix @ v)

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> Tensor:
        v = normalize(matrix.T @ self.u, dim=0)
        self.u.copy_(normalize(matrix @ v, dim=0))
        return v


def normalise_layers(d: nn.Module, generator: torch.Generator) -> None:
    """Give every linear and convolutional layer of `d` a weight of spectral norm 1."""
    for module in list(d.modules()):
        if isinstance(module, nn.Linear | nn.Conv2d):
            parametrize.register_parametrization(module, "weight", UnitNorm(module.weight, generator))
