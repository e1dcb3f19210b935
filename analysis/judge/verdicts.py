"""The verdicts on samples: the table of their definitions, VERDICTS.

A verdict has a strength from 0 to 1, 0.5 at its threshold. They are tried from the top: the first that holds is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
EXPLODED = 1e3  # times the losses of the first quarter


@dataclass(frozen=True)
class Verdict:
    """The definition of a verdict: its inputs and whether they include a training history, the threshold and the reason
    for it in words; `strength` (0 to 1, 0.5 at the threshold) and the `sentence` of evidence in code."""

    inputs: str
    needs_history: bool
    threshold: str
    reason: str
    strength: Callable[[SampleDiagnostics], float]
    sentence: Callable[[SampleDiagnostics], str]


def scaled(value: float, threshold: float, worst: float) -> float:
    """`value` on a scale that is 0 at 0, 0.5 at the threshold and 1 at the worst."""
    return float(np.interp(value, [0, threshold, worst], [0, HOLDS, 1]))


def _diverged(diagnostics: SampleDiagnostics) -> float:
    if not diagnostics.finite_losses:
        return 1.0
    return _sick(diagnostics) if diagnostics.loss_growth >= EXPLODED else 0.0


def _exploded(diagnostics: SampleDiagnostics) -> str:
    if not diagnostics.finite_losses:
        return "the last losses or gradients are not finite numbers"
    return f"the losses are {diagnostics.loss_growth:,.0f} times what they were"


def _frozen(diagnostics: SampleDiagnostics) -> float:
    return _sick(diagnostics) if diagnostics.unchanged else 0.0


def _discriminator_wins(diagnostics: SampleDiagnostics) -> float:
    return _unreal(diagnostics) if diagnostics.late_metrics["d_accuracy"] >= WON else 0.0


def _generator_wins(diagnostics: SampleDiagnostics) -> float:
    return _unreal(diagnostics) if diagnostics.late_metrics["d_accuracy"] <= FOOLED else 0.0


def _unreal(diagnostics: SampleDiagnostics) -> float:
    """The strength with which samples are not like real images, for whatever reason."""
    off, filled = (
        scaled(1 - diagnostics.precision, 1 - OFF, 1.0),
        scaled(1 - diagnostics.background_ratio, 1 - FILLED, 1.0),
    )
    return max(_white(diagnostics), _soft(diagnostics), off, filled)


def _sick(diagnostics: SampleDiagnostics) -> float:
    return max(_unreal(diagnostics), _mode_collapse(diagnostics), _low_diversity(diagnostics))


def _noise(diagnostics: SampleDiagnostics) -> float:
    return 0.0 if _is_one_image(diagnostics) else _white(diagnostics)


def _white(diagnostics: SampleDiagnostics) -> float:
    white, unlike = (WHITE_ALIKE, UNLIKE_ALIKE) if _alike(diagnostics) else (WHITE, UNLIKE)
    return max(scaled(diagnostics.white_noise, white, 1.0), scaled(diagnostics.unlike_training, unlike, 1.0))


def _blurred(diagnostics: SampleDiagnostics) -> float:
    return 0.0 if _is_one_image(diagnostics) else _soft(diagnostics)


def _soft(diagnostics: SampleDiagnostics) -> float:
    means = _alike(diagnostics) and diagnostics.background_ratio < DIRTY and _lost_classes(diagnostics) < MOST_LOST
    softness = scaled(-math.log(min(1.0, diagnostics.grain_ratio)), -math.log(SOFT if means else BLUR), -math.log(0.02))
    return softness if means else min(softness, scaled(1 - diagnostics.recall, 1 - REACHED, 1.0))


def _memorised(diagnostics: SampleDiagnostics) -> float:
    few = (
        diagnostics.originals_per_class <= (1 if diagnostics.copies_are_exact else FEW) and diagnostics.copies_each >= 2
    )
    return 0.0 if few else scaled(diagnostics.copied, COPIED, 1.0)


def _mode_collapse(diagnostics: SampleDiagnostics) -> float:
    return max(scaled(diagnostics.one_image, ONE_IMAGE, 1.0), _lost_classes(diagnostics))


def _lost_classes(diagnostics: SampleDiagnostics) -> float:
    classes = np.count_nonzero(diagnostics.real_shares)
    if classes < 2:
        return 0.0
    threshold, few = (HALF, SEVERAL) if _alike(diagnostics) else (IMBALANCE, 1)
    by_kl = scaled(diagnostics.class_imbalance, threshold, max(2 * threshold, math.log(classes)))
    lost = (
        float(diagnostics.real_shares[diagnostics.missing_classes].sum())
        if len(diagnostics.missing_classes) >= few
        else 0.0
    )
    return max(by_kl, HOLDS + HOLDS * lost if lost else 0.0)


def _low_diversity(diagnostics: SampleDiagnostics) -> float:
    return min(scaled(diagnostics.near_duplicates, REPEATED, 1.0), scaled(diagnostics.uncovered, UNCOVERED, 0.5))


def _is_one_image(diagnostics: SampleDiagnostics) -> bool:
    """Whether the samples are one image, whatever it shows: also black, or noise that is always the same."""
    return diagnostics.one_image >= ONE_IMAGE


def _alike(diagnostics: SampleDiagnostics) -> bool:
    """Whether samples repeat each other, so that one glyph that is a little off counts many times."""
    return diagnostics.near_duplicates >= REPEATED


def _collapsed(diagnostics: SampleDiagnostics) -> str:
    same = f"{diagnostics.one_image:.0%} of the samples are one and the same image, or of one colour; "
    return f"{same if _is_one_image(diagnostics) else ''}{_classes(diagnostics)}"


def _classes(diagnostics: SampleDiagnostics) -> str:
    shares, real = diagnostics.class_share_estimates[0], np.count_nonzero(diagnostics.real_shares)
    covering = int(np.searchsorted(np.cumsum(np.sort(shares)[::-1]), 0.97)) + 1
    names = ", ".join(diagnostics.reference.classes[c] for c in diagnostics.missing_classes[:5])
    missing = f"; none of {names}{' and others' if len(diagnostics.missing_classes) > 5 else ''}" if names else ""
    covered = f"{min(covering, real)} of {real} classes cover 97 % of {len(diagnostics.fake):,} samples"
    return f"{covered}; KL {diagnostics.metrics['gen/class_kl']:.2f}{missing}"


VERDICTS: Mapping[str, Verdict] = MappingProxyType(
    {
        "diverged": Verdict(
            "the losses and gradients; the samples' pixels",
            True,
            "a pixel, a loss or a gradient that is not finite; or losses over 1,000 times those of the first quarter, "
            "and the samples are not healthy",
            "nothing finite can follow; a critic's losses have no scale, but they have a past",
            _diverged,
            _exploded,
        ),
        "frozen": Verdict(
            "the numbers about samples of the last evaluations",
            True,
            "none has changed by 0.001 (of itself if over 1) over 3 evaluations, and the samples are not healthy",
            "samples come from the same latents each time, so a generator that learns changes every number; one that "
            "has learnt may stand still",
            _frozen,
            lambda f: "no number about the samples has changed over 3 evaluations",
        ),
        "discriminator_wins": Verdict(
            "D's accuracy; precision, background, noise and blur of the samples",
            True,
            f"D tells {WON:.0%} or more apart over the last quarter, and the samples do not look real: half are not "
            f"near real images, or they have under {FILLED:.0%} of the background, or they are noise or blurred",
            "a D that is always right leaves G no gradient; where samples look real G has found one. The cause is "
            "named before the symptom. A grey mean of all images lies near real ones, but has no background",
            _discriminator_wins,
            lambda f: (
                f"D tells {f.late_metrics['d_accuracy']:.0%} of its images apart and G has learnt none that look real"
            ),
        ),
        "generator_wins": Verdict(
            "D's accuracy; precision, background, noise and blur of the samples",
            True,
            f"D tells {FOOLED:.0%} or less apart over the last quarter, and the samples do not look real, as above",
            "half is what balance looks like too; a D fooled by what is plainly not real teaches G nothing",
            _generator_wins,
            lambda f: (
                f"D tells only {f.late_metrics['d_accuracy']:.0%} of its images apart but samples do not look real"
            ),
        ),
        "noise": Verdict(
            "fine grain of each sample; its likeness to training images",
            False,
            f"in {WHITE:.0%} of the samples a quarter of the variance is white noise; or {UNLIKE:.0%} of them are less "
            "like any training image than 99 % of held-out images (points: farther from all). "
            f"{WHITE_ALIKE:.0%} and {UNLIKE_ALIKE:.0%} where samples repeat each other",
            "white noise with a tenth of the range as its deviation stays under a quarter, with a quarter of the range "
            "it does not; shift and contrast do not count. One glyph that is a little off, repeated, is a collapse",
            _noise,
            lambda f: (
                f"{f.white_noise:.0%} of the samples are white noise, "
                f"{f.unlike_training:.0%} are like no training image"
            ),
        ),
        "blurred": Verdict(
            "fine grain and background of the samples against held-out images of the same class; recall",
            False,
            f"the median sample has {BLUR:.0%} of the usual grain, and no more than {REACHED:.0%} of the real "
            f"images are near (recall); {SOFT:.0%} where they repeat each other, with {DIRTY:.0%} of the background "
            "and over half of the classes",
            "a blur by a pixel of 28 leaves less than a quarter, and no real image near. Samples of a VAE that is well "
            "trained are as soft on Fashion-MNIST, but among the real ones; the mean image of a class is repeated",
            _blurred,
            lambda f: f"the samples have {f.grain_ratio:.0%} of the fine grain of real images",
        ),
        "memorised": Verdict(
            "distances of each sample to its nearest and second nearest training image",
            False,
            f"{COPIED:.0%} of the samples are copies (nearer to one training image than half as far as to any other); "
            f"not where a few are repeated: one of a class, or up to {FEW} that are not copied exactly",
            "held-out images are hardly ever so near; prototypes with jitter are a collapse, wherever they are from",
            _memorised,
            lambda f: f"{f.copied:.0%} of the samples are copies of training images",
        ),
        "mode_collapse": Verdict(
            "how many samples are one image; shares of the classes, corrected for what the extractor mistakes, and by "
            "the training image each is like",
            False,
            f"{ONE_IMAGE:.0%} of the samples are one and the same image to two levels of 255, or each of one colour, "
            "and as many real images are not: such samples are not called noise or blurred. Or a class is missing of "
            f"which 10 samples were due, or KL to the real shares is {IMBALANCE} over chance; "
            f"{SEVERAL} classes, or {HALF:.2f}, as of half of them, where samples repeat each other",
            "the most total collapse may show anything: black, a mean, one pattern of noise. Of classes "
            "both opinions must agree, so that noise or shift that misleads one is no collapse; where there are few "
            "images, one that is mistaken is a class that seems lost",
            _mode_collapse,
            _collapsed,
        ),
        "low_diversity": Verdict(
            "distances between samples against those between as many held-out images; coverage",
            False,
            f"{REPEATED:.0%} of the samples are near-duplicates, beyond the one in twenty real images that are, and "
            f"{UNCOVERED:.0%} of the held-out images have no sample nearby that would have a real one",
            "a few images a class, however they are jittered; a conditional VAE's smooth samples lie near each other "
            "too, but near all real ones",
            _low_diversity,
            lambda f: f"{f.near_duplicates:.0%} of the samples are near-duplicates of another",
        ),
        "healthy": Verdict(
            "all of the above",
            False,
            "none of the above holds",
            "no model is perfect: how near it is to a failure is the severity",
            lambda f: 0.0,
            lambda f: f"no sign of collapse in {len(f.fake):,} samples",
        ),
    }
)
