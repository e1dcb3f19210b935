"""Synthetic data sets of points: mixtures of Gaussians in the plane, on which mode collapse can be counted.

The settings of Srivastava et al. 2017 (VEEGAN) as Lin et al. 2018 (PacGAN) run them, github.com/fjxmlzn/PacGAN: `ring`
has 8 modes of standard deviation 0.01 on the unit circle, `grid` 25 of 0.05 at the even points of [-4, 4] x [-4, 4],
all as likely, with 100,000 points to train on. Here everything is scaled so that the outermost centres have a
coordinate of 0.8: all points lie in [-1, 1], and a tanh reaches each mode. In deviations, distances stay as they are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainables.data.sources import StoredImages

REACH = 0.8  # the largest coordinate of a centre
POINTS_TRAIN, POINTS_VAL, POINTS_TEST = 100_000, 10_000, 10_000
SEED = 0


@dataclass(frozen=True)
class Modes:
    """Gaussians of one size: their `centres` (k, 2), by class, and the standard `deviation` of each coordinate."""

    centres: NDArray[np.float64]
    deviation: float

    @classmethod
    def scaled(cls, centres: Sequence[tuple[float, float]], deviation: float) -> Modes:
        """With the outermost centre at `REACH`."""
        given = np.array(centres)
        scale = REACH / np.abs(given).max()
        return cls(given * scale, deviation * scale)

    def of(self, classes: Sequence[int]) -> Modes:
        """Those of some classes only."""
        return Modes(self.centres[list(classes)], self.deviation)


ANGLES = [2 * math.pi * k / 8 for k in range(8)]
RING = Modes.scaled([(math.cos(angle), math.sin(angle)) for angle in ANGLES], 0.01)
GRID = Modes.scaled([(x, y) for y, x in itertools.product(range(-4, 5, 2), repeat=2)], 0.05)


def read_points(modes: Modes, folder: Path, train: bool) -> StoredImages:
    """The points to train on and validate with, or those to test with: as many of each mode, in turn."""
    n = POINTS_TRAIN + POINTS_VAL if train else POINTS_TEST
    labels = np.arange(n) % len(modes.centres)
    # RandomState's streams are frozen for good, those of default_rng may change between versions of NumPy.
    noise = np.random.RandomState([SEED, int(train)]).standard_normal((n, 2))
    points = (modes.centres[labels] + modes.deviation * noise).astype(np.float32)
    return StoredImages(points, labels.astype(np.int64), tuple(map(str, range(len(modes.centres)))))
