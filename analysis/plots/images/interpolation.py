"""Plot of latent-space interpolations, early and late in training."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import style
from analysis.plots.images import pixels
from analysis.results import SweepResults

COUNT = 3
ROWS = 3  # paths of each step
WIDTH = 6.0  # inches


def interpolation(sweep: SweepResults, trial: str | None = None) -> pixels.PicturesOverTraining:
    """An even choice of the trial's interpolations (the best trial's, if none is named), first and last among them."""
    trial = trial or sweep.best or ""
    found = pixels.frames(sweep, trial, "interpolation", COUNT)
    shown = (pixels.Frame(step, grid.corner(ROWS, grid.columns)) for step, grid in found)
    return pixels.PicturesOverTraining(trial, tuple(shown))


def draw_interpolation(axes: Axes, info: pixels.PicturesOverTraining) -> None:
    """A block of rows a step, the first step on top."""
    pixels.draw_stages(axes, info, columns=1)


def plot_interpolation(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `interpolation`."""
    info = interpolation(sweep, trial)
    return style.figure(draw_interpolation, info, pixels.size(WIDTH, info.frames, 1))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where it left any."""
    info = interpolation(sweep)
    if info.frames:
        caption = f"The best trial, {info.trial}. Each row leads from one point of the latent space to another."
        size = pixels.size(WIDTH, info.frames, 1)
        yield style.Picture("interpolation", "Between two latents", caption, info, draw_interpolation, size)
