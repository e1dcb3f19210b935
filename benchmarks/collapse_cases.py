"""Labelled samples for the judge: real images and every way of spoiling them, by kind.

A kind is a function of a `Pool`, a generator and one setting. Labels are those of BORDERLINE in
`analysis.judge.definitions`. Kinds of the "test" part have not been looked at when thresholds were set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import collapse_recipes as r
import numpy as np
from collapse_recipes import N, Pool
from scipy.ndimage import uniform_filter

Part = Literal["calibration", "test"]
Make = Callable[[Pool, np.random.Generator, Any], r.Array]


@dataclass(frozen=True)
class Kind:
    """A way of making samples, the verdict they deserve, the part of the benchmark it is in, and its settings."""

    label: str
    part: Part
    make: Make
    settings: Sequence[Any]


KINDS: dict[str, Kind] = {
    # healthy
    "held-out, by size": Kind("healthy", "calibration", lambda p, g, n: p.fresh(g, n=n), (200, 500, 1000, 2000, 10000)),
    "slightly noisy": Kind("healthy", "calibration", lambda p, g, s: r.noisy(p.fresh(g), s, g), (0.05, 0.1, 0.2)),
    "gradual shares": Kind("healthy", "calibration", lambda p, g, s: p.fresh(g, r.gradual(p, s)), (1.5, 2, 3)),
    "held-out, odd sizes": Kind("healthy", "test", lambda p, g, n: p.fresh(g, n=n), (100, 128, 150, 300, 333, 750)),
    "the judge's own held-out": Kind("healthy", "test", lambda p, g, n: p.held_out.x[:n], (200, 288, 4000)),
    "shifted alike": Kind(
        "healthy", "test", lambda p, g, by: r.all_moved(p.fresh(g), by, p), ((0, 1), (-1, 0), (1, -1), (0, 2), (-2, 0))
    ),
    "shifted each its way": Kind("healthy", "test", lambda p, g, s: r.moved(p.fresh(g), p.pixels(s), g), (1, 2)),
    "slightly salted": Kind("healthy", "test", lambda p, g, s: r.salted(p.fresh(g), s, g), (0.005, 0.01)),
    "contrast": Kind("healthy", "test", lambda p, g, s: s * (p.fresh(g) + 1) - 1, (0.9, 0.95)),
    "brightness": Kind("healthy", "test", lambda p, g, s: (p.fresh(g) + s).clip(-1, 1), (-0.1, 0.1)),
    "one class doubled": Kind("healthy", "test", lambda p, g, s: p.fresh(g, r.one_with(p, g, s)), (2 / 11, 1 / 20)),
    "shares by lot": Kind("healthy", "test", lambda p, g, s: p.fresh(g, g.dirichlet([s] * p.classes)), (20, 40)),
    "a tenth noise": Kind("healthy", "test", lambda p, g, s: r.mixed(r.uniform(p, g), p.fresh(g), s, g), (0.05, 0.1)),
    # mode_collapse
    "first classes": Kind(
        "mode_collapse", "calibration", lambda p, g, k: p.fresh(g, r.only(p, range(k))), (1, 2, 3, 5, 7, 8, 9)
    ),
    "one class with most": Kind(
        "mode_collapse", "calibration", lambda p, g, s: p.fresh(g, r.one_with(p, g, s)), (0.9, 0.7)
    ),
    "random classes": Kind("mode_collapse", "test", lambda p, g, k: p.fresh(g, r.some(p, g, k)), range(1, 10)),
    "random classes, 200": Kind(
        "mode_collapse", "test", lambda p, g, k: p.fresh(g, r.some(p, g, k), 200), (1, 4, 7, 9)
    ),
    "few classes, noisy": Kind(
        "mode_collapse", "test", lambda p, g, k: r.noisy(p.fresh(g, r.some(p, g, k)), 0.1, g), (2, 5, 8)
    ),
    "few classes, shifted": Kind(
        "mode_collapse", "test", lambda p, g, k: r.all_moved(p.fresh(g, r.some(p, g, k)), (0, 1), p), (2, 5)
    ),
    "one class with half": Kind("mode_collapse", "test", lambda p, g, s: p.fresh(g, r.one_with(p, g, s)), (0.5, 0.6)),
    "half the classes with 90 %": Kind(
        "mode_collapse", "test", lambda p, g, s: p.fresh(g, r.halves(p, g, s)), (0.9, 0.95)
    ),
    "each class half as many": Kind(
        "mode_collapse", "test", lambda p, g, s: p.fresh(g, s ** g.permutation(p.classes)), (0.5, 0.6)
    ),
    "one image": Kind(
        "mode_collapse", "test", lambda p, g, s: r.noisy(np.repeat(p.fresh(g, n=1), N, axis=0), s, g), (0, 0.1)
    ),
    "few classes, few images": Kind(
        "mode_collapse", "calibration", lambda p, g, k: p.fresh(g, r.some(p, g, k))[g.integers(10, size=N)], (2, 4)
    ),
    "real, half of it one class": Kind(
        "mode_collapse", "test", lambda p, g, s: r.mixed(p.fresh(g, r.some(p, g, 1)), p.fresh(g), s, g), (0.5, 0.7)
    ),
    # low_diversity
    "prototypes, noisy": Kind(
        "low_diversity", "calibration", lambda p, g, k: r.noisy(r.prototypes(p, g, k), 0.1, g), (1, 3, 5)
    ),
    "prototypes, exact": Kind("low_diversity", "test", lambda p, g, k: r.prototypes(p, g, k), (1, 2, 4)),
    "prototypes, shifted": Kind(
        "low_diversity", "test", lambda p, g, k: r.moved(r.prototypes(p, g, k), p.pixels(1), g), (1, 2, 3)
    ),
    "prototypes, brighter or darker": Kind(
        "low_diversity",
        "test",
        lambda p, g, k: (r.prototypes(p, g, k) + 1) * g.uniform(0.8, 1.0, (N, 1, 1, 1)) - 1,
        (1, 3, 5),
    ),
    "training prototypes, noisy": Kind(
        "low_diversity", "test", lambda p, g, k: r.noisy(r.prototypes(p, g, k, p.train), 0.05, g), (1, 3)
    ),
    # noise
    "uniform noise": Kind("noise", "calibration", lambda p, g, _: r.uniform(p, g), range(2)),
    "Gaussian noise": Kind(
        "noise", "calibration", lambda p, g, s: (s * g.standard_normal(r.like(p))).clip(-1, 1), (0.3, 1.0)
    ),
    "half uniform noise": Kind(
        "noise", "calibration", lambda p, g, s: r.mixed(r.uniform(p, g), p.fresh(g), s, g), (0.4, 0.5, 0.8)
    ),
    "permuted pixels": Kind("noise", "test", lambda p, g, _: r.permuted(p.fresh(g), g), range(2)),
    "pixels of other images": Kind("noise", "test", lambda p, g, _: g.permuted(p.fresh(g), axis=0), range(2)),
    "black and white noise": Kind(
        "noise", "test", lambda p, g, s: g.choice([1, -1], r.like(p), p=[s, 1 - s]), (0.2, 0.5)
    ),
    "grey noise": Kind("noise", "test", lambda p, g, s: s * g.standard_normal(r.like(p)), (0.02, 0.1)),
    "noise on an image": Kind("noise", "test", lambda p, g, s: r.noisy(p.fresh(g), s, g), (0.6, 0.8, 1.2)),
    "heavily salted": Kind("noise", "test", lambda p, g, s: r.salted(p.fresh(g), s, g), (0.3, 0.5)),
    "half permuted": Kind(
        "noise", "test", lambda p, g, s: r.mixed(r.permuted(p.fresh(g), g), p.fresh(g), s, g), (0.4, 0.5, 0.6)
    ),
    "noise and one class": Kind(
        "noise", "test", lambda p, g, s: r.mixed(r.uniform(p, g), p.fresh(g, r.some(p, g, 1)), s, g), (0.5,)
    ),
    # blurred
    "Gaussian blur": Kind("blurred", "calibration", lambda p, g, s: r.blurred(p.fresh(g), s), (0.8, 1, 2)),
    "class means": Kind("blurred", "test", lambda p, g, k: r.means(p, g, k), (0, 30)),
    "box blur": Kind("blurred", "test", lambda p, g, k: uniform_filter(p.fresh(g), (1, 1, k, k)), (3, 5)),
    "coarse": Kind("blurred", "test", lambda p, g, k: r.coarse(p.fresh(g), k), (2, 4)),
    "mean of all": Kind("mode_collapse", "test", lambda p, g, _: np.repeat(p.train.x.mean(axis=0)[None], N, 0), (0,)),
    "few classes, blurred": Kind(
        "blurred", "test", lambda p, g, k: r.blurred(p.fresh(g, r.some(p, g, k)), 1.2), (2, 5)
    ),
    # memorised
    "training images": Kind("memorised", "calibration", lambda p, g, n: r.memorised(p, g, n), (200, 1000)),
    "training images, repeated": Kind(
        "memorised", "test", lambda p, g, k: p.train.x[g.choice(g.permutation(len(p.train))[:k], N)], (150, 300, 600)
    ),
    "training images, noisy": Kind(
        "memorised",
        "test",
        lambda p, g, s: r.noisy(r.memorised(p, g), s, g),
        (0.05, 0.1),
    ),
    "half training images": Kind(
        "memorised", "test", lambda p, g, s: r.mixed(r.memorised(p, g), p.fresh(g), s, g), (0.4, 0.6)
    ),
    "training images, a few exactly": Kind("memorised", "test", lambda p, g, k: r.prototypes(p, g, k, p.train), (2, 5)),
    "training images of few classes": Kind(
        "memorised", "test", lambda p, g, k: p.train.x[g.permutation(np.flatnonzero(p.train.y < k))[:N]], (2, 5)
    ),
}
