"""R2 and R0 on weight maps: what a linear model's positive and negative weights show."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import CONFIG, TRIAL, SweepResults
from benchmarks.reports.pictures import media, side_by_side
from benchmarks.reports.readings import where
from benchmarks.reports.study import Claim, Finding, Study, Sweeps
from trainables import MODELS
from trainables.data import load_dataset

MORE_INK = 0.5  # of the range from -1 to 1: where one class has so much more than another on average


def explained(sweeps: Sweeps) -> Finding:
    """The l2 model with the best C, fitted again on all training digits: a picture of weights has no numbers."""
    weights, means = weights_and_means(sweeps["c_and_penalty"])
    against = negative_weights(weights, means)
    ink = (against[6, 8], against[8, 6])
    holds = float(np.mean(against[np.isfinite(against)] < 0))
    measured = (
        f"mean weight of the 6 where an 8 has ink and a 6 has none {ink[0]:+.3f}, of the 8 where a 6 has and an 8 has "
        f"none {ink[1]:+.3f}; over all ordered pairs of digits it is negative in {100 * holds:.0f} %"
    )
    both = max(ink) < 0
    answer = "agree" if both and holds >= 0.9 else "depends" if both or holds >= 0.9 else "disagree"
    reasons = {
        "agree": "a negative weight says: ink here speaks for another digit",
        "depends": "it holds for some pairs only",
        "disagree": "the negative weights do not lie where the other digit has its ink",
    }
    return Finding(measured, answer, reasons[answer])


def weights_and_means(sweep: SweepResults) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and average images of the digits, (10, 8, 8) each."""
    l2 = where(sweep, penalty="l2").set_index(TRIAL)
    best = l2.loc[next(trial for trial in sweep.ranked if trial in l2.index)]
    data = load_dataset("digits")
    config = {"C": float(best[CONFIG + "C"]), "solver": "saga", "max_iter": 500, "slice_iter": 500}
    model: Any = MODELS["logistic_regression"].build(config, data, seed=0)
    model.step()
    means = np.stack([data.train.x[data.train.y == digit].mean(axis=0) for digit in range(10)])
    return model.weight_maps()[:, 0].astype(float), means[:, 0].astype(float)


def negative_weights(weights: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """(classes, classes): mean weight of class a over the pixels where b has markedly more ink; NaN where none is."""
    classes = range(len(weights))
    pixels = [[means[b] - means[a] > MORE_INK for b in classes] for a in classes]
    return np.array(
        [[weights[a][pixels[a][b]].mean() if pixels[a][b].any() else np.nan for b in classes] for a in classes]
    )


def picture(sweeps: Sweeps) -> bytes:
    digits, fashion = sweeps["c_and_penalty"], sweeps["logistic_regression_60000"]
    l2 = set(where(digits, penalty="l2")[TRIAL])
    best = next(trial for trial in digits.ranked if trial in l2)
    return side_by_side(
        [media(digits, best, "weight_maps"), media(fashion, fashion.ranked[0], "weight_maps")], columns=1
    )


CLAIMS = (
    Claim(
        "Negative weights can be explained: they lie where another digit has its ink (6 against 8).",
        "Agree if the weights of the 6 where an 8 has more ink, and the other way round, are negative on average, and "
        "so are those of nine in ten ordered pairs of digits.",
        explained,
    ),
)

STUDIES = (
    Study(
        name="weight_maps",
        title="Weight maps",
        source="R2 and R0",
        setting=(
            "The weights of the best l2 model of the sweep above, and of logistic regression on Fashion-MNIST: blue is "
            "negative, red positive."
        ),
        sweeps=("c_and_penalty", "logistic_regression_60000"),
        claims=CLAIMS,
        picture=picture,
        caption="Weights of each class on digits (above) and on Fashion-MNIST (below).",
    ),
)
