"""Diffusion models, trained as DDPM (Ho et al. 2020) and sampled by DDIM (Song et al. 2021), of P(x) or P(x | y)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.arrays import Images, Labels
from trainables.base import ConfigError
from trainables.config import at_least, between
from trainables.entry import Entry
from trainables.labels import log_priors, path_labels, wanted_labels
from trainables.latent.interpolation import ways
from trainables.latent.noising import Denoiser, Schedule, ScheduleName, ddim
from trainables.latent.unet import UNet
from trainables.training.fitting import FitConfig, NetModel
from trainables.training.rng import torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

AT_ONCE = 250
IMPUTE_DRAWS = 4
UNKNOWN_SHARE = 0.1  # of training images whose class is kept back, so that the net knows images of any class too


@dataclass(frozen=True)
class DiffusionConfig(FitConfig):
    """A U-Net that takes noise out of images, at 14 x 14 places of 28 x 28 pixels by default."""

    conditional: bool = True  # P(x | y); else P(x)
    width: int = 32  # channels, doubled with every halving
    depth: int = 1  # halvings
    patch: int = 2  # pixels a side that become channels before the first convolution
    timesteps: int = 1000
    schedule: ScheduleName = "cosine"
    predict: Literal["noise", "velocity"] = "velocity"  # what the net gives (velocity: Salimans and Ho 2022)
    sample_steps: int = 25  # at most `timesteps`
    guidance: float = 1.0  # how far samples go beyond those of any class (Ho and Salimans 2022); doubles their cost
    eta: float = 0.0  # 0 for DDIM, which draws nothing on the way; 1 for DDPM's sampling
    lr: float = 2e-3
    ema: float = 0.995
    updates: int = 2400
    updates_per_step: int = 800  # few reports: the samples of one cost as much as 50 updates

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "width", "patch")
        between(self, 1, 100_000, "timesteps")
        at_least(self, 0, "depth", "guidance")
        between(self, 1, self.timesteps, "sample_steps")
        between(self, 0, 1, "eta")


class Diffusion(NetModel[UNet]):
    """A net that is asked, at a random time, for the noise in an image.

    It gives samples and no density: the variational bound is left out.
    """

    costly_samples = True

    def __init__(self, config: DiffusionConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """ConfigError if the image cannot be halved as often as the depth says."""
        self.config, self.conditional, self._shape = config, config.conditional, data.image_shape
        most = int(math.log2(math.ceil(min(data.image_shape[1:]) / config.patch)))
        if config.depth > most:
            size = f"{data.image_shape[1]} x {data.image_shape[2]}"
            raise ConfigError(
                f"depth: an image of {size} in patches of {config.patch} cannot be halved {config.depth} times;"
                f" valid: 0 to {most}"
            )
        classes = data.n_classes if config.conditional else 0
        net = (config.width, config.depth, config.patch)
        super().__init__(config, data, lambda: UNet(data.image_shape, classes, *net), seed=seed, device=device)
        self.log_priors = log_priors(data.train.y, data.n_classes)
        self._schedule = Schedule.named(config.schedule, config.timesteps, self._device)

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        generator = torch_generator(seed, "sample", device=self._device)
        wanted = wanted_labels(n, labels, self.log_priors, seed) if self.conditional else None
        return self._images(self._noise(n, generator), wanted, self.config.eta, generator)

    def interpolate(self, steps: int, pairs: int, seed: int = 0) -> Images:
        """From noise to noise, with no new noise on the way to an image (Song et al. 2021, DDIM, section 5.3)."""
        generator = torch_generator(seed, "interpolate", device=self._device)
        between = ways(self._noise(pairs, generator), self._noise(pairs, generator), steps, normal=True)
        labels = path_labels(steps, pairs, self.log_priors, seed) if self.conditional else None
        return self._images(between, labels, 0.0, generator)

    def denoise(self, x: Images, noise: float = 0.5) -> Images:
        """One look of the net at the time that has as much noise, whatever the class."""
        time = self._schedule.time_of(noise)
        return np.concatenate([self._denoised(part, time) for part in self._parts(x, AT_ONCE)])

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """The mean of a few draws of any class in which the known pixels are put back, under noise, at every step
        (Song et al. 2021, score-based models, section 5)."""
        known = np.broadcast_to(mask, x.shape)
        clean, generator = np.where(known, x, np.float32(0)), torch_generator(0, "impute", device=self._device)
        parts = zip(self._parts(clean, AT_ONCE), self._parts(known, AT_ONCE), strict=True)
        drawn = [self._imputed(*part, generator) for part in parts]
        return np.where(known, x, np.concatenate(drawn))

    def _losses(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """`train/loss` is the mean squared error of what the net predicts, summed over the pixels of an image."""
        n, generator, device = len(images), self._generator, self._device
        t = torch.randint(1, len(self._schedule) + 1, (n,), generator=generator, device=device)
        noise = torch.randn(images.shape, generator=generator, device=device)
        kept_back = torch.rand(n, generator=generator, device=device) < UNKNOWN_SHARE
        given = labels.masked_fill(kept_back, self._net.unknown)
        error = self._net(self._schedule.diffused(images, t, noise), t, given) - self._target(images, t, noise)
        return {"train/loss": error.square().flatten(1).sum(1).mean()}

    def _target(self, images: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        if self.config.predict == "noise":
            return noise
        return self._schedule.signal(t) * noise - self._schedule.noise(t) * images

    def _clean(self, x: Tensor, t: Tensor, predicted: Tensor) -> Tensor:
        """The clean images that the prediction implies, in [-1, 1]."""
        signal, noise = self._schedule.signal(t), self._schedule.noise(t)
        if self.config.predict == "noise":
            return ((x - noise * predicted) / signal).clamp(-1, 1)
        return (signal * x - noise * predicted).clamp(-1, 1)

    def _denoiser(self, labels: Tensor, guidance: float = 0.0) -> Denoiser:
        """Expected clean images of the labels' classes."""
        unknown = torch.full_like(labels, self._averaged.unknown)

        def denoiser(x: Tensor, t: Tensor) -> Tensor:
            predicted = self._averaged(x, t, labels)
            if guidance:
                predicted = predicted + guidance * (predicted - self._averaged(x, t, unknown))
            return self._clean(x, t, predicted)

        return denoiser

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn((n, *self._shape), generator=generator, device=self._device)

    def _images(self, noise: Tensor, labels: Labels | None, eta: float, generator: torch.Generator) -> Images:
        """What noise (n, c, h, w) becomes, given labels (n,)."""
        given = torch.zeros(len(noise), dtype=torch.int64) if labels is None else torch.from_numpy(labels)
        parts = zip(torch.split(noise, AT_ONCE), torch.split(given, AT_ONCE), strict=True)
        return np.concatenate([self._sampled(*part, eta, generator) for part in parts])

    @torch.no_grad()
    def _sampled(self, noise: Tensor, labels: Tensor, eta: float, generator: torch.Generator) -> Images:
        denoiser = self._denoiser(labels.to(self._device), self.config.guidance if self.conditional else 0.0)
        return _array(ddim(self._schedule, denoiser, noise, self.config.sample_steps, eta, generator))

    @torch.no_grad()
    def _denoised(self, x: Tensor, time: int) -> Images:
        t = torch.full((len(x),), time, device=self._device)
        return _array(self._denoiser(self._any_class(x))(x * self._schedule.signal(t), t))

    @torch.no_grad()
    def _imputed(self, x: Tensor, known: Tensor, generator: torch.Generator) -> Images:
        def put_back(images: Tensor, t: Tensor) -> Tensor:
            noise = torch.randn(x.shape, generator=generator, device=self._device)
            return torch.where(known, self._schedule.diffused(x, t, noise), images)

        steps, denoiser, draws = self.config.sample_steps, self._denoiser(self._any_class(x)), []
        for _ in range(IMPUTE_DRAWS):
            noise = torch.randn(x.shape, generator=generator, device=self._device)
            draws.append(ddim(self._schedule, denoiser, noise, steps, 0.0, generator, put_back))
        return _array(torch.stack(draws).mean(0))

    def _any_class(self, x: Tensor) -> Tensor:
        return torch.full((len(x),), self._averaged.unknown, device=self._device)


def _array(x: Tensor) -> Images:
    images: Images = x.clamp(-1, 1).cpu().numpy()
    return images


ENTRIES = {"diffusion": Entry(Diffusion, DiffusionConfig)}
