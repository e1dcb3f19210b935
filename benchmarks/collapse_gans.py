"""GANs of ours trained well and into every failure: cases for the judge that come with a history.

Labels were given by looking at pictures of the samples (`collapse.py --pictures FOLDER` draws them), before the judge
had seen them, by this rule. A run gets the verdict its setting is for if the picture shows it, else what it shows:

- few kinds of shapes, or a class that a logistic regression on pixels finds in under a tenth of its share, is
  mode_collapse; so is a run that never saw the other classes;
- samples that are nothing: discriminator_wins if D tells 95 % apart at the end, generator_wins if 60 % or less, else
  noise; frozen if G did not learn or nothing moves from one evaluation to the next;
- else healthy. Runs where that is not clear are left out.

Runs of the "test" part have settings that no threshold was set on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from collapse_cases import Part
from collapse_recipes import Array

from sweeps.evaluation.array_cache import Arrays, cached
from sweeps.evaluation.extractors import digest
from trainables import MODELS
from trainables.data import Dataset, Split

SAMPLES = 1000
EVALUATIONS = 3  # the last ones, whose samples are looked at


@dataclass(frozen=True)
class LabelledGanRun:
    """A setting, the verdict it deserves with these seeds, and the part of the benchmark it is in.

    `classes`: the only ones it was trained on; `dataset`: where it was trained.
    """

    label: str
    part: Part
    model: str
    config: Mapping[str, Any] = field(default_factory=dict)
    seeds: Sequence[int] = (0, 1)
    classes: Sequence[int] | None = None
    dataset: str = "digits"


@dataclass(frozen=True)
class Game:
    """Rows of the training, oldest first, and the samples after each of the last of them."""

    rows: list[dict[str, float]]
    samples: list[Array]


def played(run: LabelledGanRun, seed: int, data: Dataset, kept: Path | None = None) -> Game:
    """The run, trained on (a part of) the data, or read from the folder `kept` if it was trained before."""
    what = [run.model, {**SHORT, **run.config}, seed, data.content_hash, [*(run.classes or ())]]
    return remembered(kept, what, lambda: _trained(run, seed, data))


def remembered(kept: Path | None, what: Sequence[Any], play: Callable[[], Game]) -> Game:
    """A game of these settings from the folder `kept`, or played and written there.

    The folder does not know the code that trained what is in it: it is to be emptied where that has changed.
    """
    if kept is None:
        return play()
    kept.mkdir(parents=True, exist_ok=True)
    found = cached(kept / f"{digest(what)}.npz", lambda: _arrays(play()), print)
    return Game(json.loads(str(found["rows"])), list(found["samples"]))


def _arrays(game: Game) -> Arrays:
    return {"rows": np.array(json.dumps(game.rows)), "samples": np.stack(game.samples)}


def _trained(run: LabelledGanRun, seed: int, data: Dataset) -> Game:
    if run.classes is not None:
        kept = np.isin(data.train.y, run.classes)
        data = replace(data, train=Split(data.train.x[kept], data.train.y[kept]))
    model: Any = MODELS[run.model].build({**SHORT, **run.config}, data, seed=seed)
    rows, samples = [], []
    while not model.finished:
        rows.append(dict(model.step()))
        samples = [*samples, model.sample(SAMPLES, seed=1)][-EVALUATIONS:]
    return Game(rows, samples)


CAL: Part = "calibration"
TEST: Part = "test"
SHORT = {"updates": 1000, "updates_per_step": 100, "ema": 0.0}
LONG = {"updates": 2000, "updates_per_step": 200}
BRIEF = {"updates": 500, "updates_per_step": 50}
MLP = {"net": "mlp"}
D_FAST, G_FAST = {"lr_g": 1e-5, "lr_d": 2e-3}, {"lr_g": 2e-3, "lr_d": 1e-6}
G_TENFOLD, D_TENFOLD = {"lr_g": 2e-3, "lr_d": 2e-4}, {"lr_g": 2e-4, "lr_d": 2e-3}
MOMENTUM = {"beta1": 0.5}
STILL = {**BRIEF, "lr_g": 1e-9}


def _fashion(
    label: str, model: str, config: Mapping[str, Any], seeds: Sequence[int] = (2,), classes: Sequence[int] | None = None
) -> LabelledGanRun:
    return LabelledGanRun(label, TEST, model, config, seeds, classes, dataset="fashion_mnist")


RUNS: dict[str, LabelledGanRun] = {
    # healthy
    "gan": LabelledGanRun("healthy", CAL, "gan", LONG, (0, 1, 2, 3)),
    "dcgan": LabelledGanRun("healthy", CAL, "dcgan", seeds=(0,)),
    "sngan": LabelledGanRun("healthy", CAL, "sngan", seeds=(0,)),
    "lsgan": LabelledGanRun("healthy", CAL, "lsgan", seeds=(0,)),
    "cgan": LabelledGanRun("healthy", CAL, "cgan", LONG),
    "cdcgan": LabelledGanRun("healthy", CAL, "cdcgan", seeds=(0,)),
    "three G steps": LabelledGanRun("healthy", CAL, "gan", {"g_steps": 3}),
    "rates 10:1, high": LabelledGanRun("healthy", CAL, "gan", {"lr_g": 1e-2, "lr_d": 1e-3}, (1,)),
    # mode_collapse
    "rates 10:1": LabelledGanRun("mode_collapse", CAL, "gan", G_TENFOLD),
    "rates 10:1, momentum": LabelledGanRun("mode_collapse", CAL, "gan", {"lr_g": 5e-3, "lr_d": 5e-4, **MOMENTUM}),
    "rates 1:10": LabelledGanRun("mode_collapse", CAL, "gan", D_TENFOLD),
    "three G steps, momentum": LabelledGanRun("mode_collapse", CAL, "gan", {"g_steps": 3, **MOMENTUM}),
    "Helvetica, ten G steps": LabelledGanRun(
        "mode_collapse", CAL, "gan", {**BRIEF, "lr_g": 3e-3, "lr_d": 3e-3, "g_steps": 10}
    ),
    "Helvetica, five G steps": LabelledGanRun(
        "mode_collapse", CAL, "gan", {"lr_g": 5e-3, "lr_d": 5e-4, "g_steps": 5, **MOMENTUM}, (1,)
    ),
    "one latent": LabelledGanRun("mode_collapse", CAL, "gan", {**LONG, "latent_dim": 1}),
    "class 3": LabelledGanRun("mode_collapse", CAL, "gan", LONG, classes=(3,)),
    "classes 0, 1, 7": LabelledGanRun("mode_collapse", CAL, "gan", LONG, classes=(0, 1, 7)),
    "six classes": LabelledGanRun("mode_collapse", CAL, "gan", LONG, classes=range(6)),
    "eight classes": LabelledGanRun("mode_collapse", CAL, "gan", LONG, classes=(0, 1, 2, 3, 4, 5, 6, 9)),
    "wgan_gp, few updates": LabelledGanRun(
        "mode_collapse", CAL, "wgan_gp", {"updates": 1500, "updates_per_step": 150}, (0,)
    ),
    # discriminator_wins
    "D fast": LabelledGanRun("discriminator_wins", CAL, "gan", D_FAST),
    "five D steps": LabelledGanRun("discriminator_wins", CAL, "gan", {"lr_g": 5e-5, "d_steps": 5}),
    "D fast, dcgan": LabelledGanRun("discriminator_wins", CAL, "dcgan", {**BRIEF, "lr_g": 2e-6, "lr_d": 1e-3}),
    "G narrow": LabelledGanRun(
        "discriminator_wins", CAL, "gan", {"lr_g": 1e-4, "lr_d": 2e-3, "g_depth": 1, "g_width_1": 4}
    ),
    "minimax": LabelledGanRun("discriminator_wins", CAL, "gan", {"loss": "minimax", "lr_d": 4e-3, "lr_g": 4e-4}),
    "rates 1:10, low": LabelledGanRun("discriminator_wins", CAL, "gan", {"lr_g": 2e-5, "lr_d": 2e-4}),
    "rates high": LabelledGanRun("discriminator_wins", CAL, "gan", {"lr_g": 0.02, "lr_d": 0.02}),
    "five G steps, lost": LabelledGanRun(
        "discriminator_wins", CAL, "gan", {"lr_g": 5e-3, "lr_d": 5e-4, "g_steps": 5, **MOMENTUM}, (0,)
    ),
    # generator_wins
    "G fast": LabelledGanRun("generator_wins", CAL, "gan", G_FAST),
    "ten G steps": LabelledGanRun(
        "generator_wins",
        CAL,
        "gan",
        {"updates": 600, "updates_per_step": 60, "lr_g": 2e-3, "lr_d": 1e-4, "g_steps": 10},
    ),
    "D narrow": LabelledGanRun(
        "generator_wins", CAL, "gan", {"lr_g": 2e-3, "lr_d": 1e-5, "d_depth": 1, "d_width_1": 4}, (1,)
    ),
    # frozen
    "G still": LabelledGanRun("frozen", CAL, "gan", STILL),
    "both still, batch norm": LabelledGanRun(
        "frozen", CAL, "dcgan", {"updates": 300, "updates_per_step": 30, "lr_g": 1e-9, "lr_d": 1e-9}
    ),
    "saturated": LabelledGanRun("frozen", CAL, "gan", {"lr_g": 4e-3, "lr_d": 4e-3, "beta1": 0.9}),
    "saturated, D narrow": LabelledGanRun(
        "frozen", CAL, "gan", {"lr_g": 2e-3, "lr_d": 1e-5, "d_depth": 1, "d_width_1": 4}, (0,)
    ),
    "saturated, rates of 1": LabelledGanRun("frozen", CAL, "lsgan", {**MLP, "lr_g": 1.0, "lr_d": 1.0}, (0,)),
    # noise
    "after 60 updates": LabelledGanRun("noise", CAL, "gan", {"updates": 60, "updates_per_step": 10}),
    "critic unbounded": LabelledGanRun("noise", CAL, "wgan", {**MLP, "lr_g": 0.1, "lr_d": 0.1, "clip": 10.0}),
    # Settings that were not looked at when thresholds were set.
    "narrow": LabelledGanRun(
        "healthy", TEST, "gan", {**LONG, "g_width_1": 64, "g_width_2": 64, "latent_dim": 16}, (3,)
    ),
    "narrow, a class lost": LabelledGanRun(
        "mode_collapse", TEST, "gan", {**LONG, "g_width_1": 64, "g_width_2": 64, "latent_dim": 16}, (2,)
    ),
    "deep": LabelledGanRun("healthy", TEST, "gan", {**LONG, "g_depth": 3, "d_depth": 3}, (2,)),
    "averaged": LabelledGanRun("healthy", TEST, "gan", {**LONG, "ema": 0.99}, (2,)),
    "narrow dcgan": LabelledGanRun("healthy", TEST, "dcgan", {"g_channels": 16, "d_channels": 16}, (2, 3)),
    "lsgan, fully connected": LabelledGanRun("healthy", TEST, "lsgan", {**MLP, **LONG}, (2, 3)),
    "sngan, fully connected": LabelledGanRun("healthy", TEST, "sngan", {**MLP, **LONG}, (2, 3)),
    "cgan, smoothed": LabelledGanRun("healthy", TEST, "cgan", {**LONG, "label_smoothing": 0.1}, (2, 3)),
    "D fast, lsgan": LabelledGanRun("discriminator_wins", TEST, "lsgan", {**MLP, **D_FAST}, (2, 3)),
    "D fast, cgan": LabelledGanRun("discriminator_wins", TEST, "cgan", D_FAST, (2, 3)),
    "D fast and wide": LabelledGanRun(
        "discriminator_wins", TEST, "gan", {"lr_g": 2e-5, "lr_d": 2e-3, "d_width_1": 256, "d_width_2": 256}, (2, 3)
    ),
    "ten D steps": LabelledGanRun("discriminator_wins", TEST, "gan", {**BRIEF, "lr_g": 2e-5, "d_steps": 10}, (2,)),
    "G fast, lsgan": LabelledGanRun("generator_wins", TEST, "lsgan", {**MLP, **G_FAST}, (2, 3)),
    "G fast, cgan": LabelledGanRun("generator_wins", TEST, "cgan", G_FAST, (2, 3)),
    "G fast and wide": LabelledGanRun(
        "generator_wins", TEST, "gan", {"lr_g": 2e-3, "lr_d": 2e-6, "g_width_1": 256, "g_width_2": 256}, (2, 3)
    ),
    "rates 10:1, lsgan": LabelledGanRun("mode_collapse", TEST, "lsgan", {**MLP, **G_TENFOLD}, (2, 3)),
    "rates 1:10, cgan": LabelledGanRun("healthy", TEST, "cgan", D_TENFOLD, (2, 3)),
    "rates 1:10, lsgan": LabelledGanRun("healthy", TEST, "lsgan", {**MLP, **D_TENFOLD}, (2, 3)),
    "three G steps, lsgan": LabelledGanRun("healthy", TEST, "lsgan", {**MLP, "g_steps": 3}, (2, 3)),
    "three G steps, cgan": LabelledGanRun("healthy", TEST, "cgan", {"g_steps": 3}, (2, 3)),
    "Helvetica, lsgan": LabelledGanRun(
        "healthy", TEST, "lsgan", {**MLP, "lr_g": 4e-3, "lr_d": 1e-3, "g_steps": 5}, (2, 3)
    ),
    "Helvetica, cgan": LabelledGanRun(
        "mode_collapse", TEST, "cgan", {"lr_g": 5e-3, "lr_d": 5e-4, "g_steps": 5, **MOMENTUM}, (2, 3)
    ),
    "class 8": LabelledGanRun("mode_collapse", TEST, "gan", LONG, (2,), classes=(8,)),
    "classes 4, 9": LabelledGanRun("mode_collapse", TEST, "lsgan", {**MLP, **LONG}, (2,), classes=(4, 9)),
    "even classes": LabelledGanRun("mode_collapse", TEST, "gan", LONG, (2,), classes=(0, 2, 4, 6, 8)),
    "all but 0": LabelledGanRun("mode_collapse", TEST, "gan", LONG, (2, 3), classes=range(1, 10)),
    "G still, lsgan": LabelledGanRun("frozen", TEST, "lsgan", {**MLP, **STILL}, (2,)),
    "G still, cgan": LabelledGanRun("frozen", TEST, "cgan", STILL, (2,)),
    "both still": LabelledGanRun("frozen", TEST, "gan", {**STILL, "lr_d": 1e-9}, (2,)),
    "MNIST": LabelledGanRun("healthy", TEST, "gan", {"updates": 2500, "updates_per_step": 250}, (2,), dataset="mnist"),
    "MNIST, D fast": LabelledGanRun("discriminator_wins", TEST, "gan", {**BRIEF, **D_FAST}, (2,), dataset="mnist"),
    "MNIST, G fast": LabelledGanRun("generator_wins", TEST, "gan", {**BRIEF, **G_FAST}, (2,), dataset="mnist"),
    "MNIST, rates 10:1": LabelledGanRun(
        "generator_wins", TEST, "gan", {**G_TENFOLD, **MOMENTUM}, (2,), dataset="mnist"
    ),
    "MNIST, rates 1:10": LabelledGanRun(
        "discriminator_wins", TEST, "gan", {**D_TENFOLD, **MOMENTUM}, (2,), dataset="mnist"
    ),
    "MNIST, three classes": LabelledGanRun(
        "mode_collapse",
        TEST,
        "gan",
        {"updates": 1500, "updates_per_step": 150},
        (2,),
        classes=(0, 1, 7),
        dataset="mnist",
    ),
    "Fashion": _fashion("healthy", "dcgan", {"updates": 1500, "updates_per_step": 150}),
    "Fashion, conditional": _fashion("healthy", "cdcgan", {"updates": 1500, "updates_per_step": 150}),
    "Fashion, rates 1:10, dcgan": _fashion("healthy", "dcgan", D_TENFOLD),
    "Fashion, three G steps, dcgan": _fashion(
        "healthy", "dcgan", {"updates": 700, "updates_per_step": 70, "g_steps": 3}
    ),
    "Fashion, D fast": _fashion("discriminator_wins", "gan", {**BRIEF, **D_FAST}),
    "Fashion, D fast, dcgan": _fashion(
        "discriminator_wins", "dcgan", {"updates": 300, "updates_per_step": 30, "lr_g": 2e-6, "lr_d": 1e-3}
    ),
    "Fashion, G fast": _fashion("generator_wins", "gan", {**BRIEF, **G_FAST}),
    "Fashion, G fast, dcgan": _fashion(
        "generator_wins", "dcgan", {"updates": 400, "updates_per_step": 40, "lr_g": 2e-3, "lr_d": 1e-6}
    ),
    "Fashion, rates 10:1": _fashion("mode_collapse", "gan", G_TENFOLD, (2, 3)),
    "Fashion, rates 10:1, momentum": _fashion("mode_collapse", "gan", {**G_TENFOLD, **MOMENTUM}),
    "Fashion, rates 1:10": _fashion("mode_collapse", "gan", D_TENFOLD),
    "Fashion, rates 1:10, momentum": _fashion("mode_collapse", "gan", {**D_TENFOLD, **MOMENTUM}),
    "Fashion, Helvetica": _fashion("mode_collapse", "gan", {**BRIEF, "lr_g": 3e-3, "lr_d": 3e-3, "g_steps": 10}),
    "Fashion, Helvetica, cgan": _fashion("frozen", "cgan", {"lr_g": 5e-3, "lr_d": 5e-4, "g_steps": 5, **MOMENTUM}),
    "Fashion, three classes": _fashion("mode_collapse", "dcgan", {}, classes=(0, 1, 7)),
    "Fashion, class 8": _fashion("mode_collapse", "dcgan", {}, classes=(8,)),
    "Fashion, even classes": _fashion("mode_collapse", "dcgan", {}, classes=(0, 2, 4, 6, 8)),
    "Fashion, all but 1": _fashion(
        "mode_collapse", "dcgan", {"updates": 1500, "updates_per_step": 150}, classes=(0, *range(2, 10))
    ),
    "Fashion, G still": _fashion("frozen", "gan", STILL),
}
