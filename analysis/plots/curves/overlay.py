"""Plot of a metric in the best trial of each of several sweeps, by step and by training time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal, goal_of
from analysis.plots import scales, style
from analysis.plots.curves.comparison import names_of
from analysis.results import SECONDS, SPREAD, STEP, TRIAL, SweepResults, main_metrics

MAX_METRICS = 6
SIZE = (9.0, 3.4)


class BestTrialCurve(NamedTuple):
    """The best trial of one sweep: `values` (n,) of the metric at `steps` and `seconds`, with their `spread`.

    `spread` is the standard deviation over the replicates, NaN where there are none.
    """

    name: str
    trial: str
    steps: NDArray[np.float64]
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]
    spread: NDArray[np.float64]


class Overlay(NamedTuple):
    """One metric in the best trial of each sweep that reports it."""

    metric: str
    goal: Goal | None
    scale: scales.Scale
    courses: tuple[BestTrialCurve, ...]


def overlay(sweeps: Sequence[SweepResults], metric: str) -> Overlay:
    """The course of `metric` in the best trial of each sweep that has any."""
    named = zip(names_of(sweeps), sweeps, strict=True)
    courses = tuple(curve for name, sweep in named if (curve := _best_trial_curve(name, sweep, metric)) is not None)
    values = np.concatenate([curve.values for curve in courses] or [np.empty(0)])
    goals = [sweep.goal for sweep in sweeps if sweep.objective == metric]
    goal = goals[0] if goals else goal_of(metric)
    return Overlay(metric, goal, scales.value_scale(values, goal), courses)


def shared_metrics(sweeps: Sequence[SweepResults]) -> list[str]:
    """The objectives, then what at least two sweeps report and which has a better way."""
    objectives = [sweep.objective for sweep in sweeps]
    reported = [name for sweep in sweeps for name in main_metrics(sweep.rows)]
    shared = [name for name in dict.fromkeys(reported) if reported.count(name) > 1 and goal_of(name)]
    return [*dict.fromkeys([*objectives, *shared])][:MAX_METRICS]


def draw_overlay(axes: Axes, info: Overlay) -> None:
    """A line a sweep, by step on the left and by seconds of training on the right, with a band of one spread."""
    values = np.concatenate([curve.values for curve in info.courses] or [np.empty(0)])
    left, right = style.split(axes, 1, 2)
    _draw_panel(left, info, "steps")
    _draw_panel(right, info, "seconds")
    for panel in (left, right):
        scales.set_y_scale(panel, info.scale, values)
    style.set_labels(left, "step", style.with_goal(info.metric, info.goal))
    style.set_labels(right, "training time, s", "")
    style.set_legend(left, columns=2)


def plot_overlay(sweeps: Sequence[SweepResults], metric: str | None = None) -> Figure:
    """The figure of `overlay`; without `metric` of the first sweep's objective."""
    return style.figure(draw_overlay, overlay(sweeps, metric or sweeps[0].objective), SIZE)


def pictures(sweeps: Sequence[SweepResults]) -> Iterator[style.Picture]:
    """One for each metric to compare that any sweep has at more than one step."""
    for metric in shared_metrics(sweeps):
        info = overlay(sweeps, metric)
        if any(len(curve.values) > 1 for curve in info.courses):
            caption = "The best trial of each sweep; bands are one standard deviation over the replicates."
            name = f"overlay_{style.file_name(metric)}"
            yield style.Picture(name, f"{metric} over training", caption, info, draw_overlay, SIZE)


def _best_trial_curve(name: str, sweep: SweepResults, metric: str) -> BestTrialCurve | None:
    rows = sweep.rows[sweep.rows[TRIAL] == sweep.best]
    if metric not in rows or not rows[metric].notna().any():
        return None
    rows = rows[rows[metric].notna()]
    seconds, spread = (
        rows[column] if column in rows else rows[metric] * np.nan for column in (SECONDS, metric + SPREAD)
    )
    return BestTrialCurve(
        name, str(sweep.best), *(c.to_numpy(dtype=float) for c in (rows[STEP], seconds, rows[metric], spread))
    )


def _draw_panel(axes: Axes, info: Overlay, across: Literal["steps", "seconds"]) -> None:
    places = [curve.steps if across == "steps" else curve.seconds for curve in info.courses]
    for number, (curve, place) in enumerate(zip(info.courses, places, strict=True)):
        look = {"color": style.SERIES[number % len(style.SERIES)], "label": style.plain(curve.name, 32)}
        style.draw_line(axes, place, curve.values, curve.spread, **look)
    found = np.concatenate([place[np.isfinite(place)] for place in places] or [np.empty(0)])
    wide = found.size and found.min() > 0 and found.max() > scales.WIDE_RATIO * found.min()
    scales.set_x_scale(axes, "log" if wide else "linear", found)
