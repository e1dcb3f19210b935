"""The verdict on a generative model: from samples, and the history of their training if there is one, to reasons.

`VERDICTS` is the one definition: a verdict's strength runs from 0 to 1 and holds from 0.5 on; of those that hold the
first in the table is given. The severity is its strength; of a healthy model the strength of what it is nearest to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.facts import Facts
from analysis.metrics import METRICS
from analysis.seen import Reference, Seen

HOLDS = 0.5  # strength
FEWEST = 100  # samples
NOISE, BLUR, IMBALANCE, REPEATED, COPIED = 0.25, 0.25, 0.25, 0.6, 0.3
FEW = 5  # images of a class
WON, FOOLED = 0.95, 0.6  # D's accuracy from which on it has won, and up to which it has lost
EXPLODED = 1e3


@dataclass(frozen=True)
class Judgement:
    """One of VERDICTS, how bad it is in [0, 1] (0.5 and over: not healthy), and why, in sentences.

    `metrics` are the numbers of METRICS behind it, by name; `extractor` what saw the `n` samples.
    """

    verdict: str
    severity: float
    evidence: tuple[str, ...]
    metrics: dict[str, float]
    extractor: str
    n: int


@dataclass(frozen=True)
class Verdict:
    """A row: what it looks at, from when on it holds and why there, its strength and its sentence."""

    inputs: str
    needs_history: bool
    threshold: str
    reason: str
    strength: Callable[[Facts], float]
    sentence: Callable[[Facts], str]


def judge(reference: Reference, fake: Seen, history: Sequence[Mapping[str, float]] = ()) -> Judgement:
    """What is wrong with a model that made the samples `fake`, if anything.

    `history` are the rows its training has reported before, oldest first. ValueError for fewer than 100 samples or
    samples of another shape than the real images.
    """
    if len(fake) < FEWEST:
        raise ValueError(f"{len(fake)} samples are too few to judge; at least {FEWEST} are needed")
    if fake.images.shape[1:] != reference.train.images.shape[1:]:
        raise ValueError(f"samples {fake.images.shape} and real images {reference.train.images.shape} differ in shape")
    finite = np.isfinite(fake.images).all() and np.isfinite(fake.vectors).all()
    facts = Facts(reference, fake, history, measured(reference, fake) if finite else {})
    if not finite:
        return _judgement("diverged", 1.0, ("samples are not finite numbers",), facts)
    strengths = {name: row.strength(facts) for name, row in VERDICTS.items()}
    verdict = next(name for name, strength in strengths.items() if strength >= HOLDS or name == "healthy")
    worst = max(strengths, key=lambda name: strengths[name]) if verdict == "healthy" else verdict
    sentences = (VERDICTS[verdict].sentence(facts), *_beside(facts, verdict, worst))
    return _judgement(verdict, strengths[worst], sentences, facts)


def measured(reference: Reference, fake: Seen) -> dict[str, float]:
    """Every number of METRICS that says how samples compare with real images, by name; those that apply."""
    rows = {name: row.function for name, row in METRICS.items() if row.kind == "judged" and row.function is not None}
    found = {name: float(function(reference, fake)) for name, function in rows.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _judgement(verdict: str, severity: float, evidence: tuple[str, ...], facts: Facts) -> Judgement:
    n, extractor = len(facts.fake), facts.reference.extractor
    return Judgement(verdict, float(np.clip(severity, 0, 1)), evidence, dict(facts.metrics), extractor, n)


def _beside(facts: Facts, verdict: str, worst: str) -> list[str]:
    """What else a reader should know: of a healthy model what it is nearest to, and how the losses look."""
    nearest = [] if worst == verdict else [f"nearest to {worst}: {VERDICTS[worst].sentence(facts)}"]
    return nearest + _losses(facts)


def _losses(facts: Facts) -> list[str]:
    accuracy = facts.late["d_accuracy"]
    if math.isnan(accuracy):
        return []
    look = "as won by D" if accuracy >= WON else "as lost by D" if accuracy <= FOOLED else "balanced"
    losses = f"G {facts.late['loss_g']:.2f}, D {facts.late['loss_d']:.2f}"
    return [f"losses look {look} ({losses}; D tells {accuracy:.0%} apart)"]


def _scaled(value: float, threshold: float, worst: float) -> float:
    """0 at 0, 0.5 at the threshold, 1 at the worst."""
    return float(np.interp(value, [0, threshold, worst], [0, HOLDS, 1]))


def _diverged(facts: Facts) -> float:
    last = [value for row in facts.history[-1:] for name, value in row.items() if name.startswith("train/")]
    return 1.0 if any(isinstance(value, float) and not math.isfinite(value) for value in last) else 0.0


def _frozen(facts: Facts) -> float:
    return _sick(facts) if facts.still else 0.0


def _discriminator_wins(facts: Facts) -> float:
    accuracy = facts.late["d_accuracy"]
    return 0.0 if math.isnan(accuracy) or accuracy < WON else _unreal(facts)


def _generator_wins(facts: Facts) -> float:
    accuracy = facts.late["d_accuracy"]
    return 0.0 if math.isnan(accuracy) or accuracy > FOOLED else _unreal(facts)


def _unreal(facts: Facts) -> float:
    """The strength with which samples are not even images like the real ones."""
    return max(_noise(facts), _blurred(facts))


def _sick(facts: Facts) -> float:
    return max(_unreal(facts), _mode_collapse(facts), _low_diversity(facts))


def _memorised(facts: Facts) -> float:
    return _scaled(facts.copied, COPIED, 1.0) if facts.originals > FEW else 0.0


def _noise(facts: Facts) -> float:
    return _scaled(facts.noise, NOISE, 1.0)


def _blurred(facts: Facts) -> float:
    few = facts.repeated >= REPEATED
    return _scaled(-math.log(min(1.0, facts.grain)), -math.log(0.6 if few else BLUR), -math.log(0.02))


def _mode_collapse(facts: Facts) -> float:
    classes = np.count_nonzero(facts.real_shares)
    if classes < 2:
        return 0.0
    by_kl = _scaled(facts.imbalance, IMBALANCE, max(2 * IMBALANCE, math.log(classes)))
    lost = float(facts.real_shares[facts.missing].sum())
    return max(by_kl, HOLDS + HOLDS * lost if lost else 0.0)


def _low_diversity(facts: Facts) -> float:
    return _scaled(facts.repeated, REPEATED, 1.0)


def _classes(facts: Facts) -> str:
    shares, real = facts.opinions[0], facts.real_shares
    order = np.argsort(-shares)
    covering = int(np.searchsorted(np.cumsum(shares[order]), 0.97)) + 1
    names = ", ".join(facts.reference.classes[c] for c in facts.missing[:5])
    missing = f"; none of {names}{' and others' if len(facts.missing) > 5 else ''}" if names else ""
    covered = f"{min(covering, len(real))} of {np.count_nonzero(real)} classes cover 97 %"
    return f"{covered} of {len(facts.fake):,} samples; KL {facts.metrics['gen/class_kl']:.2f}{missing}"


VERDICTS: Mapping[str, Verdict] = {
    "diverged": Verdict(
        "last losses and gradients; the samples' pixels",
        True,
        "a number that is not finite",
        "nothing that follows can be finite again",
        _diverged,
        lambda f: "the last losses or gradients are not finite numbers",
    ),
    "frozen": Verdict(
        "the numbers about samples of the last evaluations",
        True,
        "none has changed by a thousandth over 3 evaluations, and the samples are not healthy",
        "samples come from the same latents each time, so a generator that still learns changes every number; one that "
        "has learnt may stand still",
        _frozen,
        lambda f: "no number about the samples has changed over 3 evaluations",
    ),
    "discriminator_wins": Verdict(
        "D's accuracy; noise and blur of the samples",
        True,
        f"D tells {WON:.0%} or more apart over the last quarter, and the samples are noise or blurred",
        "a D that is always right leaves G without a gradient; where samples look real none is missing",
        _discriminator_wins,
        lambda f: f"D tells {f.late['d_accuracy']:.0%} of its images apart and G has learnt no images",
    ),
    "generator_wins": Verdict(
        "D's accuracy; noise and blur of the samples",
        True,
        f"D tells {FOOLED:.0%} or less apart over the last quarter, and the samples are noise or blurred",
        "a D that is fooled by what is plainly not real teaches G nothing",
        _generator_wins,
        lambda f: f"D tells only {f.late['d_accuracy']:.0%} of its images apart although the samples are not real",
    ),
    "memorised": Verdict(
        "distances to the nearest and the second nearest training image",
        False,
        f"{COPIED:.0%} of the samples are copies of training images, of more than {FEW} a class",
        "fewer than that are a collapse, wherever the few come from",
        _memorised,
        lambda f: f"{f.copied:.0%} of the samples are copies of training images",
    ),
    "noise": Verdict(
        "fine grain of each sample; its likeness to training images",
        False,
        f"{NOISE:.0%} of the samples have a quarter of their variance in white noise or are like no training image",
        "half noise and half real is noise; real images with noise of a tenth of the range stay under it",
        _noise,
        lambda f: f"{f.noise:.0%} of the samples are noise, or like no training image",
    ),
    "blurred": Verdict(
        "fine grain of the samples against held-out images of the same class",
        False,
        f"the median sample has {BLUR:.0%} of the usual, 60 % if the samples repeat each other",
        "a mean of many images, or a blur by a pixel, leaves less",
        _blurred,
        lambda f: f"the samples have {f.grain:.0%} of the fine grain of real images",
    ),
    "mode_collapse": Verdict(
        "shares of the classes, corrected for what the extractor mistakes",
        False,
        f"a class is missing, or KL to the real shares is {IMBALANCE} nats over chance",
        "9 of 10 classes is one mode dropped, a mild form; 90:10 has 1.8 nats; shares of 5 % to 15 % have 0.06",
        _mode_collapse,
        _classes,
    ),
    "low_diversity": Verdict(
        "distances between samples against those between held-out images",
        False,
        f"{REPEATED:.0%} of the samples are near-duplicates, beyond the one in twenty real images that are",
        "a few images a class, however they are jittered",
        _low_diversity,
        lambda f: f"{f.repeated:.0%} of the samples are near-duplicates of another",
    ),
    "healthy": Verdict(
        "all of the above",
        False,
        "none of the above holds",
        "mild imbalance, a little noise and small shifts are not failures",
        lambda f: 0.0,
        lambda f: f"no sign of collapse in {len(f.fake):,} samples",
    ),
}
