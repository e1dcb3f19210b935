"""Pictures of a trained model as PNG: sample grids, interpolations, reconstructions, weight maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.media import encode_grid, encode_scatter, encode_weight_maps
from sweeps.evaluation.nearest_images import NearestTrainingImages
from trainables.arrays import Images
from trainables.base import Trainable
from trainables.data import Dataset

PATHS, FRAMES = 6, 10  # of the picture of interpolations: one a row
GRID = 64  # images in a sample grid, about
POINTS = 2500  # that are drawn beside as many real ones
PAIRS = 30  # images in the picture of reconstructions, each above its reconstruction
COLUMNS = 10


class Pictures:
    """Makes the pictures of models of one data set."""

    def __init__(self, data: Dataset) -> None:
        self._data, self._nearest = data, NearestTrainingImages(data.train.x)

    def of(self, model: Trainable, *, costly: bool = True) -> dict[str, bytes]:
        """Pictures (PNG) by name: samples, their nearest neighbours, interpolations, reconstructions, weight maps.
        Neighbours and interpolations only if `costly`: they take too long for every step.
        """
        pictures: dict[str, bytes] = {}
        holds_images = not self._data.holds_points
        if hasattr(model, "sample"):
            pictures |= self._samples(model, costly)
        if costly and hasattr(model, "interpolate") and holds_images:
            pictures["interpolation"] = encode_grid(model.interpolate(FRAMES, PATHS, seed=0), FRAMES)
        if hasattr(model, "reconstruct") and len(self._data.val) and holds_images:
            pictures["reconstructions"] = _reconstructions(model, self._data.val.x[:PAIRS])
        maps = model.weight_maps() if hasattr(model, "weight_maps") else None
        if maps is not None:
            pictures["weight_maps"] = encode_weight_maps(maps, self._data.classes)
        return pictures

    def _samples(self, model: Any, costly: bool) -> dict[str, bytes]:
        """A grid of samples and, if `costly`, one with the training images nearest to them; of points a scatter
        plot."""
        if self._data.holds_points:
            real = self._data.val if len(self._data.val) else self._data.train
            return {"samples": encode_scatter(real.x[:POINTS], model.sample(POINTS, seed=0))}
        samples, columns, names = _grid_samples(model, self._data.classes)
        grid = {"samples": encode_grid(samples, columns, names)}
        if not costly:
            return grid
        return {**grid, "neighbours": encode_grid(self._nearest.with_neighbours(samples[:COLUMNS]), COLUMNS)}


def _grid_samples(model: Any, classes: Sequence[str]) -> tuple[Images, int | None, tuple[str, ...]]:
    """About GRID samples, the number of columns and their names: a column per class if the model is conditional."""
    if not getattr(model, "conditional", False):
        return model.sample(GRID, seed=0), None, ()
    names = tuple(classes[:COLUMNS])
    labels = np.tile(np.arange(len(names)), max(1, GRID // len(names)))
    return model.sample(len(labels), seed=0, labels=labels), len(names), names


def _reconstructions(model: Any, true: Images) -> bytes:
    """Rows of real images, each above the row of their reconstructions."""
    made = model.reconstruct(true)
    rows = [part[start : start + COLUMNS] for start in range(0, len(true), COLUMNS) for part in (true, made)]
    return encode_grid(np.concatenate([row for row in rows if len(row) == min(COLUMNS, len(true))]), COLUMNS)
