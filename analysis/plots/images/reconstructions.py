"""Plot of held-out images above their reconstructions, at the first step and at the last."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import style
from analysis.plots.images import pixels
from analysis.results import SweepResults

WIDTH = 4.5  # inches, of one of the two


def reconstructions(sweep: SweepResults, trial: str | None = None) -> pixels.PicturesOverTraining:
    """The trial's first and last reconstructions (the best trial's, if none is named); one if there is but one."""
    trial = trial or sweep.best or ""
    return pixels.PicturesOverTraining(trial, pixels.frames(sweep, trial, "reconstructions", 2))


def draw_reconstructions(axes: Axes, info: pixels.PicturesOverTraining) -> None:
    """First and last side by side."""
    pixels.draw_stages(axes, info, columns=len(info.frames))


def plot_reconstructions(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `reconstructions`."""
    info = reconstructions(sweep, trial)
    return style.figure(draw_reconstructions, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where it reconstructs."""
    info = reconstructions(sweep)
    if info.frames:
        caption = f"The best trial, {info.trial}: held-out images, and below each what the model makes of it."
        yield style.Picture("reconstructions", "Reconstructions", caption, info, draw_reconstructions, _size(info))


def _size(info: pixels.PicturesOverTraining) -> tuple[float, float]:
    count = max(1, len(info.frames))
    return pixels.size(WIDTH * count, info.frames, count)
