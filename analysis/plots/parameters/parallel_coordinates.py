"""Parallel coordinates plot: every trial as a line through its parameters to its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.formatting import word
from analysis.metrics import Goal
from analysis.plots import scales, style
from analysis.plots.parameters.parameter_axis import ParameterAxis, jitter, parameter_axis
from analysis.results import TRIAL, SweepResults
from analysis.searched import most_telling, searched_parameters

MAX_AXES = 12  # the parameters that mattered most, or the first ones
MAX_LINES = 300  # of more trials the best half of this, and an even choice of the others
TOP = 0.1  # share of the trials that stand out
UNUSED = -0.14  # where a line passes an axis its trial does not use, below the axis
HEIGHT, WIDTH, MARGIN = 3.6, 0.8, 1.4  # inches: of the picture, of an axis, of both margins


class ParallelCoordinates(NamedTuple):
    """`trials` that have a score and did not fail, best first; `score` (n,) and the places on `axes` run over them.

    `omitted` is how many parameters, `thinned` how many trials there are besides.
    """

    trials: tuple[str, ...]
    axes: tuple[ParameterAxis, ...]
    metric: str
    goal: Goal
    score: NDArray[np.float64]
    score_scale: scales.Scale
    omitted: int
    thinned: int

    @property
    def top(self) -> int:
        """How many trials stand out."""
        return max(1, round(TOP * len(self.trials))) if self.trials else 0


def parallel_coordinates(sweep: SweepResults) -> ParallelCoordinates:
    """The searched parameters that mattered most, and the objective."""
    searched = searched_parameters(sweep)
    shown = most_telling(sweep, MAX_AXES)
    kept = _thinned(sweep.ranked)
    table = sweep.trials.set_index(TRIAL).loc[kept]
    score = np.array([sweep.score(trial) for trial in kept], dtype=np.float64)
    return ParallelCoordinates(
        trials=tuple(kept),
        axes=tuple(parameter_axis(table, parameter) for parameter in shown),
        metric=sweep.objective,
        goal=sweep.goal,
        score=score,
        score_scale=scales.value_scale(score, sweep.goal),
        omitted=len(searched) - len(shown),
        thinned=len(sweep.ranked) - len(kept),
    )


def draw_parallel_coordinates(axes: Axes, info: ParallelCoordinates) -> None:
    """A line a trial: grey ones, the top tenth in blue, the best one thick; an axis a parameter, the score last."""
    heights = np.column_stack([*(_heights(axis) for axis in info.axes), scales.shares(info.score, info.score_scale)])
    paths = [np.column_stack([np.arange(heights.shape[1]), line]) for line in heights]
    looks: list[tuple[slice, dict[str, Any]]] = [
        (slice(info.top, None), {"colors": style.FAINT, "linewidths": 0.7, "alpha": 0.6, "label": "others"}),
        (slice(1, info.top), {"colors": style.BLUE, "linewidths": 1.0, "alpha": 0.8, "label": "top tenth"}),
        (slice(0, 1), {"colors": style.VERMILLION, "linewidths": 2.0, "label": "best"}),
    ]
    for which, look in looks:
        if paths[which]:
            axes.add_collection(LineCollection(paths[which], rasterized=len(paths) > style.MAX_VECTOR_MARKS, **look))
    _draw_axes(axes, info, unused=bool((heights == UNUSED).any()))
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0.02),
        ncols=3,
        frameon=False,
        fontsize=style.FONT_SIZE - 1,
        labelcolor=style.INK,
    )


def plot_parallel_coordinates(sweep: SweepResults) -> Figure:
    """The figure of `parallel_coordinates`."""
    info = parallel_coordinates(sweep)
    return style.figure(draw_parallel_coordinates, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, where more than one parameter was searched in more than two trials."""
    info = parallel_coordinates(sweep)
    if len(info.axes) > 1 and len(info.trials) > 2:
        omitted = f" {info.omitted} more parameters are not shown." if info.omitted else ""
        thinned = f" {info.thinned} more trials are not shown." if info.thinned else ""
        caption = f"One line a trial ({len(info.trials)} of them), by their {info.metric}.{omitted}{thinned}"
        title = "What good configs have in common"
        yield style.Picture("parallel", title, caption, info, draw_parallel_coordinates, _size(info))


def _thinned(trials: Sequence[str]) -> list[str]:
    if len(trials) <= MAX_LINES:
        return list(trials)
    half = MAX_LINES // 2
    return [*trials[:half], *(trials[i] for i in np.linspace(half, len(trials) - 1, half).round().astype(int))]


def _heights(axis: ParameterAxis) -> NDArray[np.float64]:
    """Where each line passes the axis; those through one category are spread a little."""
    spread = jitter(len(axis.places)) / max(1, len(axis.categories)) if axis.categories else 0
    heights: NDArray[np.float64] = np.where(axis.active, axis.shares + spread, UNUSED)
    return heights


def _draw_axes(axes: Axes, info: ParallelCoordinates, *, unused: bool) -> None:
    names = [*(axis.parameter for axis in info.axes), info.metric]
    ends = [np.nanmin(info.score), np.nanmax(info.score)] if len(info.score) else []
    axes.vlines(range(len(names)), 0, 1, color=style.MUTED, linewidth=0.8, zorder=3)
    for number, axis in enumerate(info.axes):
        ends_of = [(end, word(end)) for end in axis.range]
        ticks: list[tuple[float, str]] = [*enumerate(axis.categories)] or ends_of
        places = axis._replace(places=np.array([place for place, _ in ticks], dtype=np.float64)).shares
        _write(axes, number, places, [text for _, text in ticks])
    _write(axes, len(names) - 1, scales.shares(np.array(ends), info.score_scale), [word(float(end)) for end in ends])
    if unused:
        axes.text(-0.08, UNUSED, "not used", ha="right", va="center", color=style.MUTED, fontsize=style.FONT_SIZE - 2)
    axes.set_xticks(range(len(names)), [style.plain(name, 22) for name in names], rotation=25, ha="left")
    axes.tick_params(axis="x", top=False, labeltop=True, bottom=False, labelbottom=False, labelcolor=style.INK)
    axes.yaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    axes.set_xlim(-0.15, len(names) - 0.4)
    axes.set_ylim(UNUSED - 0.05 if unused else -0.06, 1.06)


def _write(axes: Axes, number: int, places: NDArray[np.float64], texts: Sequence[str]) -> None:
    """Words beside the axis, on paper so that lines do not cross them out."""
    box = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
    for place, text in zip(places, texts, strict=True):
        look: dict[str, Any] = {"fontsize": style.FONT_SIZE - 2, "color": style.INK, "va": "center", "zorder": 6}
        axes.text(number + 0.06, place, style.plain(text, 14), bbox=box, **look)


def _size(info: ParallelCoordinates) -> tuple[float, float]:
    return MARGIN + WIDTH * (len(info.axes) + 1), HEIGHT
