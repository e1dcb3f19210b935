"""Generative adversarial networks: one training step; every variant is a row of `GANS` over the same axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, DivergedError, Generative, State
from trainables.entry import Entry
from trainables.gan.configs import (
    AdversarialConfig,
    DcganConfig,
    GanConfig,
    LabelSmoothedConfig,
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
from trainables.labels import log_priors, path_labels, wanted_labels
from trainables.latent.interpolation import ways
from trainables.nets import Shape, initialised
from trainables.training.averages import Average
from trainables.training.batches import Batches
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
        self._loss, self._penalty = _loss(recipe, config), recipe.penalty(config)
        self._g, self._d = self._build(recipe, data.image_shape, torch_generator(seed, "weights"))
        self._average = Average(self._g, config.ema)
        self._optimizer_g, self._optimizer_d = self._adam(self._g, config.lr_g), self._adam(self._d, config.lr_d)
        self._batches = Batches(data.train.x, data.train.y, config.batch_size, seed=seed, device=self._device)
        self._generator = torch_generator(seed, "latents", device=device)
        self._updates = 0

    @property
    def finished(self) -> bool:
        return self._updates >= self.config.updates

    def step(self) -> dict[str, float]:
        """Means over the interval: losses, the penalty in D's, D(x), D(G(z)), D's accuracy, norms of the gradients."""
        first, last = self._updates, min(self._updates + self.config.updates_per_step, self.config.updates)
        rows_d, rows_g = [], []
        for update in range(first, last):
            rows_d += [self._step_d(update) for _ in range(self.config.d_steps)]
            rows_g += [self._step_g(update) for _ in range(self.config.g_steps)]
            self._average.update(update)
        means = self._means(rows_d, self.config.d_steps) | self._means(rows_g, self.config.g_steps)
        self._updates = last
        return means

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        """`n` images; a conditional model's are of the classes `labels` (n,), or drawn as frequent as in training."""
        generator = torch_generator(seed, "sample", device=self._device)
        return self._images(self._latents(n, generator), self._wanted(n, labels, seed))

    def interpolate(self, steps: int, pairs: int, seed: int = 0) -> Images:
        """Images on paths from one latent to another; noise inputs of the net stay the same along a path."""
        z = self._latents(2 * pairs, torch_generator(seed, "interpolate", device=self._device))
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

    def _latents(self, n: int, generator: torch.Generator) -> Tensor:
        draw = partial(torch.randn, generator=generator, device=self._device)
        size = (n, self.config.latent_dim)
        if self.config.latent_prior == "normal":
            z = draw(size)
        else:
            z = torch.rand(size, generator=generator, device=self._device) * 2 - 1
        return torch.cat([z, draw(n, self._g.noise_size)], dim=1) if self._g.noise_size else z

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

    def _step_d(self, update: int) -> dict[str, Tensor]:
        images, classes = self._batches.next()
        labels = classes if self.conditional else None
        with torch.no_grad():
            fake = self._noisy(self._g(self._latents(len(images), self._generator), labels), update)
        real = self._noisy(images, update)
        on_real, on_fake = self._d(real, labels), self._d(fake, labels)
        penalty = self._penalised(lambda x: self._d(x, labels), real, fake, update)
        loss = self._loss.discriminator(on_real, on_fake) + penalty
        norm = _descend(loss, self._d, self._optimizer_d)
        self._penalty.project(self._d)
        row = {"train/loss_d": loss, "train/penalty": penalty, **self._beliefs(on_real, on_fake)}
        return {name: value.detach() for name, value in row.items()} | {"train/grad_norm_d": norm}

    def _step_g(self, update: int) -> dict[str, Tensor]:
        labels = self._batches.labels(self.config.batch_size, self._generator) if self.conditional else None
        fake = self._g(self._latents(self.config.batch_size, self._generator), labels)
        loss = self._loss.generator(self._d(self._noisy(fake, update), labels))
        return {"train/loss_g": loss.detach(), "train/grad_norm_g": _descend(loss, self._g, self._optimizer_g)}

    def _noisy(self, images: Tensor, update: int) -> Tensor:
        """Instance noise (Sønderby et al. 2017), which falls linearly to nothing."""
        if not self.config.instance_noise:
            return images
        deviation = self.config.instance_noise * (1 - update / self.config.updates)
        return images + deviation * torch.randn(images.shape, generator=self._generator, device=self._device)

    def _penalised(self, critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, update: int) -> Tensor:
        if update % self._penalty.every:
            return real.new_zeros(())
        return self._penalty.every * self._penalty.term(critic, real, fake, self._generator)

    def _beliefs(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Mean D(x), mean D(G(z)), and the share of both that D puts on the right side, if its loss has sides."""
        means = {"train/d_real": self._loss.score(real).mean(), "train/d_fake": self._loss.score(fake).mean()}
        if (boundary := self._loss.boundary) is None:
            return means
        return means | {"train/d_accuracy": torch.cat([real > boundary, fake <= boundary]).float().mean()}

    def _means(self, rows: list[dict[str, Tensor]], rows_per_update: int) -> dict[str, float]:
        names = list(rows[0])
        # One transfer an interval: a GPU is not waited for at every update.
        table = torch.stack([torch.stack(list(row.values())) for row in rows]).double().cpu()
        for row, values in enumerate(table.tolist() if not table.isfinite().all() else []):
            for name, value in zip(names, values, strict=True):
                if not math.isfinite(value):
                    raise DivergedError(f"{name} is {value} at update {self._updates + row // rows_per_update + 1}")
        return dict(zip(names, table.mean(0).tolist(), strict=True))


def _loss(recipe: Recipe, config: AdversarialConfig) -> AdversarialLoss:
    loss = recipe.loss or LOSSES[config.loss]  # type: ignore[attr-defined]
    return loss.smoothed(config.label_smoothing) if isinstance(config, LabelSmoothedConfig) else loss


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


POINTS: Mapping[Callable[[Any, Shape, int], Nets], Mapping[str, Any]] = {mlp: {}, either: {"net": "mlp"}}
ENTRIES = {
    name: Entry(Gan, r.config, options={"recipe": r}, what=f"GAN: {r.what}", points=POINTS.get(r.nets))
    for name, r in GANS.items()
}
