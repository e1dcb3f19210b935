"""Every number a trial reports: its function of arrays where we compute it, which way is better, what it says.

The function of a "classifier" row takes labels (n,) and probabilities (n, classes); that of a "generative" row
takes real images (n, c, h, w) and fake ones (m, c, h, w), float32 in [-1, 1]. That of a "judged" row takes a
`Reference` and samples, `ExtractedFeatures`; that of a "path" row moreover how many paths the samples are frames of;
that of a "history" row the rows a trial has reported; that of a "modes" row how many samples belong to each mode, (k,)
twice. A "training" row has no function: the model's `step()`, the clock or the difference of two rows is the number;
nor has gen/severity, which is what the judge says of samples (analysis.judge.judgement). A row without a goal cannot be
an objective.
A row of PER_CLASS gives a number a class, each reported under the row's name, a slash and the name of the class.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from analysis.metrics import classification as c
from analysis.metrics import generative as g
from analysis.metrics.downstream import DOWNSTREAM
from analysis.metrics.metric import Goal, Kind, Metric
from analysis.metrics.modes import MODES
from analysis.metrics.sample_quality import SAMPLE_QUALITY

__all__ = [
    "DEFAULT_OBJECTIVES",
    "METRICS",
    "PER_CLASS",
    "Goal",
    "Kind",
    "Metric",
    "PerClass",
    "default_objective",
    "goal_of",
    "is_share",
]


@dataclass(frozen=True)
class PerClass:
    """One row of numbers by class: `function` of labels (n,) and probabilities (n, classes) gives (classes,)."""

    function: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
    goal: Goal
    description: str
    share: bool = False


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "val/accuracy": Metric(
            c.accuracy,
            "maximize",
            "classifier",
            "share of validation images classified right",
            classes_suffice=True,
            share=True,
        ),
        "val/balanced_accuracy": Metric(
            c.balanced_accuracy,
            "maximize",
            "classifier",
            "recall averaged over the classes, so that rare ones count",
            classes_suffice=True,
            share=True,
        ),
        "val/macro_f1": Metric(
            c.macro_f1, "maximize", "classifier", "F1 averaged over the classes", classes_suffice=True, share=True
        ),
        "val/log_loss": Metric(c.log_loss, "minimize", "classifier", "mean -log probability of the true class, nats"),
        "val/brier": Metric(c.brier, "minimize", "classifier", "mean squared error of the probabilities, 0 to 2"),
        "val/calibration_error": Metric(
            c.calibration_error,
            "minimize",
            "classifier",
            "gap between confidence and accuracy (ECE, 15 bins)",
            share=True,
        ),
        "train/accuracy": Metric(
            c.accuracy,
            "maximize",
            "classifier",
            "share of training images classified right",
            classes_suffice=True,
            share=True,
        ),
        # A model that has learnt nothing has no gap either, so there is no better way.
        "val/accuracy_gap": Metric(
            None, None, "training", "train/accuracy less val/accuracy: well over 0 it has memorised images"
        ),
        "cv/accuracy": Metric(
            None, "maximize", "training", "mean accuracy of the cross-validation folds so far", share=True
        ),
        "cv/accuracy_std": Metric(None, "minimize", "training", "standard deviation of the folds' accuracies so far"),
        "cv/fold_accuracy": Metric(None, "maximize", "training", "accuracy on the fold of this step", share=True),
        "gen/frechet_pixels": Metric(
            g.frechet_pixels, "minimize", "generative", "Fréchet distance of real and fake in pooled pixels (no FID)"
        ),
        "gen/mean_image_error": Metric(
            g.mean_image_error, "minimize", "generative", "RMS difference of the average real and average fake image"
        ),
        "gen/pixel_diversity": Metric(
            g.pixel_diversity, None, "generative", "spread of fakes relative to real: 1 is right, near 0 is collapse"
        ),
        "gen/severity": Metric(
            None,
            "minimize",
            "judged",
            "how bad what the judge found is, 0 to 1; beside it the verdict in words",
            share=True,
        ),
        **SAMPLE_QUALITY,
        **MODES,
        **DOWNSTREAM,
        "train/images": Metric(
            None, "maximize", "training", "images trained on: all a trial reports of itself where none are held out"
        ),
        "train/loss": Metric(None, "minimize", "training", "the loss that training minimises"),
        # The two losses of a game: either may fall because the other side got worse, so neither says quality.
        "train/loss_g": Metric(None, "minimize", "training", "generator's loss; tells collapse at best, not quality"),
        "train/loss_d": Metric(None, "minimize", "training", "discriminator's loss; near 0 it has won the game"),
        "train/penalty": Metric(None, None, "training", "gradient penalty or R1 in the discriminator's loss"),
        "train/d_real": Metric(
            None, None, "training", "mean D(x) on real images: 0.5 is balance (a critic's score: no scale)"
        ),
        "train/d_fake": Metric(
            None, None, "training", "mean D(G(z)) on fakes: 0.5 is balance, near 0 D has won (a critic's: no scale)"
        ),
        "train/d_accuracy": Metric(
            None, None, "training", "share of images D tells real from fake: 0.5 is balance", share=True
        ),
        "train/grad_norm_g": Metric(None, None, "training", "norm of the generator's gradient"),
        "train/grad_norm_d": Metric(None, None, "training", "norm of the discriminator's gradient"),
        "train/grad_norm": Metric(None, None, "training", "norm of the gradient"),
        "train/depth": Metric(None, None, "training", "depth of the tree"),
        "train/leaves": Metric(None, None, "training", "leaves of the tree"),
        "train/support_vectors": Metric(None, None, "training", "training images that define the boundary"),
        "train/reconstruction": Metric(
            None, "minimize", "training", "mean -log probability of the pixels given the latent, nats an image"
        ),
        "train/divergence": Metric(
            None, None, "training", "mean divergence of posterior from prior, nats an image: 0 if the latent is unused"
        ),
        "train/iterations": Metric(None, None, "training", "iterations of the solver so far"),
        "seconds": Metric(None, "minimize", "training", "seconds of training so far"),
    }
)

PER_CLASS: Mapping[str, PerClass] = MappingProxyType(
    {
        "val/recall": PerClass(
            c.recall_per_class, "maximize", "share of the class's images classified right", share=True
        ),
        "val/f1": PerClass(
            c.f1_per_class, "maximize", "harmonic mean of recall and precision of the class", share=True
        ),
    }
)

DEFAULT_OBJECTIVES: Mapping[str, str] = MappingProxyType(
    {"classifier": "val/accuracy", "generative": "gen/frechet", "modes": "gen/mode_divergence"}
)


def goal_of(name: str) -> Goal | None:
    """Which way `name` is better, or None if it has no better way or we do not know the name.

    After an @ may stand the extractor it was computed with (analysis.extractors).
    """
    name, _, _ = name.partition("@")
    if name in METRICS:
        return METRICS[name].goal
    # A class may have a slash in its name, as in T-shirt/top.
    row = PER_CLASS.get("/".join(name.split("/")[:2]))
    return row.goal if row is not None and name.count("/") > 1 else None


_ROWS: Mapping[str, Metric | PerClass] = {**METRICS, **PER_CLASS}
_SHARES = frozenset(name.split("/")[1] for name, row in _ROWS.items() if row.share)


def is_share(name: str) -> bool:
    """Whether a metric, of whichever part of the data, lies between 0 and 1 as it is.

    Its name may end in a number of samples, as test/tstr_accuracy_10000 does.
    """
    tail = name.partition("@")[0].split("/")[1:2]
    return bool(tail) and re.sub(r"_\d+$", "", tail[0]) in _SHARES


def default_objective(kind: str) -> str:
    """What a sweep over models of `kind` optimises unless told otherwise: "classifier", "generative", or "modes" for
    generative models of points."""
    return DEFAULT_OBJECTIVES[kind]
