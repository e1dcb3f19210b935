"""Generative adversarial networks: one training step; every variant is a row of `GANS` over the same axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, Generative, State
from trainables.config import constants
from trainables.entry import Entry
from trainables.gan.configs import (
    AdversarialConfig,
    DcganConfig,
    GanConfig,
    LsganConfig,
    SnganConfig,
    StyleganConfig,
    WganConfig,
    WganGpConfig,
)
from trainables.gan.losses import HINGE, LEAST_SQUARES, LOSSES, NON_SATURATING, WASSERSTEIN, AdversarialLoss
from trainables.gan.nets import Nets, dcgan, either, mlp
from trainables.gan.penalties import Penalty, gradient_penalty, none, r1, spectral_norm, weight_clipping
from trainables.gan.style_nets import style
from trainables.gan.updates import Updates
from trainables.labels import log_priors, path_labels, wanted_labels
from trainables.latent.interpolation import ways
from trainables.nets import Shape, initialised
from trainables.training.averages import Average
from trainables.training.batches import Batches
from trainables.training.means import means
from trainables.training.member import Member, WeightAverage
from trainables.training.optimizers import restore_optimizer
from trainables.training.rng import capture, restore, snapshot, torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

SAMPLE_BATCH = 500


@dataclass(frozen=True)
class Recipe:
    """A GAN variant as a choice on four axes (nets, loss, penalty, conditioning), and the config of its parameters."""

    nets: Callable[[Any, Shape, int], Nets]
    loss: AdversarialLoss | None = None  # None: the one the config names
    penalty: Callable[[Any], Penalty] = none
    conditional: bool = False
    config: type[AdversarialConfig] = GanConfig
    what: str = ""


GANS = {
    "gan": Recipe(mlp, what="fully connected nets"),
    "cgan": Recipe(mlp, conditional=True, what="fully connected nets that are told the class"),
    "dcgan": Recipe(dcgan, config=DcganConfig, what="convolutions with batch norm"),
    "cdcgan": Recipe(dcgan, conditional=True, config=DcganConfig, what="convolutions that are told the class"),
    "lsgan": Recipe(either, LEAST_SQUARES, config=LsganConfig, what="convolutions, least squares"),
    "wgan": Recipe(either, WASSERSTEIN, weight_clipping, config=WganConfig, what="Wasserstein loss, clipped weights"),
    "wgan_gp": Recipe(either, WASSERSTEIN, gradient_penalty, config=WganGpConfig, what="Wasserstein, gradient penalty"),
    "sngan": Recipe(either, HINGE, spectral_norm, config=SnganConfig, what="hinge loss, spectral norm"),
    "stylegan": Recipe(
        style, NON_SATURATING, r1, config=StyleganConfig, what="mapping net, modulated convolutions, R1"
    ),
}


class Gan(Generative):
    """G against D with Adam; a step is `updates_per_step` updates and reports their means."""

    def __init__(
        self, config: AdversarialConfig, data: Dataset, *, seed: int, device: str = "cpu", recipe: Recipe = GANS["gan"]
    ) -> None:
        if config.batch_size > len(data.train.x):
            raise ConfigError(f"batch_size: {config.batch_size} is over the {len(data.train.x)} training images")
        self.config, self.conditional, self._device = config, recipe.conditional, torch.device(device)
        self._classes = data.n_classes if recipe.conditional else 0
        self._log_priors = log_priors(data.train.y, data.n_classes)
        self._recipe, self._penalty, self._shape = recipe, recipe.penalty(config), data.image_shape
        self._g, self._d = self._build(recipe, data.image_shape, torch_generator(seed, "weights"))
        self._average = Average(self._g, config.ema)
        self._optimizer_g, self._optimizer_d = self._adam(self._g, config.lr_g), self._adam(self._d, config.lr_d)
        self._batches = Batches(data.train.x, data.train.y, config.batch_size, seed=seed, device=self._device)
        self._generator = torch_generator(seed, "latents", device=device)
        self._updates = 0
        self._steps = Updates(
            config,
            recipe.loss or LOSSES[config.loss],  # type: ignore[attr-defined]
            self._penalty,
            recipe.conditional,
            self._g,
            self._d,
            self._optimizer_g,
            self._optimizer_d,
            self._batches,
            self._generator,
            data.image_shape,
            self._device,
        )

    @property
    def finished(self) -> bool:
        return self._updates >= self.config.updates

    def step(self) -> dict[str, float]:
        """Means over the interval: losses, the penalty in D's, D(x), D(G(z)), D's accuracy, norms of the gradients."""
        first, last = self._updates, min(self._updates + self.config.updates_per_step, self.config.updates)
        rows_d, rows_g = [], []
        for update in range(first, last):
            rows_d += [self._steps.step_d(update) for _ in range(self.config.d_steps)]
            rows_g += [self._steps.step_g(update) for _ in range(self.config.g_steps)]
            self._average.update(update)
        row = self._means(rows_d, self.config.d_steps) | self._means(rows_g, self.config.g_steps)
        self._updates = last
        return row

    def member(self) -> Member:
        """This model taken apart, to be trained with others as one array."""
        config, average = self.config, self._average
        return Member(
            constants=(Gan, self._recipe, constants(config), self._shape, self._classes),
            nets={"g": self._g, "d": self._d},
            descents=self._steps.descents,
            average=WeightAverage("g", None if average.net is self._g else average.net, average.decay),
            batches=self._batches,
            generator=self._generator,
            done=self._updates,
            updates=config.updates,
            updates_per_step=config.updates_per_step,
            advance=self._advance,
        )

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        """`n` images; a conditional model's are of the classes `labels` (n,), or drawn as frequent as in training."""
        generator = torch_generator(seed, "sample", device=self._device)
        return self._images(self._steps.latents(n, generator), self._wanted(n, labels, seed))

    def interpolate(self, steps: int, pairs: int, seed: int = 0) -> Images:
        """Images on paths from one latent to another; noise inputs of the net stay the same along a path."""
        z = self._steps.latents(2 * pairs, torch_generator(seed, "interpolate", device=self._device))
        latent, noise = z[:, : self.config.latent_dim], z[:pairs, self.config.latent_dim :]
        between = ways(latent[:pairs], latent[pairs:], steps, normal=self.config.latent_prior == "normal")
        labels = path_labels(steps, pairs, self._log_priors, seed) if self.conditional else None
        z = torch.cat([between, noise.repeat_interleave(steps, dim=0)], dim=1)
        return self._images(z, self._wanted(len(z), labels, seed))

    @property
    def features(self) -> Callable[[Images], Images]:
        """A method of unconditional GANs alone: what D makes of images, (n, d) (Radford et al. 2016, section 5.1)."""
        if self.conditional:
            raise AttributeError("features: D of a conditional GAN wants labels")
        return self._features

    @torch.no_grad()
    def _features(self, x: Images) -> Images:
        self._d.eval()  # else an image's features would depend on those beside it
        parts = [self._d.features(torch.tensor(x[i], device=self._device)).cpu() for i in _slices(len(x))]  # type: ignore[operator]
        self._d.train()
        features: Images = torch.cat(parts).numpy()
        return features

    def state(self) -> State:
        return {
            "g": snapshot(self._g.state_dict()),
            "d": snapshot(self._d.state_dict()),
            "average": self._average.state(),
            "optimizer_g": snapshot(self._optimizer_g.state_dict()),
            "optimizer_d": snapshot(self._optimizer_d.state_dict()),
            "batches": self._batches.state(),
            "generator": capture(self._generator),
            "updates": self._updates,
        }

    def load_state(self, state: State) -> None:
        self._g.load_state_dict(state["g"])
        self._d.load_state_dict(state["d"])
        self._average.load_state(state["average"])
        restore_optimizer(self._optimizer_g, state["optimizer_g"])
        restore_optimizer(self._optimizer_d, state["optimizer_d"])
        self._batches.load_state(state["batches"])
        restore(self._generator, state["generator"])
        self._updates = state["updates"]

    def _build(self, recipe: Recipe, shape: Shape, generator: torch.Generator) -> Nets:
        pair = initialised(
            lambda: nn.ModuleList(recipe.nets(self.config, shape, self._classes)), generator, self._device
        )
        g, d = pair.children()
        self._penalty.constrain(d, generator)
        return g, d  # type: ignore[return-value]

    def _adam(self, net: nn.Module, lr: float) -> torch.optim.Adam:
        return torch.optim.Adam(net.parameters(), lr, (self.config.beta1, self.config.beta2), fused=True)

    @torch.no_grad()
    def _images(self, z: Tensor, labels: Tensor | None) -> Images:
        """What the (averaged) generator makes of latents (n, ...) and labels (n,)."""
        net = self._average.net
        training = net.training
        net.eval()
        parts = [net(z[i], None if labels is None else labels[i]).cpu() for i in _slices(len(z))]
        net.train(training)
        images: Images = torch.cat(parts).numpy()
        return images

    def _wanted(self, n: int, labels: Labels | None, seed: int) -> Tensor | None:
        if self.conditional:
            return torch.tensor(wanted_labels(n, labels, self._log_priors, seed), device=self._device)
        if labels is not None:
            raise ValueError("labels: this GAN is not conditional; it samples without")
        return None

    def _advance(self, updates: int) -> None:
        self._updates += updates

    def _means(self, rows: list[dict[str, Tensor]], rows_per_update: int) -> dict[str, float]:
        table = torch.stack([torch.stack(list(row.values())) for row in rows])
        return means(list(rows[0]), table, self._updates, rows_per_update)


def _slices(n: int) -> list[slice]:
    return [slice(start, start + SAMPLE_BATCH) for start in range(0, n, SAMPLE_BATCH)]


POINTS: Mapping[Callable[[Any, Shape, int], Nets], Mapping[str, Any]] = {mlp: {}, either: {"net": "mlp"}}
ENTRIES = {
    name: Entry(Gan, r.config, options={"recipe": r}, what=f"GAN: {r.what}", points=POINTS.get(r.nets))
    for name, r in GANS.items()
}
