"""Plot of a linear model's weights per class: red where bright pixels speak for the class, blue against it."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import style
from analysis.plots.images import pixels
from analysis.results import SweepResults

WIDTH = 5.2  # inches


def weight_maps(sweep: SweepResults, trial: str | None = None) -> pixels.BestPicture:
    """The trial's weights in colours around zero with their scale (the best trial's, if none is named)."""
    trial = trial or sweep.best or ""
    return pixels.BestPicture(trial, pixels.frame_at_best(sweep, trial, "weight_maps"))


def draw_weight_maps(axes: Axes, info: pixels.BestPicture) -> None:
    """The maps as the trial made them."""
    pixels.draw_best_picture(axes, info)


def plot_weight_maps(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `weight_maps`."""
    info = weight_maps(sweep, trial)
    return style.figure(draw_weight_maps, info, pixels.best_picture_size(WIDTH, info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where it has any."""
    info = weight_maps(sweep)
    if info.frame is not None:
        caption = f"The best trial, {info.trial}. Red: a bright pixel speaks for the class; blue: against it."
        yield style.Picture(
            "weight_maps", "Weights by class", caption, info, draw_weight_maps, pixels.best_picture_size(WIDTH, info)
        )
