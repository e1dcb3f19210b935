"""A generative model before the judge: its samples as an extractor sees them, held against the real images."""

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
from analysis.results import CLASS_HISTOGRAM, EVIDENCE, EXTRACTOR, SEVERITY, VERDICT
from trainables.arrays import Images, Labels
from trainables.data import Dataset, Split

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import RealFeatures

History = Sequence[Mapping[str, float]]


class SampleMetrics:
    """Where models trained on one data set are judged; what hangs on the real images alone is computed once."""

    def __init__(self, real_features: RealFeatures, data: Dataset) -> None:
        self._sight, self._reference = real_features, real_features.reference(data)
        self._of_part: Reference | None = None

    def row(
        self, fake: Images, labels: Labels | None = None, train: Split | None = None, history: History = ()
    ) -> dict[str, Any]:
        """What the judge says of samples, as a row of results has it.

        `labels`: the classes they were asked for; `train`: what the model was trained on, if that was less than all;
        `history`: the rows it has reported, oldest first.
        """
        reference, seen = self._against(train), self._sight.extractor.see(fake, labels)
        found = judge(reference, seen, history)
        return {
            **found.metrics,
            SEVERITY: found.severity,
            VERDICT: found.verdict,
            EVIDENCE: list(found.evidence),
            EXTRACTOR: found.extractor,
            CLASS_HISTOGRAM: [round(float(share), 4) for share in class_shares(reference, seen)],
        }

    def modes(self, fake: Images) -> dict[str, float]:
        """Counts of modes where every class is one: all images are taken for some, so that none is astray."""
        counts = np.bincount(self._sight.extractor.see(fake).predicted, minlength=len(self._reference.classes))
        return {"gen/modes_captured": modes_captured(counts, counts), "gen/reverse_kl": reverse_kl(counts, counts)}

    def farewell(self, history: History, frames: Images | None, paths: int) -> dict[str, float]:
        """Numbers of a model's last step: how its training went, and of the images on `paths` ways through its latent
        space, one way after the other, if it has one."""
        found = {name: function(history) for name, function in _functions("history")}
        if frames is not None:
            seen = self._sight.extractor.see(frames)
            found |= {name: function(self._reference, seen, paths) for name, function in _functions("path")}
        return {name: float(value) for name, value in found.items() if math.isfinite(value)}

    def _against(self, train: Split | None) -> Reference:
        """The reference, with the images that a model could have learnt by heart if these are fewer than all."""
        if train is None or len(train) == len(self._reference.train):
            return self._reference
        if self._of_part is None or len(self._of_part.train) != len(train):
            self._of_part = replace(self._reference, train=TrainingImages(train.x, train.y))
        return self._of_part


def _functions(kind: str) -> Iterator[tuple[str, Callable[..., float]]]:
    """The functions of METRICS of that kind, by name."""
    yield from ((name, row.function) for name, row in METRICS.items() if row.kind == kind and row.function is not None)
