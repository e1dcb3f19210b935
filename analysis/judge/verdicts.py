"""The verdicts on samples: the table of their definitions, VERDICTS.

A verdict has a strength from 0 to 1, 0.5 at its threshold. They are tried from the top: the first that holds is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from analysis.judge import strengths
from analysis.judge.diagnostics import TRUSTED, SampleDiagnostics
from analysis.judge.strengths import (
    BLUR,
    COPIED,
    DIRTY,
    FEW,
    FILLED,
    FOOLED,
    HALF,
    IMBALANCE,
    ONE_IMAGE,
    REACHED,
    REPEATED,
    SEVERAL,
    SOFT,
    UNCOVERED,
    UNLIKE,
    UNLIKE_ALIKE,
    WHITE,
    WHITE_ALIKE,
    WON,
)


@dataclass(frozen=True)
class Verdict:
    """The definition of a verdict: its inputs and whether they include a training history, the threshold and the reason
    for it in words; `strength` (0 to 1, 0.5 at the threshold) and the `sentence` of evidence in code.

    `numbers` name the diagnostics behind it. `alone` is the strength of a failure that another one hides, where it is
    looked at for itself; None where nothing hides it.
    """

    inputs: str
    needs_history: bool
    threshold: str
    reason: str
    strength: Callable[[SampleDiagnostics], float]
    sentence: Callable[[SampleDiagnostics], str]
    numbers: tuple[str, ...] = ()
    alone: Callable[[SampleDiagnostics], float] | None = None


def _exploded(diagnostics: SampleDiagnostics) -> str:
    if not diagnostics.finite_losses:
        return "the last losses or gradients are not finite numbers"
    return f"the losses are {diagnostics.loss_growth:,.0f} times what they were"


def _collapsed(diagnostics: SampleDiagnostics) -> str:
    same = f"{diagnostics.one_image:.0%} of the samples are one and the same image, or of one colour; "
    return f"{same if strengths.is_one_image(diagnostics) else ''}{_classes(diagnostics)}"


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
            strengths.diverged,
            _exploded,
            numbers=("loss_growth",),
        ),
        "frozen": Verdict(
            "the numbers about samples of the last evaluations",
            True,
            "none has changed by 0.001 (of itself if over 1) over 3 evaluations, and the samples are not healthy",
            "samples come from the same latents each time, so a generator that learns changes every number; one that "
            "has learnt may stand still",
            strengths.frozen,
            lambda f: "no number about the samples has changed over 3 evaluations",
        ),
        "discriminator_wins": Verdict(
            "D's accuracy; precision, background, noise and blur of the samples",
            True,
            f"D tells {WON:.0%} or more apart over the last quarter, and the samples do not look real: half are not "
            f"near real images, or they have under {FILLED:.0%} of the background, or they are noise or blurred",
            "a D that is always right leaves G no gradient; where samples look real G has found one. The cause is "
            "named before the symptom. A grey mean of all images lies near real ones, but has no background",
            strengths.discriminator_wins,
            lambda f: (
                f"D tells {f.late_metrics['d_accuracy']:.0%} of its images apart and G has learnt none that look real"
            ),
            numbers=("d_accuracy", "precision", "background_ratio"),
        ),
        "generator_wins": Verdict(
            "D's accuracy; precision, background, noise and blur of the samples",
            True,
            f"D tells {FOOLED:.0%} or less apart over the last quarter, and the samples do not look real, as above",
            "half is what balance looks like too; a D fooled by what is plainly not real teaches G nothing",
            strengths.generator_wins,
            lambda f: (
                f"D tells only {f.late_metrics['d_accuracy']:.0%} of its images apart but samples do not look real"
            ),
            numbers=("d_accuracy", "precision", "background_ratio"),
        ),
        "noise": Verdict(
            "fine grain of each sample; its likeness to training images",
            False,
            f"in {WHITE:.0%} of the samples a quarter of the variance is white noise; or {UNLIKE:.0%} of them are less "
            "like any training image than 99 % of held-out images (points: farther from all). "
            f"{WHITE_ALIKE:.0%} and {UNLIKE_ALIKE:.0%} where samples repeat each other",
            "white noise with a tenth of the range as its deviation stays under a quarter, with a quarter of the range "
            "it does not; shift and contrast do not count. One glyph that is a little off, repeated, is a collapse",
            strengths.noise,
            lambda f: (
                f"{f.white_noise:.0%} of the samples are white noise, "
                f"{f.unlike_training:.0%} are like no training image"
            ),
            numbers=("white_noise", "unlike_training"),
            alone=strengths.white,
        ),
        "blurred": Verdict(
            "fine grain and background of the samples against held-out images of the same class; recall",
            False,
            f"the median sample has {BLUR:.0%} of the usual grain, and no more than {REACHED:.0%} of the real "
            f"images are near (recall); {SOFT:.0%} where they repeat each other, with {DIRTY:.0%} of the background "
            "and over half of the classes",
            "a blur by a pixel of 28 leaves less than a quarter, and no real image near. Samples of a VAE that is well "
            "trained are as soft on Fashion-MNIST, but among the real ones; the mean image of a class is repeated",
            strengths.blurred,
            lambda f: f"the samples have {f.grain_ratio:.0%} of the fine grain of real images",
            numbers=("grain_ratio", "recall", "background_ratio"),
            alone=strengths.soft,
        ),
        "memorised": Verdict(
            "distances of each sample to its nearest and second nearest training image",
            False,
            f"{COPIED:.0%} of the samples are copies (nearer to one training image than half as far as to any other); "
            f"not where a few are repeated: one of a class, or up to {FEW} that are not copied exactly",
            "held-out images are hardly ever so near; prototypes with jitter are a collapse, wherever they are from",
            strengths.memorised,
            lambda f: f"{f.copied:.0%} of the samples are copies of training images",
            numbers=("copied", "originals_per_class", "copies_each"),
            alone=strengths.copied,
        ),
        "mode_collapse": Verdict(
            "how many samples are one image; shares of the classes, corrected for what the extractor mistakes, and by "
            "the training image each is like",
            False,
            f"{ONE_IMAGE:.0%} of the samples are one and the same image to two levels of 255, or each of one colour, "
            "and as many real images are not: such samples are not called noise or blurred. Or a class is missing of "
            f"which 10 samples were due, or KL to the real shares is {IMBALANCE} over chance; "
            f"{SEVERAL} classes, or {HALF:.2f}, as of half of them, where samples repeat each other. Not where the "
            f"extractor tells under {TRUSTED:.0%} of the held-out images right; the fewer it tells, the more is chance",
            "the most total collapse may show anything: black, a mean, one pattern of noise. Of classes "
            "both opinions must agree, so that noise or shift that misleads one is no collapse; where there are few "
            "images, one that is mistaken is a class that seems lost",
            strengths.mode_collapse,
            _collapsed,
            numbers=("one_image", "class_imbalance", "lost_share"),
            alone=strengths.collapse_beside,
        ),
        "low_diversity": Verdict(
            "distances between samples against those between as many held-out images; coverage",
            False,
            f"{REPEATED:.0%} of the samples are near-duplicates, beyond the one in twenty real images that are, and "
            f"{UNCOVERED:.0%} of the held-out images have no sample nearby that would have a real one",
            "a few images a class, however they are jittered; a conditional VAE's smooth samples lie near each other "
            "too, but near all real ones",
            strengths.low_diversity,
            lambda f: f"{f.near_duplicates:.0%} of the samples are near-duplicates of another",
            numbers=("near_duplicates", "uncovered"),
            alone=strengths.low_diversity_beside,
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
