"""Where models meet metrics: one trained model and held-out images in, numbers and pictures out.

What depends only on the data is computed once per process and reused for every trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.media import encode_grid, encode_weight_maps
from analysis.metrics import METRICS
from trainables.base import Classifier, Generative, Trainable
from trainables.data import Dataset, Split

SAMPLES = 1000  # images a generative model is judged on
GRID = 64  # images in a sample grid


def kind_of(model: object) -> str:
    return "classifier" if hasattr(model, "predict_proba") else "generative"


class Evaluator:
    """Judges models on the validation part of one dataset (and on as many training images, for the gap)."""

    def __init__(self, data: Dataset) -> None:
        self._parts = {"val": data.val, "train": _head(data.train, len(data.val.y))}
        self._class_names = data.classes

    def metrics(self, model: Trainable) -> dict[str, float]:
        """Every metric of METRICS that fits the model, by name."""
        return self._classifier(model) if kind_of(model) == "classifier" else self._generative(model)  # type: ignore[arg-type]

    def media(self, model: Trainable) -> dict[str, bytes]:
        """Pictures of the model as PNG, by name: sample grid, weight maps."""
        if kind_of(model) == "generative":
            return {"samples": encode_grid(model.sample(GRID, seed=0))}  # type: ignore[attr-defined]
        maps = model.weight_maps() if hasattr(model, "weight_maps") else None
        return {} if maps is None else {"weight_maps": encode_weight_maps(maps, self._class_names)}

    def _classifier(self, model: Classifier) -> dict[str, float]:
        proba = {name: model.predict_proba(part.x) for name, part in self._parts.items()}
        wanted = {n: m.function for n, m in METRICS.items() if m.kind == "classifier" and m.function is not None}
        return {
            name: float(function(self._parts[part].y, proba[part]))
            for name, function in wanted.items()
            if (part := name.split("/")[0]) in proba
        }

    def _generative(self, model: Generative) -> dict[str, float]:
        real = self._parts["val"].x
        fake = model.sample(SAMPLES, seed=1)
        wanted = {n: m.function for n, m in METRICS.items() if m.kind == "generative" and m.function is not None}
        return {name: float(function(real, fake)) for name, function in wanted.items()}


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
