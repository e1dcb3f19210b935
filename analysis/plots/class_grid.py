"""Samples of a conditional model by the class that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import pixels, style
from analysis.results import Sweep

WIDTH = 5.2  # inches


class ClassGrid(NamedTuple):
    """One trial's samples at its best step, a class a column; None of a model that is not told the class."""

    trial: str
    frame: pixels.Frame | None


def class_grid(sweep: Sweep, trial: str | None = None) -> ClassGrid:
    """The trial's samples by class (the best trial's, if none is named)."""
    trial = trial or sweep.best or ""
    frame = pixels.frame_at_best(sweep, trial, "samples")
    return ClassGrid(trial, frame if frame is not None and frame.grid.names else None)


def draw_class_grid(axes: Axes, info: ClassGrid) -> None:
    """Columns under the names of their classes."""
    if info.frame is None:
        axes.set_axis_off()
        return
    pixels.show(axes, info.frame.grid)


def plot_class_grid(sweep: Sweep, trial: str | None = None) -> Figure:
    """The figure of `class_grid`."""
    info = class_grid(sweep, trial)
    return style.figure(draw_class_grid, info, _size(info))


def pictures(sweep: Sweep) -> Iterator[style.Picture]:
    """The best trial's, where the model is told the class."""
    info = class_grid(sweep)
    if info.frame is not None:
        caption = f"The best trial, {info.trial}, at step {info.frame.step}. Each column was asked for its class."
        yield style.Picture("classes", "Samples by class", caption, info, draw_class_grid, _size(info))


def _size(info: ClassGrid) -> tuple[float, float]:
    return pixels.size(WIDTH, [info.frame] if info.frame is not None else [], 1)
