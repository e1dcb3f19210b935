"""Pictures of a model, as PNG, for the folder of a sweep and a model's card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.media import encode_grid, encode_scatter, encode_weight_maps
from sweeps.evaluation.nearest_images import NearestTrainingImages
from trainables.arrays import Images
from trainables.base import Trainable
from trainables.data import Dataset

WAYS, FRAMES = 6, 10  # of the picture of an interpolation: a way a row
GRID = 64  # images in a sample grid, about
POINTS = 2500  # that are drawn beside as many real ones
PAIRS = 30  # images in the picture of reconstructions, each above its reconstruction
COLUMNS = 10


class Pictures:
    """Draws models of one data set."""

    def __init__(self, data: Dataset) -> None:
        self._data, self._nearest = data, NearestTrainingImages(data.train.x)

    def of(self, model: Trainable, *, seldom: bool = True) -> dict[str, bytes]:
        """By name: samples, their nearest neighbours, an interpolation between samples, reconstructions, weight maps;
        neighbours and interpolation only where `seldom`, not to be drawn at every step.
        """
        pictures: dict[str, bytes] = {}
        holds_images = not self._data.holds_points
        if hasattr(model, "sample"):
            pictures |= self._samples(model, seldom)
        if seldom and hasattr(model, "interpolate") and holds_images:
            pictures["interpolation"] = encode_grid(model.interpolate(FRAMES, WAYS, seed=0), FRAMES)
        if hasattr(model, "reconstruct") and len(self._data.val) and holds_images:
            pictures["reconstructions"] = _reconstructions(model, self._data.val.x[:PAIRS])
        maps = model.weight_maps() if hasattr(model, "weight_maps") else None
        if maps is not None:
            pictures["weight_maps"] = encode_weight_maps(maps, self._data.classes)
        return pictures

    def _samples(self, model: Any, seldom: bool) -> dict[str, bytes]:
        """A grid of samples and, if `seldom`, the training images nearest to them; or a scatter of points."""
        if self._data.holds_points:
            real = self._data.val if len(self._data.val) else self._data.train
            return {"samples": encode_scatter(real.x[:POINTS], model.sample(POINTS, seed=0))}
        samples, columns, names = _shown_samples(model, self._data.classes)
        grid = {"samples": encode_grid(samples, columns, names)}
        if not seldom:
            return grid
        return {**grid, "neighbours": encode_grid(self._nearest.beside(samples[:COLUMNS]), COLUMNS)}


def _shown_samples(model: Any, classes: Sequence[str]) -> tuple[Images, int | None, tuple[str, ...]]:
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
