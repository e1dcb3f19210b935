"""The strengths of failures, each from 0 to 1 and 0.5 at its threshold, and the thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analysis.judge.diagnostics import SampleDiagnostics

HOLDS = 0.5  # strength
WHITE, UNLIKE = 0.25, 0.5  # share of samples
WHITE_ALIKE, UNLIKE_ALIKE = 0.5, 0.8  # the same where samples repeat each other
BLUR, SOFT = 0.25, 0.6  # of the fine grain of real images
REACHED = 0.15  # recall
DIRTY, FILLED = 0.85, 0.5  # of the background of real images
IMBALANCE, HALF = 0.25, math.log(2)  # nats over what chance makes
SEVERAL = 2  # classes
MOST_LOST = 0.75  # strength of a collapse with which half of the classes are missing
ONE_IMAGE = 0.4  # share of samples
REPEATED = 0.6  # share of samples
UNCOVERED = 0.15  # share of held-out images
COPIED, FEW = 0.3, 10  # share of samples, originals a class
WON, FOOLED = 0.95, 0.6  # D's accuracy
OFF = 0.5  # precision
FEWEST_CLEAN = 100  # samples that are no noise, of which something can be said
EXPLODED = 1e3  # times the losses of the first quarter


def scaled(value: float, threshold: float, worst: float) -> float:
    """`value` on a scale that is 0 at 0, 0.5 at the threshold and 1 at the worst."""
    return float(np.interp(value, [0, threshold, worst], [0, HOLDS, 1]))


def diverged(diagnostics: SampleDiagnostics) -> float:
    if not diagnostics.finite_losses:
        return 1.0
    return sick(diagnostics) if diagnostics.loss_growth >= EXPLODED else 0.0


def frozen(diagnostics: SampleDiagnostics) -> float:
    return sick(diagnostics) if diagnostics.unchanged else 0.0


def discriminator_wins(diagnostics: SampleDiagnostics) -> float:
    return unreal(diagnostics) if diagnostics.late_metrics["d_accuracy"] >= WON else 0.0


def generator_wins(diagnostics: SampleDiagnostics) -> float:
    return unreal(diagnostics) if diagnostics.late_metrics["d_accuracy"] <= FOOLED else 0.0


def unreal(diagnostics: SampleDiagnostics) -> float:
    """The strength with which samples are not like real images, for whatever reason."""
    off, filled = (
        scaled(1 - diagnostics.precision, 1 - OFF, 1.0),
        scaled(1 - diagnostics.background_ratio, 1 - FILLED, 1.0),
    )
    return max(white(diagnostics), soft(diagnostics), off, filled)


def sick(diagnostics: SampleDiagnostics) -> float:
    return max(unreal(diagnostics), mode_collapse(diagnostics), low_diversity(diagnostics))


def noise(diagnostics: SampleDiagnostics) -> float:
    """Hidden by one image, which may show noise: a collapse."""
    return 0.0 if is_one_image(diagnostics) else white(diagnostics)


def white(diagnostics: SampleDiagnostics) -> float:
    white, unlike = (WHITE_ALIKE, UNLIKE_ALIKE) if alike(diagnostics) else (WHITE, UNLIKE)
    return max(scaled(diagnostics.white_noise, white, 1.0), scaled(diagnostics.unlike_training, unlike, 1.0))


def blurred(diagnostics: SampleDiagnostics) -> float:
    return 0.0 if is_one_image(diagnostics) else soft(diagnostics)


def soft(diagnostics: SampleDiagnostics) -> float:
    means = alike(diagnostics) and diagnostics.background_ratio < DIRTY and lost_classes(diagnostics) < MOST_LOST
    softness = scaled(-math.log(min(1.0, diagnostics.grain_ratio)), -math.log(SOFT if means else BLUR), -math.log(0.02))
    return softness if means else min(softness, scaled(1 - diagnostics.recall, 1 - REACHED, 1.0))


def memorised(diagnostics: SampleDiagnostics) -> float:
    """Hidden by a few images that are repeated: a collapse, wherever they are from."""
    few = (
        diagnostics.originals_per_class <= (1 if diagnostics.copies_are_exact else FEW) and diagnostics.copies_each >= 2
    )
    return 0.0 if few else copied(diagnostics)


def copied(diagnostics: SampleDiagnostics) -> float:
    return scaled(diagnostics.copied, COPIED, 1.0)


def mode_collapse(diagnostics: SampleDiagnostics) -> float:
    return max(scaled(diagnostics.one_image, ONE_IMAGE, 1.0), lost_classes(diagnostics))


def collapse_beside(diagnostics: SampleDiagnostics) -> float:
    """Beside noise: by the samples that are none, for noise is of no class."""
    if white(diagnostics) < HOLDS:
        return mode_collapse(diagnostics)
    return max(scaled(diagnostics.one_image, ONE_IMAGE, 1.0), of_clean(diagnostics, lost_classes))


def low_diversity_beside(diagnostics: SampleDiagnostics) -> float:
    """The same: to an extractor all noise is alike."""
    if white(diagnostics) < HOLDS:
        return low_diversity(diagnostics)
    return of_clean(diagnostics, low_diversity)


def of_clean(diagnostics: SampleDiagnostics, strength: Callable[[SampleDiagnostics], float]) -> float:
    return strength(diagnostics.clean) if len(diagnostics.clean.fake) >= FEWEST_CLEAN else 0.0


def lost_classes(diagnostics: SampleDiagnostics) -> float:
    classes = np.count_nonzero(diagnostics.real_shares)
    if not diagnostics.classes_are_told:
        return 0.0
    threshold, few = (HALF, SEVERAL) if alike(diagnostics) else (IMBALANCE, 1)
    by_kl = scaled(diagnostics.class_imbalance, threshold, max(2 * threshold, math.log(classes)))
    lost = diagnostics.lost_share if len(diagnostics.missing_classes) >= few else 0.0
    return max(by_kl, HOLDS + HOLDS * lost if lost else 0.0)


def low_diversity(diagnostics: SampleDiagnostics) -> float:
    return min(scaled(diagnostics.near_duplicates, REPEATED, 1.0), scaled(diagnostics.uncovered, UNCOVERED, 0.5))


def is_one_image(diagnostics: SampleDiagnostics) -> bool:
    """Whether the samples are one image, whatever it shows: also black, or noise that is always the same."""
    return diagnostics.one_image >= ONE_IMAGE


def alike(diagnostics: SampleDiagnostics) -> bool:
    """Whether samples repeat each other, so that one glyph that is a little off counts many times."""
    return diagnostics.near_duplicates >= REPEATED
