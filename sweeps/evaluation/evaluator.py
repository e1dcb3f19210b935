"""The evaluator: every metric and picture of a trained model, computed on held-out images.

What depends only on the data is computed once per process and reused for every trial.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import METRICS, PER_CLASS
from analysis.metrics.classification import confusion_matrix
from analysis.metrics.modes import mode_counts
from analysis.results import CONFUSION, NO_NUMBERS
from sweeps.evaluation import downstream
from sweeps.evaluation.media import FRAMES, PATHS, Pictures
from sweeps.evaluation.sample_metrics import History, SampleMetrics
from sweeps.spec.resolved import UNJUDGED
from trainables.arrays import Images, Labels
from trainables.base import Classifier, DivergedError, Trainable
from trainables.data import STACKED, Dataset, Split, load_test

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import (
        RealFeatures,  # torch takes seconds, and classifiers of scikit-learn do without it
    )

SAMPLES = 500  # of a generative model, at each evaluation of a sweep
SAMPLES_COSTLY = 250  # of one whose every image takes many passes through its net
SAMPLES_TESTED = 1000  # of one that is finished
COUNTED = 2500  # of one whose modes are counted, as in PacGAN
GAP = "val/accuracy_gap"
TRAINING_IMAGES = 1000  # that a classifier is measured on beside the validation images, where nobody asked for more
MOST_CLASSES = 100  # that have numbers of their own, and a row of a confusion matrix: more would fill the results


def kind_of(model: object) -> str:
    """ "generative" if it samples, unless it is a classifier that can sample as well."""
    return "generative" if hasattr(model, "sample") and not isinstance(model, Classifier) else "classifier"


class Evaluator:
    """Computes metrics of models on the validation part of one dataset (and on some training images, for the gap).

    `wanted` are the metrics needed at every step: the objective and what a constraint is on. Costly metrics that are
    not among them are computed at the last step alone (downstream metrics, and pixel metrics where features are
    compared too), or never (probabilities that take a training of their own); those on training images take up to
    TRAINING_IMAGES of them, or as many as validation has. `ood`: out-of-distribution images by the
    name of their data set. `downstream_images`: how many held-out images the downstream metrics use, by default as the
    model's cost allows (`sweeps.evaluation.downstream.images_for`). `real_features`: the extractor and the features of
    real images that samples are judged against, if they are. `samples`: how many are drawn from a generative model.
    """

    def __init__(
        self,
        data: Dataset,
        *wanted: str,
        ood: Mapping[str, Images] | None = None,
        downstream_images: int | None = None,
        real_features: RealFeatures | None = None,
        samples: int = SAMPLES,
    ) -> None:
        rows = [row for name in wanted if (row := METRICS.get(name)) is not None]
        self._wanted, self._data, self._downstream_images, self._n = frozenset(wanted), data, downstream_images, samples
        self._needs_probabilities = any(row.kind == "classifier" and not row.classes_suffice for row in rows)
        self._needs_pixels = any(row.kind == "generative" for row in rows)
        self._sample_metrics = SampleMetrics(real_features, data) if real_features is not None else None
        asked = any(name.startswith("train/") or name == GAP for name in wanted)
        self._trained_on = len(data.val) if asked else min(len(data.val), TRAINING_IMAGES)
        self._pictures = Pictures(data)
        classified = downstream.BAYES_IMAGES if "val/bayes_accuracy" in wanted else None
        self._damaged_images = cache(lambda n: downstream.DamagedImages(data, ood or {}, n, classified))

    def metrics(self, model: Trainable, train: Split | None = None, *, last: bool = True) -> dict[str, float]:
        """Every metric of METRICS that fits the model, by name; the arguments are those of `row`."""
        return {name: value for name, value in self.row(model, train, last=last).items() if "/" in name}

    def row(
        self, model: Trainable, train: Split | None = None, *, last: bool = True, history: History = ()
    ) -> dict[str, Any]:
        """A row of results: metrics by name, and the values that are no numbers (`analysis.results.NO_NUMBERS`).

        `train`: what it was trained on, if that was less than all; `last`: whether this is its last step; `history`:
        the rows of the steps before, and what this step reported of its training. Where no images are held out there
        is nothing to measure. DivergedError if samples are not finite.
        """
        if not len(self._data.val):
            return {UNJUDGED: float(len(train or self._data.train))}
        row: dict[str, Any] = {}
        if kind_of(model) == "classifier":
            parts = {"val": self._data.val, "train": _head(train or self._data.train, self._trained_on)}
            row |= self._classifier(model, parts, last)
        if hasattr(model, "sample"):
            row |= self._generative(model, train, last, history) | self._downstream(model, last)
        return row

    def media(self, model: Trainable, *, costly: bool = True) -> dict[str, bytes]:
        """Pictures of the model as PNG, by name; see `Pictures.of`."""
        return self._pictures.of(model, costly=costly)

    def _classifier(self, model: Any, parts: Mapping[str, Split], last: bool) -> dict[str, Any]:
        costly = getattr(model, "costly_probabilities", False) and not self._needs_probabilities
        by_class = costly or not hasattr(model, "predict_proba")
        ask = self._one_hot if by_class else _probabilities
        proba = {name: ask(model, part.x) for name, part in parts.items()}
        row = {
            name: float(metric.function(parts[part].y, proba[part]))
            for name, metric in METRICS.items()
            if metric.kind == "classifier" and metric.function is not None and (metric.classes_suffice or not by_class)
            if (part := name.split("/")[0]) in proba
        }
        row[GAP] = row["train/accuracy"] - row["val/accuracy"]
        return row | self._per_class(proba["val"]) | (self._confusion(proba["val"]) if last else {})

    def _one_hot(self, model: Any, x: Images) -> NDArray[np.float64]:
        one_hot: NDArray[np.float64] = np.eye(self._data.n_classes)[model.predict(x)]
        return one_hot

    def _per_class(self, proba: NDArray[np.float64]) -> dict[str, float]:
        """The per-class metrics by name; without classes that have no value, and empty where there are too many
        classes."""
        if self._data.n_classes > MOST_CLASSES:
            return {}
        rows = {name: row.function(self._data.val.y, proba) for name, row in PER_CLASS.items()}
        each = {
            f"{name}/{cls}": float(v)
            for name, row in rows.items()
            for cls, v in zip(self._data.classes, row, strict=True)
        }
        return {name: value for name, value in each.items() if not math.isnan(value)}

    def _confusion(self, proba: NDArray[np.float64]) -> dict[str, list[list[int]]]:
        if self._data.n_classes > MOST_CLASSES:
            return {}
        return {CONFUSION: confusion_matrix(self._data.val.y, proba).tolist()}

    def _generative(self, model: Any, train: Split | None, last: bool, history: History) -> dict[str, Any]:
        n = SAMPLES_COSTLY if getattr(model, "costly_samples", False) else self._n
        fake, labels = self._drawn(model, max(n, COUNTED) if self._has_modes else n)
        if not np.isfinite(fake).all():
            raise DivergedError("samples are not finite numbers")
        row: dict[str, Any] = self._modes(fake)
        if self._compares_pixels and (self._sample_metrics is None or last or self._needs_pixels):
            row |= _computed("generative", self._data.val.x, fake)
        if self._sample_metrics is not None:
            row |= self._sample_metrics.row(fake[:n], None if labels is None else labels[:n], train, history)
        if self._sample_metrics is not None and last:
            ways = model.interpolate(FRAMES, PATHS, seed=0) if hasattr(model, "interpolate") else None
            row |= self._sample_metrics.final_metrics(history, ways, PATHS)
        return row

    @property
    def _compares_pixels(self) -> bool:
        return not self._data.holds_points and len(self._data.val) > 1  # one image has no spread

    @property
    def _has_modes(self) -> bool:
        return self._data.holds_points or (self._data.name == STACKED and self._sample_metrics is not None)

    def _modes(self, fake: Images) -> dict[str, float]:
        """Metrics of mode coverage, where the data has known modes (or an extractor that tells stacked digits
        apart)."""
        if (modes := self._data.modes) is not None:
            return _computed("modes", *mode_counts(fake, modes.centres, modes.deviation))
        return self._sample_metrics.modes(fake) if self._sample_metrics is not None and self._has_modes else {}

    def _drawn(self, model: Any, n: int) -> tuple[Images, Labels | None]:
        """Samples, and for a model of P(x | y) the classes they are conditioned on, as frequent as in training."""
        if not getattr(model, "conditional", False):
            return model.sample(n, seed=1), None
        labels: Labels = self._data.train.y[np.linspace(0, len(self._data.train) - 1, n).astype(int)]
        return model.sample(n, seed=1, labels=labels), labels

    def _downstream(self, model: Any, last: bool) -> dict[str, float]:
        damaged_images = self._damaged_images(self._downstream_images or downstream.images_for(model))
        return downstream.metrics(model, damaged_images, None if last else self._wanted)


def evaluator_on_test(
    data: Dataset,
    source: str | Path,
    *,
    data_dir: Path | None = None,
    objective: str = "",
    ood: Mapping[str, Images] | None = None,
    real_features: RealFeatures | None = None,
) -> Callable[[Trainable], dict[str, Any]]:
    """A function that evaluates finished models on the test part of the data set `source`: metrics as test/NAME, and
    the values that are no numbers.

    The one function of a sweep or a final training that reads a test part. `data` is what `load_dataset` gave, whose
    classes and division it keeps; `ood` and `real_features` as for an Evaluator.
    """
    test = load_test(source, data_dir=data_dir, classes=data.classes, split_seed=data.split_seed)
    held_out = replace(data, val=test)
    judge = real_features.on(held_out) if real_features is not None else None
    evaluator = Evaluator(
        held_out, objective, ood=ood, downstream_images=downstream.IMAGES, real_features=judge, samples=SAMPLES_TESTED
    )

    def evaluate(model: Trainable) -> dict[str, Any]:
        row = evaluator.row(model)
        named = {
            name: f"test/{name.partition('/')[2]}" for name in row if "/" in name and not name.startswith("train/")
        }
        words = {name: row[name] for name in NO_NUMBERS if name in row}
        return {named[name]: row[name] for name in named} | downstream.synthetic(model, data, test) | words

    return evaluate


def _computed(kind: str, first: NDArray[Any], second: NDArray[Any]) -> dict[str, float]:
    """The metrics of METRICS of that kind, by name."""
    wanted = {name: row.function for name, row in METRICS.items() if row.kind == kind and row.function is not None}
    return {name: float(function(first, second)) for name, function in wanted.items()}


def _probabilities(model: Any, x: Images) -> NDArray[np.float64]:
    proba: NDArray[np.float64] = model.predict_proba(x)
    return proba


def _head(part: Split, n: int) -> Split:
    return Split(part.x[:n], part.y[:n])
