"""Plot of a Pareto front: the trials of a sweep by two of its objectives, and those that no other beats."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import marks, scales, style
from analysis.results import STATUS, TRIAL, SweepResults

ON_FRONT: marks.Glyph = {"s": 46, "color": style.BLUE, "edgecolors": style.PAPER, "linewidths": 0.6, "zorder": 5}
RULED_OUT: marks.Glyph = {"s": 22, "marker": "x", "color": style.FAINT, "linewidths": 1.1, "zorder": 2}


class Front(NamedTuple):
    """Trials by two metrics at their best step, (n,) each, NaN where a trial has none.

    `on_front`: which of them none beats in all objectives, of which there may be more than two. `ruled_out`: which have
    a fault that no value makes up for. `stairs` are the corners (k, 2) of the line that parts what some trial reaches
    from what none does, where the objectives are these two; else empty.
    """

    metrics: tuple[str, str]
    goals: tuple[Goal, Goal]
    value_scales: tuple[scales.Scale, scales.Scale]
    trials: tuple[str, ...]
    statuses: tuple[str, ...]
    values: NDArray[np.float64]
    on_front: NDArray[np.bool_]
    ruled_out: NDArray[np.bool_]
    stairs: NDArray[np.float64]


def front(sweep: SweepResults, second: str | None = None) -> Front:
    """The first objective of a sweep against another one, the second if none is named; a single one against itself,
    where the front is the best trial."""
    first, *others = sweep.goals
    metrics = (first, second or next(iter(others), first))
    table = sweep.trials.set_index(TRIAL)
    columns = [np.asarray(sweep.values(name), np.float64) for name in metrics]
    goals = (sweep.goals[metrics[0]], sweep.goals[metrics[1]])
    one, two = (scales.value_scale(c[np.isfinite(c)], g) for c, g in zip(columns, goals, strict=True))
    best = [sweep.standings[trial].at_best for trial in table.index]
    ruled_out = np.array([at_best is not None and at_best.fault for at_best in best], dtype=bool)
    on_front = np.array([trial in sweep.front for trial in table.index], dtype=bool)
    values = np.stack(columns, axis=1)
    stairs = _stairs(values[on_front], goals) if len(others) == 1 else np.empty((0, 2))
    return Front(
        metrics, goals, (one, two), tuple(table.index), tuple(table[STATUS]), values, on_front, ruled_out, stairs
    )


def _stairs(points: NDArray[np.float64], goals: tuple[Goal, Goal]) -> NDArray[np.float64]:
    """The corners between the points of a front, from the best by the first metric on: each is worse than both."""
    signs = np.array([-1.0 if goal == "maximize" else 1.0 for goal in goals])
    costs = np.unique(points * signs, axis=0)
    corners = [part for one, two in pairwise(costs) for part in (one, (two[0], one[1]))]
    stairs: NDArray[np.float64] = np.array([*corners, *costs[-1:]]).reshape(-1, 2) * signs
    return stairs


def draw_front(axes: Axes, info: Front) -> None:
    """A mark a trial by how it ended; those of the front in blue, with a line where there are two objectives."""
    x, y = info.values.T
    if len(info.stairs):
        axes.plot(*info.stairs.T, color=style.BLUE, linewidth=1.2, zorder=2)
    none = np.zeros(len(x), dtype=bool)
    others, out = np.where(info.on_front | info.ruled_out, np.nan, y), info.ruled_out & ~info.on_front
    marks.draw_trials(axes, x, others, np.full(len(x), np.nan), _ended(info), none)
    marks.scatter(axes, x[out], y[out], label="ruled out", **RULED_OUT)
    marks.scatter(axes, x[info.on_front], y[info.on_front], label="front", **ON_FRONT)
    scales.set_x_scale(axes, info.value_scales[0], x[np.isfinite(x)])
    scales.set_y_scale(axes, info.value_scales[1], y[np.isfinite(y)])
    style.set_labels(axes, *(style.with_goal(m, g) for m, g in zip(info.metrics, info.goals, strict=True)))
    style.set_legend(axes)


def _ended(info: Front) -> tuple[str, ...]:
    """The statuses, without those of trials that have no values here: they have no place on the floor of this plot."""
    pairs = zip(info.statuses, info.values, strict=True)
    return tuple(status if np.isfinite(values).all() else "" for status, values in pairs)


def plot_front(sweep: SweepResults, second: str | None = None) -> Figure:
    """The figure of `front`."""
    return style.figure(draw_front, front(sweep, second))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One for each objective after the first, where more than one trial has values of them."""
    first, *others = sweep.goals
    for other in others:
        info = front(sweep, other)
        if np.isfinite(info.values).all(axis=1).sum() > 1:
            beaten = "both" if len(others) == 1 else f"all {len(others) + 1} objectives"
            out = " What has collapsed or is past a constraint is ruled out." if info.ruled_out.any() else ""
            caption = f"One mark a trial at its best step; {info.on_front.sum()} that no other beats in {beaten}.{out}"
            name = "front" if other == others[0] else f"front_{style.file_name(other)}"
            yield style.Picture(name, f"The front of {first} and {other}", caption, info, draw_front)
