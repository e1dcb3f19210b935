"""Autoregressive models by masked convolutions (PixelCNN), of P(x) or of P(x | y): a pixel given those before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, Explicit
from trainables.config import at_least
from trainables.density.logistics import LevelMixture, quantised
from trainables.density.pixel_nets import PixelNet
from trainables.entry import Entry
from trainables.labels import log_priors, wanted_labels
from trainables.training.fitting import FitConfig, NetModel
from trainables.training.rng import torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

AT_ONCE = 250
IMPUTE_DRAWS = 4


@dataclass(frozen=True)
class AutoregressiveConfig(FitConfig):
    """A net of `depth` residual blocks of masked convolutions."""

    conditional: bool = True  # P(x | y), a classifier by Bayes' rule; else P(x)
    width: int = 32  # features a pixel
    depth: int = 5
    kernel: int = 5  # columns a block looks at, odd
    mixtures: int = 5  # logistic distributions a channel of a pixel
    levels: int = 16  # grey levels that pixels are rounded to: with 256 most of what is learnt is the noise of textures
    lr: float = 4e-3
    batch_size: int = 32
    updates: int = 2500
    updates_per_step: int = 625  # few reports: samples are slow

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "depth", "mixtures")
        at_least(self, 2, "levels")
        at_least(self, 2, "width")
        if self.kernel < 3 or self.kernel % 2 == 0:
            raise ConfigError(f"kernel: {self.kernel} must be odd and 3 or more: a pixel lies in the middle")


class Autoregressive(NetModel[PixelNet], Explicit):
    """Pixels one after the other, each from a mixture over grey levels that the pixels before it determine.

    `log_density` is exact: the log mass of the image rounded to `levels`, over the volume of the cell of [-1, 1] that
    the rounding leaves, (2 / levels) in each dimension. So it is a density, flat within a cell, that sums to one.
    """

    costly_samples = True

    def __init__(self, config: AutoregressiveConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """ConfigError if there are fewer features than channels: each channel has some of its own."""
        self.config, self.conditional, self._shape = config, config.conditional, data.image_shape
        if config.width // 2 < data.image_shape[0]:
            least = 2 * data.image_shape[0]
            raise ConfigError(f"width: {config.width} must be {least} or more for {data.image_shape[0]} channels")
        classes = data.n_classes if config.conditional else 0
        size = (config.width, config.depth, config.kernel, 3 * config.mixtures)
        super().__init__(config, data, lambda: PixelNet(data.image_shape, classes, *size), seed=seed, device=device)
        self.log_priors = log_priors(data.train.y, data.n_classes)

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        wanted = wanted_labels(n, labels, self.log_priors, seed) if self.conditional else None
        unknown = np.zeros((n, *self._shape), np.float32)
        return self._filled(unknown, unknown > 0, wanted, torch_generator(seed, "sample", device=self._device))

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """The mean of a few draws, each unknown pixel given those before it, known or drawn; known ones further on
        have no say. A conditional model takes the class that makes the known pixels most probable with grey between."""
        known = np.broadcast_to(mask, x.shape)
        clean = np.where(known, x, np.float32(0))
        labels = self.predict_proba(clean).argmax(axis=1) if self.conditional else None
        generator = torch_generator(0, "impute", device=self._device)
        draws = [self._filled(clean, known, labels, generator) for _ in range(IMPUTE_DRAWS)]
        return np.where(known, x, np.mean(draws, axis=0, dtype=np.float32))

    def _losses(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        score = self._score(self._net, images, labels if self.conditional else None).mean()
        return {"train/loss": -score}

    def _score(self, net: PixelNet, images: Tensor, labels: Tensor | None) -> Tensor:
        x = quantised(images, self.config.levels)
        mass = LevelMixture(net(x, labels), self.config.levels).log_prob(x).flatten(1).sum(1)
        return mass + self._pixels * math.log(self.config.levels / 2)

    @torch.no_grad()
    def _log_density(self, x: Images, label: int | None) -> NDArray[np.float64]:
        scores = []
        for part in self._parts(x, AT_ONCE):
            labels = None if label is None else torch.full((len(part),), label, device=self._device)
            scores.append(self._score(self._averaged, part, labels).double().cpu().numpy())
        return np.concatenate(scores)

    def _filled(self, x: Images, known: NDArray[np.bool_], labels: Labels | None, generator: torch.Generator) -> Images:
        """The images with the unknown pixels drawn."""
        filled = []
        for start in range(0, len(x), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            given = None if labels is None else torch.from_numpy(labels[rows]).to(self._device)
            pixels, fixed = torch.tensor(x[rows]).to(self._device), torch.tensor(known[rows]).to(self._device)
            filled.append(self._draw(pixels, fixed, given, generator).cpu().numpy())
        return np.concatenate(filled)

    @torch.no_grad()
    def _draw(self, x: Tensor, known: Tensor, labels: Tensor | None, generator: torch.Generator) -> Tensor:
        levels = self.config.levels
        walk = self._averaged.walk(torch.zeros_like(x), labels)
        x = quantised(x, levels)
        for row, column in np.ndindex(*self._shape[1:]):
            for channel in range(self._shape[0]):
                place = (slice(None), channel, row, column)
                drawn = LevelMixture(walk.parameters(row, column)[:, channel], levels).draw(generator)
                x[place] = torch.where(known[place], x[place], drawn)
                walk.write(row, column, channel, x[place])
        return x


ENTRIES = {"autoregressive": Entry(Autoregressive, AutoregressiveConfig)}
