"""Judges samples of a generative model: the verdict, its severity and its evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.judge.diagnostics import TRUSTED, SampleDiagnostics
from analysis.judge.extracted_features import ExtractedFeatures, Reference
from analysis.judge.findings import Finding
from analysis.judge.strengths import FOOLED, HOLDS, WON
from analysis.judge.verdicts import VERDICTS
from analysis.metrics import METRICS

__all__ = ["FEWEST", "HOLDS", "VERDICTS", "Finding", "Judgement", "judge"]

FEWEST = 100  # samples
SURE = 0.8  # share of held-out images told right, under which that is said


@dataclass(frozen=True)
class Judgement:
    """One of VERDICTS, how bad it is in [0, 1] (0.5 and over: not healthy), and why, in sentences.

    `findings` are all failures that hold, the strongest first, the verdict among them; none of a healthy model.
    `confidence` is the share of held-out images whose class the extractor tells, None where there are no classes.
    `metrics` are the numbers of METRICS behind it, by name; `extractor` the name of what computed their features; `n`
    the number of samples. The severity is the strength of the strongest finding, of a healthy model that of the verdict
    it is nearest to.
    """

    verdict: str
    severity: float
    findings: tuple[Finding, ...]
    evidence: tuple[str, ...]
    confidence: float | None
    metrics: dict[str, float]
    extractor: str
    n: int


def judge(reference: Reference, fake: ExtractedFeatures, history: Sequence[Mapping[str, float]] = ()) -> Judgement:
    """The verdict on the samples `fake`: the failure of the model that made them, or healthy.

    `history` are the rows its training has reported before, oldest first. ValueError for fewer than 100 samples or
    samples of another shape than the real images.
    """
    if len(fake) < FEWEST:
        raise ValueError(f"{len(fake)} samples are too few to judge; at least {FEWEST} are needed")
    if fake.images.shape[1:] != reference.train.images.shape[1:]:
        raise ValueError(f"samples {fake.images.shape} and real images {reference.train.images.shape} differ in shape")
    if not (np.isfinite(fake.images).all() and np.isfinite(fake.vectors).all()):
        diagnostics = SampleDiagnostics(reference, fake, history, {})
        found = Finding("diverged", 1.0, "samples are not finite numbers")
        return _judgement("diverged", 1.0, (found,), [found.sentence], diagnostics)
    return _ruled(SampleDiagnostics(reference, fake, history, measured(reference, fake)))


def measured(reference: Reference, fake: ExtractedFeatures) -> dict[str, float]:
    """Every metric of METRICS that compares samples with real images, by name; without those that do not apply."""
    rows = {name: row.function for name, row in METRICS.items() if row.kind == "judged" and row.function is not None}
    found = {name: float(function(reference, fake)) for name, function in rows.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _ruled(diagnostics: SampleDiagnostics) -> Judgement:
    """The first verdict that holds with all findings; of a healthy model also the failure it is nearest to."""
    strengths = {name: row.strength(diagnostics) for name, row in VERDICTS.items()}
    verdict = next((name for name, strength in strengths.items() if strength >= HOLDS), "healthy")
    found = () if verdict == "healthy" else _findings(diagnostics, verdict, strengths)
    severity = max(finding.strength for finding in found) if found else max(strengths.values())
    evidence = [VERDICTS[verdict].sentence(diagnostics), *_beside(verdict, found), *_nearest(strengths, diagnostics)]
    said = [*evidence, *_about_classes(diagnostics), *_losses(diagnostics)]
    return _judgement(verdict, severity, found, said, diagnostics)


def _findings(diagnostics: SampleDiagnostics, verdict: str, strengths: Mapping[str, float]) -> tuple[Finding, ...]:
    """All failures that hold, the strongest first, of equals in the order of VERDICTS.

    Each but the verdict is looked at alone, so that none hides another.
    """
    alone = {name: row.alone(diagnostics) for name, row in VERDICTS.items() if row.alone and name != verdict}
    held = {name: strength for name, strength in {**strengths, **alone}.items() if strength >= HOLDS}
    return tuple(_finding(name, held[name], diagnostics) for name in sorted(held, key=lambda name: -held[name]))


def _finding(name: str, strength: float, diagnostics: SampleDiagnostics) -> Finding:
    row = VERDICTS[name]
    numbers = {number: float(getattr(diagnostics, number)) for number in row.numbers}
    finite = {number: round(value, 4) for number, value in numbers.items() if math.isfinite(value)}
    return Finding(name, round(strength, 4), row.sentence(diagnostics), finite)


def _beside(verdict: str, found: Sequence[Finding]) -> list[str]:
    """A sentence on each finding but the verdict."""
    others = (finding for finding in found if finding.verdict != verdict)
    return [f"also {finding.verdict} ({finding.strength:.2f}): {finding.sentence}" for finding in others]


def _nearest(strengths: Mapping[str, float], diagnostics: SampleDiagnostics) -> list[str]:
    """The failure that a healthy model is nearest to, if any is near."""
    worst = max(strengths, key=lambda name: strengths[name])
    near = 0 < strengths[worst] < HOLDS
    return [f"nearest to {worst}: {VERDICTS[worst].sentence(diagnostics)}"] if near else []


def _judgement(
    verdict: str,
    severity: float,
    found: tuple[Finding, ...],
    evidence: Sequence[str],
    diagnostics: SampleDiagnostics,
) -> Judgement:
    n, extractor = len(diagnostics.fake), diagnostics.reference.extractor
    confidence = None if math.isnan(diagnostics.confidence) else round(diagnostics.confidence, 4)
    return Judgement(verdict, severity, found, tuple(evidence), confidence, dict(diagnostics.metrics), extractor, n)


def _about_classes(diagnostics: SampleDiagnostics) -> list[str]:
    """How far what is said of classes can be trusted, where that is not far."""
    told = f"the extractor tells {diagnostics.confidence:.0%} of held-out images right"
    if np.count_nonzero(diagnostics.real_shares) < 2:
        return ["classes are not looked at: the real images are of one, or of none that is known"]
    if not diagnostics.classes_are_told:
        return [f"classes are not looked at: {told}, of which {TRUSTED:.0%} are needed"]
    return [f"of classes with caution: {told}"] if diagnostics.confidence < SURE else []


def _losses(diagnostics: SampleDiagnostics) -> list[str]:
    """A sentence on a GAN's own losses, which need not agree with the verdict; none for other models."""
    accuracy = diagnostics.late_metrics["d_accuracy"]
    if math.isnan(accuracy):
        return []
    look = "as won by D" if accuracy >= WON else "as lost by D" if accuracy <= FOOLED else "balanced"
    losses = f"G {diagnostics.late_metrics['loss_g']:.2f}, D {diagnostics.late_metrics['loss_d']:.2f}"
    return [f"losses look {look} ({losses}; D tells {accuracy:.0%} apart)"]
