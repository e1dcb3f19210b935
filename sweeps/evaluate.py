"""Where models meet metrics: one trained model and held-out images in, numbers and pictures out.

What depends only on the data is computed once per process and reused for every trial.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.media import encode_grid, encode_weight_maps
from analysis.metrics import METRICS, PER_CLASS
from trainables.base import Classifier, Generative, Images, Trainable
from trainables.data import Dataset, Split

SAMPLES = 1000  # images a generative model is judged on
GRID = 64  # images in a sample grid


def kind_of(model: object) -> str:
    return "classifier" if hasattr(model, "predict_proba") else "generative"


class Evaluator:
    """Judges models on the validation part of one dataset (and on as many training images, for the gap).

    Probabilities that take a training of their own are asked for only if `objective` is computed from them; else the
    metrics that classes suffice for are all there is.
    """

    def __init__(self, data: Dataset, objective: str = "") -> None:
        row = METRICS.get(objective)
        self._needs_probabilities = row is not None and row.kind == "classifier" and not row.classes_suffice
        self._parts = {"val": data.val, "train": _head(data.train, len(data.val.y))}
        self._class_names = data.classes

    def metrics(self, model: Trainable, train: Split | None = None) -> dict[str, float]:
        """Every metric of METRICS that fits the model, by name; `train`: what it was trained on, if that was less."""
        if kind_of(model) == "generative":
            return self._generative(model)  # type: ignore[arg-type]
        parts = self._parts if train is None else {**self._parts, "train": _head(train, len(self._parts["val"]))}
        return self._classifier(model, parts)  # type: ignore[arg-type]

    def media(self, model: Trainable) -> dict[str, bytes]:
        """Pictures of the model as PNG, by name: sample grid, weight maps."""
        if kind_of(model) == "generative":
            return {"samples": encode_grid(model.sample(GRID, seed=0))}  # type: ignore[attr-defined]
        maps = model.weight_maps() if hasattr(model, "weight_maps") else None
        return {} if maps is None else {"weight_maps": encode_weight_maps(maps, self._class_names)}

    def _classifier(self, model: Classifier, parts: Mapping[str, Split]) -> dict[str, float]:
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
        return row | self._per_class(proba["val"])

    def _one_hot(self, model: Classifier, x: Images) -> NDArray[np.float64]:
        return np.eye(len(self._class_names))[model.predict(x)]

    def _per_class(self, proba: NDArray[np.float64]) -> dict[str, float]:
        """Each number of a class by name; a class that has none is left out."""
        rows = {name: row.function(self._parts["val"].y, proba) for name, row in PER_CLASS.items()}
        each = {
            f"{name}/{cls}": float(v)
            for name, row in rows.items()
            for cls, v in zip(self._class_names, row, strict=True)
        }
        return {name: value for name, value in each.items() if not math.isnan(value)}

    def _generative(self, model: Generative) -> dict[str, float]:
        real = self._parts["val"].x
        fake = model.sample(SAMPLES, seed=1)
        wanted = {n: m.function for n, m in METRICS.items() if m.kind == "generative" and m.function is not None}
        return {name: float(function(real, fake)) for name, function in wanted.items()}


def _probabilities(model: Classifier, x: Images) -> NDArray[np.float64]:
    return model.predict_proba(x)


def mean_and_spread(replicates: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means over the replicates that have a metric, by name; of two or more the standard deviation as NAME_std."""
    if len(replicates) == 1:
        return dict(replicates[0])
    row: dict[str, float] = {}
    for name in dict.fromkeys(name for metrics in replicates for name in metrics):
        values = np.array([metrics[name] for metrics in replicates if name in metrics])
        row[name] = float(values.mean())
        if len(values) > 1:
            row[f"{name}_std"] = float(values.std(ddof=1))
    return row


def _head(part: Split, n: int) -> Split:
    return Split(part.x[:n], part.y[:n])
