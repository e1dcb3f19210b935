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


def _unpenalised(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor | None) -> Tensor:
    return real.new_zeros(())


def _as_it_is(d: nn.Module, generator: torch.Generator) -> None:
    pass


@dataclass(frozen=True)
class Penalty:
    """Three places to act on D; each does nothing unless given.

    `weight` times `term(critic, real, fake, shares)` is added to what D minimises, at every `every`-th update and then
    that many times over; `shares`, (n,) in [0, 1), are drawn for it where it `draws`. `constrain(d, generator)`
    rebuilds D before training. After each of its steps every weight of D is brought into [-bound, bound].
    """

    term: Callable[[Critic, Tensor, Tensor, Tensor | None], Tensor] = _unpenalised
    weight: float = 1.0
    every: int = 1
    draws: bool = False
    constrain: Callable[[nn.Module, torch.Generator], None] = _as_it_is
    bound: float | None = None


def none(config: AdversarialConfig) -> Penalty:
    """D as it is."""
    return Penalty()


def weight_clipping(config: Clipped) -> Penalty:
    """Every weight of D in [-clip, clip] after each of its steps (Arjovsky et al. 2017, algorithm 1)."""
    return Penalty(bound=config.clip)


def gradient_penalty(config: GradientPenalised) -> Penalty:
    """gp_weight times E[(|grad D(x)| - 1)^2] between real and fake images (Gulrajani et al. 2017, equation 3)."""
    return Penalty(slope_off_one, config.gp_weight, draws=True)


def r1(config: R1Penalised) -> Penalty:
    """r1_weight / 2 times E[|grad D(x)|^2] on real images (Mescheder et al. 2018, equation 9), at every r1_every-th
    update and then r1_every times over (Karras et al. 2020, "lazy regularization")."""
    return Penalty(squared_slope, config.r1_weight / 2, config.r1_every)


def spectral_norm(config: AdversarialConfig) -> Penalty:
    """Each layer of D divided by its largest singular value (Miyato et al. 2018)."""
    return Penalty(constrain=normalise_layers)


@torch.no_grad()
def clip_weights(d: nn.Module, bound: float) -> None:
    for parameter in d.parameters():
        parameter.clamp_(-bound, bound)


def slope_off_one(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor | None) -> Tensor:
    """E[(|grad D(x)| - 1)^2] where each x lies at its share, (n,), of the way from a fake image to a real one."""
    assert shares is not None
    share = shares.view(-1, *[1] * (real.dim() - 1))
    slopes = torch.linalg.vector_norm(_gradients(critic, torch.lerp(fake, real, share)).flatten(1), dim=1)
    gap: Tensor = slopes - 1
    return gap.square().mean()


def squared_slope(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor | None = None) -> Tensor:
    """E[|grad D(x)|^2] on real images."""
    return _gradients(critic, real).square().flatten(1).sum(1).mean()


def _gradients(critic: Critic, images: Tensor) -> Tensor:
    """dD(x)/dx of each image, shape of the images, itself differentiable."""
    # Not autograd.grad, which knows nothing of the members that torch.func.vmap goes over.
    gradients: Tensor = torch.func.grad(lambda x: critic(x).sum())(images.detach())
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
