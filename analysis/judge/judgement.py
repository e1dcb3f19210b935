"""Judges samples of a generative model: the verdict, its severity and its evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.judge.diagnostics import SampleDiagnostics
from analysis.judge.extracted_features import ExtractedFeatures, Reference
from analysis.judge.verdicts import FOOLED, HOLDS, VERDICTS, WON
from analysis.metrics import METRICS

__all__ = ["FEWEST", "HOLDS", "VERDICTS", "Judgement", "judge"]

FEWEST = 100  # samples


@dataclass(frozen=True)
class Judgement:
    """One of VERDICTS, how bad it is in [0, 1] (0.5 and over: not healthy), and why, in sentences.

    `metrics` are the numbers of METRICS behind it, by name; `extractor` the name of what computed their features; `n`
    the number of samples. The severity of a healthy model is the strength of the verdict it is nearest to.
    """

    verdict: str
    severity: float
    evidence: tuple[str, ...]
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
        return _judgement("diverged", 1.0, ["samples are not finite numbers"], diagnostics)
    return _ruled(SampleDiagnostics(reference, fake, history, measured(reference, fake)))


def measured(reference: Reference, fake: ExtractedFeatures) -> dict[str, float]:
    """Every metric of METRICS that compares samples with real images, by name; without those that do not apply."""
    rows = {name: row.function for name, row in METRICS.items() if row.kind == "judged" and row.function is not None}
    found = {name: float(function(reference, fake)) for name, function in rows.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _ruled(diagnostics: SampleDiagnostics) -> Judgement:
    """The first verdict that holds; of a healthy model also the failure it is nearest to."""
    strengths = {name: row.strength(diagnostics) for name, row in VERDICTS.items()}
    verdict = next((name for name, strength in strengths.items() if strength >= HOLDS), "healthy")
    worst = max(strengths, key=lambda name: strengths[name]) if verdict == "healthy" else verdict
    evidence = [VERDICTS[verdict].sentence(diagnostics)]
    if worst != verdict and strengths[worst] > 0:
        evidence.append(f"nearest to {worst}: {VERDICTS[worst].sentence(diagnostics)}")
    return _judgement(verdict, strengths[worst], evidence + _losses(diagnostics), diagnostics)


def _judgement(verdict: str, severity: float, evidence: Sequence[str], diagnostics: SampleDiagnostics) -> Judgement:
    n, extractor = len(diagnostics.fake), diagnostics.reference.extractor
    return Judgement(verdict, severity, tuple(evidence), dict(diagnostics.metrics), extractor, n)


def _losses(diagnostics: SampleDiagnostics) -> list[str]:
    """A sentence on a GAN's own losses, which need not agree with the verdict; none for other models."""
    accuracy = diagnostics.late_metrics["d_accuracy"]
    if math.isnan(accuracy):
        return []
    look = "as won by D" if accuracy >= WON else "as lost by D" if accuracy <= FOOLED else "balanced"
    losses = f"G {diagnostics.late_metrics['loss_g']:.2f}, D {diagnostics.late_metrics['loss_d']:.2f}"
    return [f"losses look {look} ({losses}; D tells {accuracy:.0%} apart)"]
