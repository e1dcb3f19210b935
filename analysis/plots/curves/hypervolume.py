"""Plot of the hypervolume as a search for several objectives went on: how much of the possible its front covers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.fronts import Point, dominates, hypervolume
from analysis.plots import scales, style
from analysis.ranking import costs_of
from analysis.results import DONE, STOPPED, SweepResults

BEYOND = 1.1  # where the reference point lies, in ranges from the best to the worst value of each objective


class HypervolumeHistory(NamedTuple):
    """The share of the box between the best value of each objective and the reference point that the trials up to each
    one cover, (n,), in [0, 1]; 0 before the first that counts. `counts`: which do, (n,).

    The reference point lies a tenth of the range beyond the worst value of each, so that shares of two sweeps do not
    compare.
    """

    metrics: tuple[str, ...]
    trials: tuple[str, ...]
    share: NDArray[np.float64]
    counts: NDArray[np.bool_]


def hypervolume_history(sweep: SweepResults) -> HypervolumeHistory:
    """Of the trials that are done without a fault, in the order of their names; where none is done, of the stopped."""
    standings = list(sweep.standings.values())
    ended = DONE if any(standing.status == DONE for standing in standings) else STOPPED
    costs: list[Point | None] = [
        costs_of(s.at_best.values, [*sweep.goals.values()])
        if s.at_best is not None and s.status == ended and not s.at_best.fault
        else None
        for s in standings
    ]
    counts = np.array([cost is not None for cost in costs], dtype=bool)
    names = tuple(standing.trial for standing in standings)
    return HypervolumeHistory(tuple(sweep.goals), names, np.array(_shares(costs), dtype=np.float64), counts)


def _shares(costs: list[Point | None]) -> list[float]:
    there = [cost for cost in costs if cost is not None]
    if not there:
        return [0.0] * len(costs)
    ends = [(min(column), (max(column) - min(column)) or 1.0) for column in zip(*there, strict=True)]
    corner, on_front, share, shares = (BEYOND,) * len(ends), list[Point](), 0.0, list[float]()
    for cost in costs:
        if cost is not None:
            point = tuple((c - low) / span for c, (low, span) in zip(cost, ends, strict=True))
            if not any(dominates(other, point) for other in on_front):
                on_front = [*(other for other in on_front if not dominates(point, other)), point]
                share = hypervolume(on_front, corner) / BEYOND ** len(ends)
        shares.append(share)
    return shares


def draw_hypervolume(axes: Axes, info: HypervolumeHistory) -> None:
    """A staircase over the trials, with a dot where the front gained."""
    number = np.arange(len(info.trials), dtype=float)
    axes.step(number, info.share, where="post", color=style.BLUE, linewidth=1.4, zorder=2)
    gained = np.diff(info.share, prepend=0.0) > 0
    axes.scatter(number[gained], info.share[gained], s=22, color=style.BLUE, edgecolors=style.PAPER, zorder=3)
    scales.set_x_scale(axes, "linear", number)
    axes.set_ylim(0, 1.04)
    style.set_labels(axes, "trial, in the order they were asked for", "hypervolume, share of the box")


def plot_hypervolume(sweep: SweepResults) -> Figure:
    """The figure of `hypervolume_history`."""
    return style.figure(draw_hypervolume, hypervolume_history(sweep))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, of a sweep with several objectives and more than one trial that counts."""
    if len(sweep.goals) < 2:
        return
    info = hypervolume_history(sweep)
    if info.counts.sum() > 1:
        caption = (
            f"The share that the front of the trials so far covers between the best of {', '.join(info.metrics)} and "
            f"a point beyond the worst; {info.share[-1]:.0%} at the end. It cannot be held against another sweep's."
        )
        yield style.Picture("hypervolume", "The front as the search went on", caption, info, draw_hypervolume)
