"""Labelled samples for the judge: real images and every way of spoiling them, by kind.

A kind is a function of a `Pool`, a generator and one setting. Labels are those of `analysis.definitions.BORDERLINE`.
Kinds of the "test" part have not been looked at when thresholds were set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter, zoom

from trainables.data import Split, load_dataset, load_test

Array = np.ndarray[Any, np.dtype[np.float32]]
Part = Literal["calibration", "test"]
FEWEST = 110  # so that rounding of shares leaves the judge its 100
N = 1000  # samples, where the setting does not say
FRAME = 28  # pixels a side that settings in pixels refer to


@dataclass(frozen=True)
class Pool:
    """Real images of a data set: what models train on, what the judge holds out, and what neither has seen."""

    train: Split
    held_out: Split
    unseen: Split

    @property
    def classes(self) -> int:
        return int(self.train.y.max()) + 1

    def pixels(self, of_28: float) -> float:
        """So many pixels of a frame of 28, in this one."""
        return of_28 * self.train.x.shape[-1] / FRAME

    def fresh(self, rng: np.random.Generator, shares: Sequence[float] | None = None, n: int = N) -> Array:
        """`n` unseen images, fewer if there are not so many; `shares` of the classes, else as they come.

        At least FEWEST: if there are not so many of a class, some come twice.
        """
        if shares is None:
            return self.unseen.x[rng.permutation(len(self.unseen))[:n]]
        wanted = np.asarray(shares) / np.sum(shares)
        by_class = [rng.permutation(np.flatnonzero(self.unseen.y == label)) for label in range(self.classes)]
        there = min(len(rows) / share for rows, share in zip(by_class, wanted, strict=True) if share > 0)
        n = max(FEWEST, min(n, int(there)))
        rows = [np.resize(rows, round(n * share)) for rows, share in zip(by_class, wanted, strict=True)]
        return self.unseen.x[rng.permutation(np.concatenate(rows))]


def pool(dataset: str) -> Pool:
    """The three parts of a named data set."""
    data = load_dataset(dataset)
    return Pool(data.train, data.val, load_test(dataset))


Make = Callable[[Pool, np.random.Generator, Any], Array]


@dataclass(frozen=True)
class Kind:
    """A way of making samples, the verdict they deserve, the part of the benchmark it is in, and its settings."""

    label: str
    part: Part
    make: Make
    settings: Sequence[Any]


def _moved(images: Array, pixels: float, rng: np.random.Generator) -> Array:
    """Each image shifted by up to so many pixels either way, the edge repeated."""
    reach = max(1, round(pixels))
    wide = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    height, width = images.shape[2:]
    at = rng.integers(2 * reach + 1, size=(len(images), 2))
    return np.stack([x[:, y : y + height, z : z + width] for x, (y, z) in zip(wide, at, strict=True)])


def _all_moved(images: Array, by: tuple[float, float], real: Pool) -> Array:
    """All images shifted alike; the edge comes in again on the other side, which is background."""
    steps = [int(np.sign(step)) * max(1, round(real.pixels(abs(step)))) if step else 0 for step in by]
    return np.roll(images, steps, (2, 3))


def _noisy(images: Array, deviation: float, rng: np.random.Generator) -> Array:
    return images + np.float32(deviation) * rng.standard_normal(images.shape, dtype=np.float32)


def _salted(images: Array, share: float, rng: np.random.Generator) -> Array:
    return np.where(rng.random(images.shape) < share, rng.choice([-1.0, 1.0], images.shape), images)


def _blurred(images: Array, deviation: float) -> Array:
    return gaussian_filter(images, (0, 0, deviation, deviation))


def _coarse(images: Array, factor: int) -> Array:
    """Down by a factor and up again, linearly."""
    small = zoom(images, (1, 1, 1 / factor, 1 / factor), order=1)
    return zoom(small, (1, 1, *(np.array(images.shape[2:]) / small.shape[2:])), order=1)


def _only(real: Pool, kept: Sequence[int]) -> list[float]:
    return [float(label in kept) for label in range(real.classes)]


def _some(real: Pool, rng: np.random.Generator, k: int) -> list[float]:
    return _only(real, rng.permutation(real.classes)[:k].tolist())


def _one_with(real: Pool, rng: np.random.Generator, share: float) -> list[float]:
    shares = np.full(real.classes, (1 - share) / (real.classes - 1))
    shares[rng.integers(real.classes)] = share
    return shares.tolist()


def _prototypes(real: Pool, rng: np.random.Generator, per_class: int, source: Split | None = None) -> Array:
    """N images, all of a few of each class."""
    source = source or real.unseen
    rows = [rng.permutation(np.flatnonzero(source.y == label))[:per_class] for label in range(real.classes)]
    return source.x[rng.choice(np.concatenate(rows), N)]


def _means(real: Pool, rng: np.random.Generator, k: int) -> Array:
    """Each sample the mean of k images of a class; k = 0: of all there are."""
    by_class = [np.flatnonzero(real.train.y == label) for label in range(real.classes)]
    if k == 0:
        means = np.stack([real.train.x[rows].mean(axis=0) for rows in by_class])
        return means[np.arange(N) % real.classes]
    return np.stack([real.train.x[rng.choice(by_class[i % real.classes], k)].mean(axis=0) for i in range(N)])


def _mixed(a: Array, b: Array, share: float, rng: np.random.Generator) -> Array:
    """So large a share of `a`, the rest `b`; as many in all as there are of the fewer."""
    n = min(len(a), len(b))
    first = round(share * n)
    return np.concatenate([a[:first], b[first:n]])[rng.permutation(n)]


def _learnt(real: Pool, rng: np.random.Generator, n: int = N) -> Array:
    return real.train.x[rng.permutation(len(real.train))[:n]]


def _halves(real: Pool, rng: np.random.Generator, share: float) -> list[float]:
    """Half of the classes have that share together, the others the rest."""
    return np.where(_some(real, rng, real.classes // 2), share, 1 - share).tolist()


def _like(real: Pool, n: int = N) -> tuple[int, ...]:
    return (n, *real.train.x.shape[1:])


def _uniform(real: Pool, rng: np.random.Generator) -> Array:
    return rng.uniform(-1, 1, _like(real))


def _permuted(images: Array, rng: np.random.Generator) -> Array:
    return rng.permuted(images.reshape(len(images), -1), axis=1).reshape(images.shape)


def _gradual(real: Pool, ratio: float) -> list[float]:
    """Shares from small to large, each the same step up."""
    return np.linspace(1, ratio, real.classes).tolist()


KINDS: dict[str, Kind] = {
    # healthy
    "held-out, by size": Kind("healthy", "calibration", lambda p, g, n: p.fresh(g, n=n), (200, 500, 1000, 2000, 10000)),
    "slightly noisy": Kind("healthy", "calibration", lambda p, g, s: _noisy(p.fresh(g), s, g), (0.05, 0.1, 0.2)),
    "gradual shares": Kind("healthy", "calibration", lambda p, g, s: p.fresh(g, _gradual(p, s)), (1.5, 2, 3)),
    "held-out, odd sizes": Kind("healthy", "test", lambda p, g, n: p.fresh(g, n=n), (100, 128, 150, 300, 333, 750)),
    "the judge's own held-out": Kind("healthy", "test", lambda p, g, n: p.held_out.x[:n], (200, 288, 4000)),
    "shifted alike": Kind(
        "healthy", "test", lambda p, g, by: _all_moved(p.fresh(g), by, p), ((0, 1), (-1, 0), (1, -1), (0, 2), (-2, 0))
    ),
    "shifted each its way": Kind("healthy", "test", lambda p, g, s: _moved(p.fresh(g), p.pixels(s), g), (1, 2)),
    "slightly salted": Kind("healthy", "test", lambda p, g, s: _salted(p.fresh(g), s, g), (0.005, 0.01)),
    "contrast": Kind("healthy", "test", lambda p, g, s: s * (p.fresh(g) + 1) - 1, (0.9, 0.95)),
    "brightness": Kind("healthy", "test", lambda p, g, s: (p.fresh(g) + s).clip(-1, 1), (-0.1, 0.1)),
    "one class doubled": Kind("healthy", "test", lambda p, g, s: p.fresh(g, _one_with(p, g, s)), (2 / 11, 1 / 20)),
    "shares by lot": Kind("healthy", "test", lambda p, g, s: p.fresh(g, g.dirichlet([s] * p.classes)), (20, 40)),
    "a tenth noise": Kind("healthy", "test", lambda p, g, s: _mixed(_uniform(p, g), p.fresh(g), s, g), (0.05, 0.1)),
    # mode_collapse
    "first classes": Kind(
        "mode_collapse", "calibration", lambda p, g, k: p.fresh(g, _only(p, range(k))), (1, 2, 3, 5, 7, 8, 9)
    ),
    "one class with most": Kind(
        "mode_collapse", "calibration", lambda p, g, s: p.fresh(g, _one_with(p, g, s)), (0.9, 0.7)
    ),
    "random classes": Kind("mode_collapse", "test", lambda p, g, k: p.fresh(g, _some(p, g, k)), range(1, 10)),
    "random classes, 200": Kind("mode_collapse", "test", lambda p, g, k: p.fresh(g, _some(p, g, k), 200), (1, 4, 7, 9)),
    "few classes, noisy": Kind(
        "mode_collapse", "test", lambda p, g, k: _noisy(p.fresh(g, _some(p, g, k)), 0.1, g), (2, 5, 8)
    ),
    "few classes, shifted": Kind(
        "mode_collapse", "test", lambda p, g, k: _all_moved(p.fresh(g, _some(p, g, k)), (0, 1), p), (2, 5)
    ),
    "one class with half": Kind("mode_collapse", "test", lambda p, g, s: p.fresh(g, _one_with(p, g, s)), (0.5, 0.6)),
    "half the classes with 90 %": Kind(
        "mode_collapse", "test", lambda p, g, s: p.fresh(g, _halves(p, g, s)), (0.9, 0.95)
    ),
    "each class half as many": Kind(
        "mode_collapse", "test", lambda p, g, s: p.fresh(g, s ** g.permutation(p.classes)), (0.5, 0.6)
    ),
    "one image": Kind(
        "mode_collapse", "test", lambda p, g, s: _noisy(np.repeat(p.fresh(g, n=1), N, axis=0), s, g), (0, 0.1)
    ),
    "few classes, few images": Kind(
        "mode_collapse", "calibration", lambda p, g, k: p.fresh(g, _some(p, g, k))[g.integers(10, size=N)], (2, 4)
    ),
    "real, half of it one class": Kind(
        "mode_collapse", "test", lambda p, g, s: _mixed(p.fresh(g, _some(p, g, 1)), p.fresh(g), s, g), (0.5, 0.7)
    ),
    # low_diversity
    "prototypes, noisy": Kind(
        "low_diversity", "calibration", lambda p, g, k: _noisy(_prototypes(p, g, k), 0.1, g), (1, 3, 5)
    ),
    "prototypes, exact": Kind("low_diversity", "test", lambda p, g, k: _prototypes(p, g, k), (1, 2, 4)),
    "prototypes, shifted": Kind(
        "low_diversity", "test", lambda p, g, k: _moved(_prototypes(p, g, k), p.pixels(1), g), (1, 2, 3)
    ),
    "prototypes, brighter or darker": Kind(
        "low_diversity",
        "test",
        lambda p, g, k: (_prototypes(p, g, k) + 1) * g.uniform(0.8, 1.0, (N, 1, 1, 1)) - 1,
        (1, 3, 5),
    ),
    "training prototypes, noisy": Kind(
        "low_diversity", "test", lambda p, g, k: _noisy(_prototypes(p, g, k, p.train), 0.05, g), (1, 3)
    ),
    # noise
    "uniform noise": Kind("noise", "calibration", lambda p, g, _: _uniform(p, g), range(2)),
    "Gaussian noise": Kind(
        "noise", "calibration", lambda p, g, s: (s * g.standard_normal(_like(p))).clip(-1, 1), (0.3, 1.0)
    ),
    "half uniform noise": Kind(
        "noise", "calibration", lambda p, g, s: _mixed(_uniform(p, g), p.fresh(g), s, g), (0.4, 0.5, 0.8)
    ),
    "permuted pixels": Kind("noise", "test", lambda p, g, _: _permuted(p.fresh(g), g), range(2)),
    "pixels of other images": Kind("noise", "test", lambda p, g, _: g.permuted(p.fresh(g), axis=0), range(2)),
    "black and white noise": Kind(
        "noise", "test", lambda p, g, s: g.choice([1, -1], _like(p), p=[s, 1 - s]), (0.2, 0.5)
    ),
    "grey noise": Kind("noise", "test", lambda p, g, s: s * g.standard_normal(_like(p)), (0.02, 0.1)),
    "noise on an image": Kind("noise", "test", lambda p, g, s: _noisy(p.fresh(g), s, g), (0.6, 0.8, 1.2)),
    "heavily salted": Kind("noise", "test", lambda p, g, s: _salted(p.fresh(g), s, g), (0.3, 0.5)),
    "half permuted": Kind(
        "noise", "test", lambda p, g, s: _mixed(_permuted(p.fresh(g), g), p.fresh(g), s, g), (0.4, 0.5, 0.6)
    ),
    "noise and one class": Kind(
        "noise", "test", lambda p, g, s: _mixed(_uniform(p, g), p.fresh(g, _some(p, g, 1)), s, g), (0.5,)
    ),
    # blurred
    "Gaussian blur": Kind("blurred", "calibration", lambda p, g, s: _blurred(p.fresh(g), s), (0.8, 1, 2)),
    "class means": Kind("blurred", "test", lambda p, g, k: _means(p, g, k), (0, 30)),
    "box blur": Kind("blurred", "test", lambda p, g, k: uniform_filter(p.fresh(g), (1, 1, k, k)), (3, 5)),
    "coarse": Kind("blurred", "test", lambda p, g, k: _coarse(p.fresh(g), k), (2, 4)),
    "mean of all": Kind("blurred", "test", lambda p, g, _: np.repeat(p.train.x.mean(axis=0)[None], N, 0), (0,)),
    "few classes, blurred": Kind("blurred", "test", lambda p, g, k: _blurred(p.fresh(g, _some(p, g, k)), 1.2), (2, 5)),
    # memorised
    "training images": Kind("memorised", "calibration", lambda p, g, n: _learnt(p, g, n), (200, 1000)),
    "training images, repeated": Kind(
        "memorised", "test", lambda p, g, k: p.train.x[g.choice(g.permutation(len(p.train))[:k], N)], (150, 300, 600)
    ),
    "training images, noisy": Kind(
        "memorised",
        "test",
        lambda p, g, s: _noisy(_learnt(p, g), s, g),
        (0.05, 0.1),
    ),
    "half training images": Kind(
        "memorised", "test", lambda p, g, s: _mixed(_learnt(p, g), p.fresh(g), s, g), (0.4, 0.6)
    ),
    "training images, a few exactly": Kind("memorised", "test", lambda p, g, k: _prototypes(p, g, k, p.train), (2, 5)),
    "training images of few classes": Kind(
        "memorised", "test", lambda p, g, k: p.train.x[g.permutation(np.flatnonzero(p.train.y < k))[:N]], (2, 5)
    ),
}
