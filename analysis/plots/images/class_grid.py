"""Plot of a conditional model's samples, a column per class."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import style
from analysis.plots.images import pixels
from analysis.results import SweepResults

WIDTH = 5.2  # inches


def class_grid(sweep: SweepResults, trial: str | None = None) -> pixels.BestPicture:
    """The trial's samples, a class a column (the best trial's, if none is named); None if it is not told the class."""
    trial = trial or sweep.best or ""
    frame = pixels.frame_at_best(sweep, trial, "samples")
    return pixels.BestPicture(trial, frame if frame is not None and frame.grid.names else None)


def draw_class_grid(axes: Axes, info: pixels.BestPicture) -> None:
    """Columns under the names of their classes."""
    pixels.draw_best_picture(axes, info)


def plot_class_grid(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `class_grid`."""
    info = class_grid(sweep, trial)
    return style.figure(draw_class_grid, info, pixels.best_picture_size(WIDTH, info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where the model is told the class."""
    info = class_grid(sweep)
    if info.frame is not None:
        caption = f"The best trial, {info.trial}, at step {info.frame.step}. Each column was asked for its class."
        yield style.Picture(
            "classes", "Samples by class", caption, info, draw_class_grid, pixels.best_picture_size(WIDTH, info)
        )
