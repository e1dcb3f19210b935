"""What a linear model looks for, class by class: blue where light speaks against the class, red where it speaks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import pixels, style
from analysis.results import Sweep

WIDTH = 5.2  # inches


class WeightMaps(NamedTuple):
    """One trial's weights at its best step, in colours around zero with their scale; None if it has no such maps."""

    trial: str
    frame: pixels.Frame | None


def weight_maps(sweep: Sweep, trial: str | None = None) -> WeightMaps:
    """The trial's weight maps (the best trial's, if none is named)."""
    trial = trial or sweep.best or ""
    return WeightMaps(trial, pixels.frame_at_best(sweep, trial, "weight_maps"))


def draw_weight_maps(axes: Axes, info: WeightMaps) -> None:
    """The maps as the trial made them."""
    if info.frame is None:
        axes.set_axis_off()
        return
    pixels.show(axes, info.frame.grid)


def plot_weight_maps(sweep: Sweep, trial: str | None = None) -> Figure:
    """The figure of `weight_maps`."""
    info = weight_maps(sweep, trial)
    return style.figure(draw_weight_maps, info, _size(info))


def pictures(sweep: Sweep) -> Iterator[style.Picture]:
    """The best trial's, where it has any."""
    info = weight_maps(sweep)
    if info.frame is not None:
        caption = f"The best trial, {info.trial}. Red: a bright pixel speaks for the class; blue: against it."
        yield style.Picture("weight_maps", "Weights by class", caption, info, draw_weight_maps, _size(info))


def _size(info: WeightMaps) -> tuple[float, float]:
    return pixels.size(WIDTH, [info.frame] if info.frame is not None else [], 1)
