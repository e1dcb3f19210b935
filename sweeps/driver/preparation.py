"""What the workers of a sweep are given once: the model, the data, and what samples are judged with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sweeps.driver.cluster.shipped_modules import with_code
from sweeps.errors import FolderError
from sweeps.evaluation.downstream import ood_images
from sweeps.spec.resolved import Spec
from sweeps.store.sweep_folder import Store
from sweeps.worker.best_model import BestModel
from sweeps.worker.shared import Shared
from trainables import Entry
from trainables.data import Dataset, load_dataset

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import RealFeatures


def load_data(spec: Spec, data_dir: Path | None) -> Dataset:
    """What the trials of `spec` are given."""
    data = load_dataset(spec.dataset, data_dir=data_dir, train_size=spec.train_size, classes=spec.classes)
    return data.whole() if spec.final else data


def shared_with_workers(
    spec: Spec, entry: Entry, data: Dataset, data_dir: Path | None, store: Store, *, save_best: bool
) -> Shared:
    """What every worker is given; `save_best`: whether they hand over the models of the trials that are best."""
    return Shared(
        cpus=spec.resources.cpu,
        entry=with_code(spec.model, entry),
        data=data,
        wanted=spec.metric.names,
        ood=ood_images(entry, data, data_dir),
        real_features=_real_features(spec, entry, data, data_dir, store),
        best_model=BestModel.of(spec) if save_best and not spec.final else None,
    )


def _real_features(spec: Spec, entry: Entry, data: Dataset, data_dir: Path | None, store: Store) -> RealFeatures | None:
    """The extractor and features of real images; None if the model does not sample or no images are held out.

    FolderError if the sweep's scores so far are another extractor's: they would not compare.
    """
    if entry.kind != "generative" or not len(data.val):
        return None
    from sweeps.evaluation.extractors import (
        judge_folder,  # torch takes seconds, and sweeps of scikit-learn do without it
    )
    from sweeps.evaluation.inception import real_features_with_inception

    whole = load_dataset(spec.dataset, data_dir=data_dir, classes=spec.classes) if spec.train_size else data
    real_features = real_features_with_inception(spec.inception, data, whole)
    if others := store.extractors - {real_features.extractor.name}:
        raise FolderError(
            f"{store.folder}: its scores are the extractor {min(others)}'s, and here is "
            f"{real_features.extractor.name}: they do not compare; go on where it began, "
            f"or bring {judge_folder()} from there"
        )
    return real_features
