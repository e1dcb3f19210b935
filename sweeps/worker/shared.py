"""What every worker of a sweep is given once, as it starts: the model, the data, and what samples are judged with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweeps.worker.best_model import BestModel
from trainables import Entry
from trainables.arrays import Images
from trainables.data import Dataset

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import RealFeatures  # torch takes seconds: sweeps of scikit-learn do without it


@dataclass(frozen=True)
class Shared:
    """The same for all trials of a sweep; it comes to the workers through Ray's object store, the arrays uncopied.

    `cpus`: what a trial has of them; `wanted`: the metrics that every step must have; `ood`: out-of-distribution
    images by the name of their data set; `real_features`: the extractor and features of real images, None if no
    samples are judged; `best_model`: what saves the models of the trials that are best, None if nobody wants them.
    """

    cpus: float
    entry: Entry
    data: Dataset
    wanted: tuple[str, ...]
    ood: Mapping[str, Images]
    real_features: RealFeatures | None = None
    best_model: BestModel | None = None
