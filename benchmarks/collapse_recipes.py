"""Real images of a data set, and ways of spoiling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from trainables.data import Dataset, Split, load_dataset, load_test

Array = np.ndarray[Any, np.dtype[np.float32]]
FEWEST = 110  # so that rounding of shares leaves the judge its 100
N = 1000  # samples, where the setting does not say
IMBALANCED = "imbalanced"
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


def real(name: str) -> tuple[Dataset, Pool]:
    """A data set and its three parts; "imbalanced" is MNIST with ten images of the first class to one of the last."""
    source = "mnist" if name == IMBALANCED else name
    data = load_dataset(source)
    parts = Pool(data.train, data.val, load_test(source))
    if name != IMBALANCED:
        return data, parts
    parts = Pool(*(_thinned(part) for part in (parts.train, parts.held_out, parts.unseen)))
    return replace(
        data, name=name, train=parts.train, val=parts.held_out, content_hash=f"{name} {data.content_hash}"
    ), parts


def _thinned(split: Split) -> Split:
    """Of each class a smaller share than of the one before."""
    first = np.bincount(split.y).min()
    shares = 10.0 ** -(np.arange(split.y.max() + 1) / split.y.max())
    rows = [np.flatnonzero(split.y == label)[: round(first * share)] for label, share in enumerate(shares)]
    kept = np.sort(np.concatenate(rows))
    return Split(split.x[kept], split.y[kept])


def moved(images: Array, pixels: float, rng: np.random.Generator) -> Array:
    """Each image shifted by up to so many pixels either way, the edge repeated."""
    reach = max(1, round(pixels))
    wide = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    height, width = images.shape[2:]
    at = rng.integers(2 * reach + 1, size=(len(images), 2))
    return np.stack([x[:, y : y + height, z : z + width] for x, (y, z) in zip(wide, at, strict=True)])


def all_moved(images: Array, by: tuple[float, float], real: Pool) -> Array:
    """All images shifted alike; the edge comes in again on the other side, which is background."""
    steps = [int(np.sign(step)) * max(1, round(real.pixels(abs(step)))) if step else 0 for step in by]
    return np.roll(images, steps, (2, 3))


def noisy(images: Array, deviation: float, rng: np.random.Generator) -> Array:
    return images + np.float32(deviation) * rng.standard_normal(images.shape, dtype=np.float32)


def salted(images: Array, share: float, rng: np.random.Generator) -> Array:
    return np.where(rng.random(images.shape) < share, rng.choice([-1.0, 1.0], images.shape), images)


def blurred(images: Array, deviation: float) -> Array:
    return gaussian_filter(images, (0, 0, deviation, deviation))


def coarse(images: Array, factor: int) -> Array:
    """Down by a factor, the mean of each square, and up again, linearly."""
    n, channels, height, width = images.shape
    small = images.reshape(n, channels, height // factor, factor, width // factor, factor).mean(axis=(3, 5))
    return zoom(small, (1, 1, *(np.array(images.shape[2:]) / small.shape[2:])), order=1)


def only(real: Pool, kept: Sequence[int]) -> list[float]:
    return [float(label in kept) for label in range(real.classes)]


def some(real: Pool, rng: np.random.Generator, k: int) -> list[float]:
    return only(real, rng.permutation(real.classes)[:k].tolist())


def one_with(real: Pool, rng: np.random.Generator, share: float) -> list[float]:
    shares = np.full(real.classes, (1 - share) / (real.classes - 1))
    shares[rng.integers(real.classes)] = share
    return shares.tolist()


def prototypes(real: Pool, rng: np.random.Generator, per_class: int, source: Split | None = None) -> Array:
    """N images, all of a few of each class."""
    source = source or real.unseen
    rows = [rng.permutation(np.flatnonzero(source.y == label))[:per_class] for label in range(real.classes)]
    return source.x[rng.choice(np.concatenate(rows), N)]


def means(real: Pool, rng: np.random.Generator, k: int) -> Array:
    """Each sample the mean of k images of a class; k = 0: of all there are."""
    by_class = [np.flatnonzero(real.train.y == label) for label in range(real.classes)]
    if k == 0:
        means = np.stack([real.train.x[rows].mean(axis=0) for rows in by_class])
        return means[np.arange(N) % real.classes]
    return np.stack([real.train.x[rng.choice(by_class[i % real.classes], k)].mean(axis=0) for i in range(N)])


def mixed(a: Array, b: Array, share: float, rng: np.random.Generator) -> Array:
    """So large a share of `a`, the rest `b`; as many in all as there are of the fewer."""
    n = min(len(a), len(b))
    first = round(share * n)
    return np.concatenate([a[:first], b[first:n]])[rng.permutation(n)]


def memorised(real: Pool, rng: np.random.Generator, n: int = N) -> Array:
    return real.train.x[rng.permutation(len(real.train))[:n]]


def halves(real: Pool, rng: np.random.Generator, share: float) -> list[float]:
    """Half of the classes have that share together, the others the rest."""
    return np.where(some(real, rng, real.classes // 2), share, 1 - share).tolist()


def like(real: Pool, n: int = N) -> tuple[int, ...]:
    return (n, *real.train.x.shape[1:])


def uniform(real: Pool, rng: np.random.Generator) -> Array:
    return rng.uniform(-1, 1, like(real))


def permuted(images: Array, rng: np.random.Generator) -> Array:
    return rng.permuted(images.reshape(len(images), -1), axis=1).reshape(images.shape)


def gradual(real: Pool, ratio: float) -> list[float]:
    """Shares from small to large, each the same step up."""
    return np.linspace(1, ratio, real.classes).tolist()
