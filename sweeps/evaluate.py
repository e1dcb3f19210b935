"""Where models meet metrics: one trained model and held-out images in, numbers and pictures out.

What depends only on the data is computed once per process and reused for every trial.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.media import encode_grid, encode_scatter, encode_weight_maps
from analysis.metrics import METRICS, PER_CLASS
from analysis.metrics.classification import confusion_matrix
from analysis.metrics.modes import mode_counts
from analysis.results import CONFUSION
from sweeps import uses
from sweeps.nearest import Nearest
from sweeps.spec.resolved import UNJUDGED
from trainables.base import Classifier, Images, Trainable
from trainables.data import Dataset, Split, load_test

SAMPLES = 1000  # images a generative model is judged on
SAMPLES_COSTLY = 250  # of one whose every image takes many passes through its net
GRID = 64  # images in a sample grid, about
POINTS = 2500  # points of a model that are counted, as in PacGAN, and drawn beside as many real ones
PAIRS = 30  # images in the picture of reconstructions, each above its reconstruction
COLUMNS = 10
MOST_CLASSES = 100  # that have numbers of their own, and a row of a confusion matrix: more would fill the results


def kind_of(model: object) -> str:
    """ "generative" if it samples, unless it is a classifier that can sample as well."""
    return "generative" if hasattr(model, "sample") and not isinstance(model, Classifier) else "classifier"


class Evaluator:
    """Judges models on the validation part of one dataset (and on as many training images, for the gap).

    `objective` is computed at every step. Two things that cost are not, unless the objective needs them: probabilities
    that take a training of their own, never; and what a model is good for (`sweeps.uses`), at the last step alone.
    `strange` are images of other data sets by name; `shown` how many held-out images show what a model is good for,
    if not as many as its answers cost (`sweeps.uses.shown`).
    """

    def __init__(
        self, data: Dataset, objective: str = "", strange: Mapping[str, Images] | None = None, shown: int | None = None
    ) -> None:
        row = METRICS.get(objective)
        self._objective, self._data, self._shown = objective, data, shown
        self._needs_probabilities = row is not None and row.kind == "classifier" and not row.classes_suffice
        self._parts = {"val": data.val, "train": _head(data.train, len(data.val.y))}
        self._nearest = Nearest(data.train.x)
        classified = uses.CLASSIFIED if objective == "val/bayes_accuracy" else None
        self._exhibits = cache(lambda n: uses.Exhibits(data, strange or {}, n, classified))

    def metrics(self, model: Trainable, train: Split | None = None, *, last: bool = True) -> dict[str, float]:
        """Every metric of METRICS that fits the model, by name; the arguments are those of `row`."""
        return {name: value for name, value in self.row(model, train, last=last).items() if "/" in name}

    def row(self, model: Trainable, train: Split | None = None, *, last: bool = True) -> dict[str, Any]:
        """Metrics by name, and what is said besides numbers (`analysis.results.NO_NUMBERS`).

        `train`: what it was trained on, if that was less than all; `last`: whether this is its last step. Where no
        images are held out there is nothing to measure.
        """
        if not len(self._data.val):
            return {UNJUDGED: float(len(train or self._data.train))}
        row: dict[str, Any] = {}
        if kind_of(model) == "classifier":
            parts = self._parts if train is None else {**self._parts, "train": _head(train, len(self._parts["val"]))}
            row |= self._classifier(model, parts, last)
        if hasattr(model, "sample"):
            row |= self._generative(model) | self._uses(model, last)
        return row

    def media(self, model: Trainable) -> dict[str, bytes]:
        """Pictures of the model as PNG, by name: samples, their nearest neighbours, reconstructions, weight maps."""
        pictures: dict[str, bytes] = {}
        if hasattr(model, "sample"):
            pictures |= self._samples(model)
        if hasattr(model, "reconstruct") and len(self._data.val) and not self._data.holds_points:
            pictures["reconstructions"] = _reconstructions(model, self._data.val.x[:PAIRS])
        maps = model.weight_maps() if hasattr(model, "weight_maps") else None
        if maps is not None:
            pictures["weight_maps"] = encode_weight_maps(maps, self._data.classes)
        return pictures

    def _samples(self, model: Any) -> dict[str, bytes]:
        """A grid of samples and the training images nearest to them, or a scatter of points."""
        if self._data.holds_points:
            return {"samples": encode_scatter(self._data.val.x[:POINTS], model.sample(POINTS, seed=0))}
        samples, columns, names = shown_samples(model, self._data.classes)
        nearest = self._nearest.beside(samples[:COLUMNS])
        return {"samples": encode_grid(samples, columns, names), "neighbours": encode_grid(nearest, COLUMNS)}

    def _classifier(self, model: Any, parts: Mapping[str, Split], last: bool) -> dict[str, Any]:
        by_class = getattr(model, "costly_probabilities", False) and not self._needs_probabilities
        ask = self._one_hot if by_class else _probabilities
        proba = {name: ask(model, part.x) for name, part in parts.items()}
        row = {
            name: float(metric.function(parts[part].y, proba[part]))
            for name, metric in METRICS.items()
            if metric.kind == "classifier" and metric.function is not None and (metric.classes_suffice or not by_class)
            if (part := name.split("/")[0]) in proba
        }
        row["val/accuracy_gap"] = row["train/accuracy"] - row["val/accuracy"]
        return row | self._per_class(proba["val"]) | (self._confusion(proba["val"]) if last else {})

    def _one_hot(self, model: Any, x: Images) -> NDArray[np.float64]:
        one_hot: NDArray[np.float64] = np.eye(self._data.n_classes)[model.predict(x)]
        return one_hot

    def _per_class(self, proba: NDArray[np.float64]) -> dict[str, float]:
        """Each number of a class by name; a class that has none is left out, and all where they are too many."""
        if self._data.n_classes > MOST_CLASSES:
            return {}
        rows = {name: row.function(self._parts["val"].y, proba) for name, row in PER_CLASS.items()}
        each = {
            f"{name}/{cls}": float(v)
            for name, row in rows.items()
            for cls, v in zip(self._data.classes, row, strict=True)
        }
        return {name: value for name, value in each.items() if not math.isnan(value)}

    def _confusion(self, proba: NDArray[np.float64]) -> dict[str, list[list[int]]]:
        if self._data.n_classes > MOST_CLASSES:
            return {}
        return {CONFUSION: confusion_matrix(self._parts["val"].y, proba).tolist()}

    def _generative(self, model: Any) -> dict[str, float]:
        if (modes := self._data.modes) is not None:
            counts = mode_counts(model.sample(POINTS, seed=1), modes.centres, modes.deviation)
            return _computed("modes", *counts)
        fake = model.sample(SAMPLES_COSTLY if getattr(model, "costly_samples", False) else SAMPLES, seed=1)
        return _computed("generative", self._parts["val"].x, fake)

    def _uses(self, model: Any, last: bool) -> dict[str, float]:
        exhibits = self._exhibits(self._shown or uses.shown(model))
        return uses.metrics(model, exhibits, None if last else self._objective)


def evaluate_test(
    model: Trainable,
    data: Dataset,
    source: str | Path,
    *,
    data_dir: Path | None = None,
    objective: str = "",
    strange: Mapping[str, Images] | None = None,
) -> dict[str, float]:
    """Metrics of a model that is finished, on the test part of the data set `source` it was trained on: test/NAME.

    The one function of a sweep or a final training that reads a test part. `data` is what `load_dataset` gave, whose
    classes and division it keeps; `objective` and `strange` as for an Evaluator.
    """
    test = load_test(source, data_dir=data_dir, classes=data.classes, split_seed=data.split_seed)
    row = Evaluator(replace(data, val=test), objective, strange, uses.SHOWN).metrics(model)
    named = {section: f"test/{rest}" for section in row if (rest := section.partition("/")[2])}
    return {named[name]: value for name, value in row.items() if not name.startswith("train/")}


def shown_samples(model: Any, classes: Sequence[str]) -> tuple[Images, int | None, tuple[str, ...]]:
    """About GRID samples, columns and their names: of a conditional model a class each, the first if there are many."""
    if not getattr(model, "conditional", False):
        return model.sample(GRID, seed=0), None, ()
    names = tuple(classes[:COLUMNS])
    labels = np.tile(np.arange(len(names)), max(1, GRID // len(names)))
    return model.sample(len(labels), seed=0, labels=labels), len(names), names


def _reconstructions(model: Any, true: Images) -> bytes:
    """Rows of true images, each over a row of what the model makes of them."""
    made = model.reconstruct(true)
    rows = [part[start : start + COLUMNS] for start in range(0, len(true), COLUMNS) for part in (true, made)]
    return encode_grid(np.concatenate([row for row in rows if len(row) == min(COLUMNS, len(true))]), COLUMNS)


def _computed(kind: str, first: NDArray[Any], second: NDArray[Any]) -> dict[str, float]:
    """The metrics of METRICS of that kind, by name."""
    wanted = {name: row.function for name, row in METRICS.items() if row.kind == kind and row.function is not None}
    return {name: float(function(first, second)) for name, function in wanted.items()}


def _probabilities(model: Any, x: Images) -> NDArray[np.float64]:
    proba: NDArray[np.float64] = model.predict_proba(x)
    return proba


def _head(part: Split, n: int) -> Split:
    return Split(part.x[:n], part.y[:n])
