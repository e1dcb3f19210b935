"""The updates of G and D: what each step draws, minimises and moves, alone or taken apart to be made with others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from trainables.gan.configs import AdversarialConfig, LabelSmoothedConfig
from trainables.gan.game import LATENTS, NOISE, NOISE_REAL, SHARES, discriminator_losses, generator_losses
from trainables.gan.losses import AdversarialLoss
from trainables.gan.penalties import Penalty, clip_weights
from trainables.nets import Generator, Shape
from trainables.training.batches import Batches
from trainables.training.member import IMAGES, LABELS, Descent, Drawn, Values


@dataclass(frozen=True)
class Updates:
    """Steps of D and of G, each by its optimizer, with minibatches and a generator for all that is random."""

    config: AdversarialConfig
    loss: AdversarialLoss
    penalty: Penalty
    conditional: bool
    g: Generator
    d: nn.Module
    optimizer_g: torch.optim.Optimizer
    optimizer_d: torch.optim.Optimizer
    batches: Batches
    generator: torch.Generator
    shape: Shape
    device: torch.device

    @property
    def descents(self) -> tuple[Descent, Descent]:
        """What an update is made of, in order."""
        return self._descent_of_d(), self._descent_of_g()

    def latents(self, n: int, generator: torch.Generator) -> Tensor:
        draw = partial(torch.randn, generator=generator, device=self.device)
        size = (n, self.config.latent_dim)
        if self.config.latent_prior == "normal":
            z = draw(size)
        else:
            z = torch.rand(size, generator=generator, device=self.device) * 2 - 1
        return torch.cat([z, draw(n, self.g.noise_size)], dim=1) if self.g.noise_size else z

    def _descent_of_d(self) -> Descent:
        return Descent(
            "d",
            self._losses_d,
            self.optimizer_d,
            lr=lambda _: self.config.lr_d,
            norm="train/grad_norm_d",
            draw=self._drawn_d,
            values=self._values,
            costly=self._penalised,
            repeats=self.config.d_steps,
            bound=self.penalty.bound,
        )

    def _descent_of_g(self) -> Descent:
        return Descent(
            "g",
            self._losses_g,
            self.optimizer_g,
            lr=lambda _: self.config.lr_g,
            norm="train/grad_norm_g",
            draw=self._drawn_g,
            values=self._values,
            batched=False,
            repeats=self.config.g_steps,
        )

    def step_d(self, update: int) -> dict[str, Tensor]:
        images, classes = self.batches.next()
        drawn = {IMAGES: images, LABELS: classes, **self._drawn_d(update)}
        losses = self._losses_d({"g": self.g, "d": self.d}, drawn, self._values(update), self._penalised(update))
        norm = _descend(losses["train/loss_d"], self.d, self.optimizer_d)
        if self.penalty.bound is not None:
            clip_weights(self.d, self.penalty.bound)
        return {name: value.detach() for name, value in losses.items()} | {"train/grad_norm_d": norm}

    def step_g(self, update: int) -> dict[str, Tensor]:
        nets = {"g": self.g, "d": self.d}
        [loss] = self._losses_g(nets, self._drawn_g(update), self._values(update)).values()
        return {"train/loss_g": loss.detach(), "train/grad_norm_g": _descend(loss, self.g, self.optimizer_g)}

    def _drawn_d(self, update: int) -> Drawn:
        """What D's step draws beside its minibatch."""
        size = self.config.batch_size
        drawn = {LATENTS: self.latents(size, self.generator), **self._noise(NOISE), **self._noise(NOISE_REAL)}
        if self.penalty.draws and self._penalised(update):
            drawn[SHARES] = torch.rand(size, generator=self.generator, device=self.device)
        return drawn

    def _drawn_g(self, update: int) -> Drawn:
        size = self.config.batch_size
        labels = {LABELS: self.batches.labels(size, self.generator)} if self.conditional else {}
        return {**labels, LATENTS: self.latents(size, self.generator), **self._noise(NOISE)}

    def _noise(self, name: str) -> Drawn:
        """Instance noise; nothing is drawn where the config has none."""
        if not self.config.instance_noise:
            return {}
        shape = (self.config.batch_size, *self.shape)
        return {name: torch.randn(shape, generator=self.generator, device=self.device)}

    def _values(self, update: int) -> Values:
        """The numbers of the losses at an update; instance noise falls linearly to nothing."""
        config, penalty = self.config, self.penalty
        smoothed = {"smoothing": config.label_smoothing} if isinstance(config, LabelSmoothedConfig) else {}
        return {
            "deviation": config.instance_noise * (1 - update / config.updates),
            "penalty_weight": penalty.weight,
            "penalty_every": penalty.every,
            **smoothed,
        }

    def _penalised(self, update: int) -> bool:
        return not update % self.penalty.every

    @property
    def _losses_d(self) -> Any:
        return partial(discriminator_losses, loss=self.loss, penalty=self.penalty, conditional=self.conditional)

    @property
    def _losses_g(self) -> Any:
        return partial(generator_losses, loss=self.loss, conditional=self.conditional)


def _descend(loss: Tensor, net: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
    """One step of `net` alone; the L2 norm of its gradient."""
    parameters = list(net.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        # torch's fused Adam goes through memory whatever the strides, and those of second derivatives may be others.
        parameter.grad = gradient.contiguous()
    optimizer.step()
    return get_total_norm(gradients)
