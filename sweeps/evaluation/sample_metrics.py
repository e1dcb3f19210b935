"""Metrics and verdict of a generative model's samples, in an extractor's features, against the real images."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.judge.extracted_features import Reference, TrainingImages
from analysis.judge.judgement import judge
from analysis.metrics import METRICS
from analysis.metrics.histogram import class_shares
from analysis.metrics.modes import modes_captured, reverse_kl
from analysis.results import CLASS_HISTOGRAM, EVIDENCE, EXTRACTOR, FINDINGS, SEVERITY, VERDICT
from trainables.arrays import Images, Labels
from trainables.data import Dataset, Split

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import RealFeatures

History = Sequence[Mapping[str, float]]


class SampleMetrics:
    """Judges samples of models trained on one data set; what depends on the real images alone is computed once."""

    def __init__(self, real_features: RealFeatures, data: Dataset) -> None:
        self._real_features, self._reference = real_features, real_features.reference(data)
        self._of_part: Reference | None = None

    def row(
        self, fake: Images, labels: Labels | None = None, train: Split | None = None, history: History = ()
    ) -> dict[str, Any]:
        """Verdict, evidence and metrics of samples, as columns of a row of results.

        `labels`: the classes they were conditioned on; `train`: what the model was trained on, if that was less than
        all; `history`: the rows it has reported, oldest first.
        """
        reference, extracted = self._against(train), self._real_features.extractor.extract(fake, labels)
        found = judge(reference, extracted, history)
        return {
            **found.metrics,
            SEVERITY: found.severity,
            VERDICT: found.verdict,
            FINDINGS: [finding.document() for finding in found.findings],
            EVIDENCE: list(found.evidence),
            EXTRACTOR: found.extractor,
            CLASS_HISTOGRAM: [round(float(share), 4) for share in class_shares(reference, extracted)],
        }

    def modes(self, fake: Images) -> dict[str, float]:
        """Mode coverage where every class is a mode: every image counts for its predicted class, none as an outlier."""
        counts = np.bincount(
            self._real_features.extractor.extract(fake).predicted, minlength=len(self._reference.classes)
        )
        return {"gen/modes_captured": modes_captured(counts, counts), "gen/reverse_kl": reverse_kl(counts, counts)}

    def final_metrics(self, history: History, frames: Images | None, paths: int) -> dict[str, float]:
        """Metrics that are computed at a trial's last step alone: of its training history, and of the `frames` of
        `paths` interpolations in its latent space, one after the other, if it has one."""
        found = {name: function(history) for name, function in _functions("history")}
        if frames is not None:
            extracted = self._real_features.extractor.extract(frames)
            found |= {name: function(self._reference, extracted, paths) for name, function in _functions("path")}
        return {name: float(value) for name, value in found.items() if math.isfinite(value)}

    def _against(self, train: Split | None) -> Reference:
        """The reference; its training images are those the model was trained on, the only ones it can have
        memorised."""
        if train is None or len(train) == len(self._reference.train):
            return self._reference
        if self._of_part is None or len(self._of_part.train) != len(train):
            self._of_part = replace(self._reference, train=TrainingImages(train.x, train.y))
        return self._of_part


def _functions(kind: str) -> Iterator[tuple[str, Callable[..., float]]]:
    """Names and functions of the METRICS of that kind."""
    yield from ((name, row.function) for name, row in METRICS.items() if row.kind == kind and row.function is not None)
