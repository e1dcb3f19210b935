"""Generative adversarial networks: one training step; every variant is a row of `GANS` over the same axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from trainables.base import ConfigError, DivergedError, Generative, Images, State
from trainables.batches import Batches
from trainables.config import above, at_least, between
from trainables.entry import Entry
from trainables.losses import LOSSES, AdversarialLoss
from trainables.nets import MlpDiscriminator, MlpGenerator, Shape, initialised
from trainables.rng import capture, restore, snapshot, torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

MAX_DEPTH = 4
SAMPLE_BATCH = 500
D_QUANTITIES = ("train/loss_d", "train/d_real", "train/d_fake", "train/d_accuracy", "train/grad_norm_d")
G_QUANTITIES = ("train/loss_g", "train/grad_norm_g")


@dataclass(frozen=True)
class GanConfig:
    """An MLP GAN. A width counts where the depth reaches it: g_depth 2 uses g_width_1 and g_width_2."""

    latent_dim: int = 32
    latent_prior: Literal["normal", "uniform"] = "normal"  # N(0, 1) or U(-1, 1) in each dimension
    g_depth: int = 2  # hidden layers, 1 to 4; widths from the latent towards the image
    g_width_1: int = 128
    g_width_2: int = 128
    g_width_3: int = 128
    g_width_4: int = 128
    d_depth: int = 2  # hidden layers, 1 to 4; widths from the image towards the logit
    d_width_1: int = 128
    d_width_2: int = 128
    d_width_3: int = 128
    d_width_4: int = 128
    lr_g: float = 1e-3  # Adam's learning rates
    lr_d: float = 1e-3
    beta1: float = 0.0  # no momentum: on digits a lower Fréchet distance, and sooner, than with 0.5
    beta2: float = 0.999
    batch_size: int = 64
    g_steps: int = 1  # an update is d_steps steps of D, then g_steps steps of G
    d_steps: int = 1  # papers on WGAN call this n_critic
    loss: Literal["non_saturating", "minimax"] = "non_saturating"
    updates: int = 2000  # in all
    updates_per_step: int = 100  # a reporting interval

    def __post_init__(self) -> None:
        between(self, 1, MAX_DEPTH, "g_depth", "d_depth")
        at_least(self, 1, *(f"{net}_width_{layer + 1}" for net in "gd" for layer in range(MAX_DEPTH)))
        at_least(self, 1, "latent_dim", "batch_size", "g_steps", "d_steps", "updates", "updates_per_step")
        above(self, 0, "lr_g", "lr_d")
        for name in ("beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must be at least 0 and under 1")

    def widths(self, net: Literal["g", "d"]) -> list[int]:
        """The widths of the hidden layers of G or D, as many as its depth."""
        return [getattr(self, f"{net}_width_{layer + 1}") for layer in range(getattr(self, f"{net}_depth"))]


def mlp(config: GanConfig, shape: Shape, classes: int) -> tuple[nn.Module, nn.Module]:
    """G and D of fully connected layers; `classes` is 0 for an unconditional pair."""
    generator = MlpGenerator(config.latent_dim, config.widths("g"), shape, classes)
    return generator, MlpDiscriminator(config.widths("d"), shape, classes)


@dataclass(frozen=True)
class Recipe:
    """A GAN as a point on four axes: architecture, loss, penalty, conditioning."""

    nets: Callable[[GanConfig, Shape, int], tuple[nn.Module, nn.Module]]
    loss: AdversarialLoss | None = None  # None: the one the config names
    # penalty(D as a function of images, real, fake, generator) is added to what D minimises
    penalty: Callable[[Callable[[Tensor], Tensor], Tensor, Tensor, torch.Generator], Tensor] | None = None
    conditional: bool = False
    config: type[GanConfig] = field(default=GanConfig)


GANS = {"gan": Recipe(nets=mlp)}


class Gan(Generative):
    """G against D with Adam; a step is `updates_per_step` updates and reports their means."""

    def __init__(
        self, config: GanConfig, data: Dataset, *, seed: int, device: str = "cpu", recipe: Recipe = GANS["gan"]
    ) -> None:
        if config.batch_size > len(data.train.x):
            raise ConfigError(f"batch_size: {config.batch_size} is over the {len(data.train.x)} training images")
        self.config, self._recipe, self._device = config, recipe, torch.device(device)
        self._classes = data.n_classes if recipe.conditional else 0
        self._loss = recipe.loss or LOSSES[config.loss]
        self._g, self._d = self._build(data.image_shape, torch_generator(seed, "weights"))
        self._optimizer_g, self._optimizer_d = self._adam(self._g, config.lr_g), self._adam(self._d, config.lr_d)
        self._batches = Batches(data.train.x, data.train.y, config.batch_size, seed=seed, device=self._device)
        self._generator = torch_generator(seed, "latents", device=device)
        self._updates = 0

    @property
    def finished(self) -> bool:
        return self._updates >= self.config.updates

    def step(self) -> dict[str, float]:
        """Means over the interval: the losses, D(x), D(G(z)), D's accuracy and the norms of the gradients."""
        updates = min(self.config.updates_per_step, self.config.updates - self._updates)
        rows_d, rows_g = [], []
        for _ in range(updates):
            rows_d += [self._step_d() for _ in range(self.config.d_steps)]
            rows_g += [self._step_g() for _ in range(self.config.g_steps)]
        means = self._means(D_QUANTITIES, rows_d, self.config.d_steps)
        means |= self._means(G_QUANTITIES, rows_g, self.config.g_steps)
        self._updates += updates
        return means

    def sample(self, n: int, *, seed: int = 0) -> Images:
        generator = torch_generator(seed, "sample", device=self._device)
        z = self._latents(n, generator)
        labels = torch.arange(n, device=self._device) % self._classes if self._classes else None
        self._g.eval()
        with torch.no_grad():
            parts = [self._g(z[i], None if labels is None else labels[i]).cpu() for i in _slices(n)]
        self._g.train()
        images: Images = torch.cat(parts).numpy()
        return images

    def state(self) -> State:
        return {
            "g": snapshot(self._g.state_dict()),
            "d": snapshot(self._d.state_dict()),
            "optimizer_g": snapshot(self._optimizer_g.state_dict()),
            "optimizer_d": snapshot(self._optimizer_d.state_dict()),
            "batches": self._batches.state(),
            "generator": capture(self._generator),
            "updates": self._updates,
        }

    def load_state(self, state: State) -> None:
        self._g.load_state_dict(state["g"])
        self._d.load_state_dict(state["d"])
        self._optimizer_g.load_state_dict(snapshot(state["optimizer_g"]))
        self._optimizer_d.load_state_dict(snapshot(state["optimizer_d"]))
        self._batches.load_state(state["batches"])
        restore(self._generator, state["generator"])
        self._updates = state["updates"]

    def _build(self, shape: Shape, generator: torch.Generator) -> tuple[nn.Module, nn.Module]:
        pair = initialised(
            lambda: nn.ModuleList(self._recipe.nets(self.config, shape, self._classes)), generator, self._device
        )
        g, d = pair.children()
        return g, d

    def _adam(self, net: nn.Module, lr: float) -> torch.optim.Adam:
        return torch.optim.Adam(net.parameters(), lr, (self.config.beta1, self.config.beta2), fused=True)

    def _latents(self, n: int, generator: torch.Generator) -> Tensor:
        size = (n, self.config.latent_dim)
        if self.config.latent_prior == "normal":
            return torch.randn(size, generator=generator, device=self._device)
        return torch.rand(size, generator=generator, device=self._device) * 2 - 1

    def _batch(self) -> tuple[Tensor, Tensor | None]:
        images, labels = self._batches.next()
        return images, labels if self._classes else None

    def _step_d(self) -> Tensor:
        real, labels = self._batch()
        with torch.no_grad():
            fake = self._g(self._latents(len(real), self._generator), labels)
        on_real, on_fake = self._d(real, labels), self._d(fake, labels)
        loss = self._loss.discriminator(on_real, on_fake)
        if self._recipe.penalty is not None:
            loss = loss + self._recipe.penalty(lambda x: self._d(x, labels), real, fake, self._generator)
        norm = _descend(loss, self._d, self._optimizer_d)
        return torch.stack([loss.detach(), *self._beliefs(on_real.detach(), on_fake.detach()), norm])

    def _beliefs(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean D(x), mean D(G(z)), and the share of both that D puts on the right side."""
        right = torch.cat([real > self._loss.boundary, fake <= self._loss.boundary])
        return self._loss.score(real).mean(), self._loss.score(fake).mean(), right.float().mean()

    def _step_g(self) -> Tensor:
        labels = self._batches.labels(self.config.batch_size, self._generator) if self._classes else None
        fake = self._g(self._latents(self.config.batch_size, self._generator), labels)
        loss = self._loss.generator(self._d(fake, labels))
        return torch.stack([loss.detach(), _descend(loss, self._g, self._optimizer_g)])

    def _means(self, names: tuple[str, ...], rows: list[Tensor], rows_per_update: int) -> dict[str, float]:
        # One transfer an interval: a GPU is not waited for at every update.
        table = torch.stack(rows).double().cpu()
        for row, values in enumerate(table.tolist() if not table.isfinite().all() else []):
            for name, value in zip(names, values, strict=True):
                if not math.isfinite(value):
                    raise DivergedError(f"{name} is {value} at update {self._updates + row // rows_per_update + 1}")
        return dict(zip(names, table.mean(0).tolist(), strict=True))


def _descend(loss: Tensor, net: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
    """One step of `net` alone; the L2 norm of its gradient."""
    parameters = list(net.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    return get_total_norm(gradients)


def _slices(n: int) -> list[slice]:
    return [slice(start, start + SAMPLE_BATCH) for start in range(0, n, SAMPLE_BATCH)]


ENTRIES = {name: Entry(Gan, recipe.config, options={"recipe": recipe}) for name, recipe in GANS.items()}
