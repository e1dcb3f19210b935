"""Plot of a metric over training, one line per trial; the best, stopped and failed trials are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import scales, style
from analysis.ranking import trial_order
from analysis.results import DONE, FAILED, SPREAD, STATUS, STEP, STOPPED, TRIAL, SweepResults

MAX_CURVES = 200  # beyond it lines hide each other: the best one and an even choice of the others are drawn
MAX_POINTS = 300  # a curve, as many as its width has pixels
LOSSES = ("train/loss", "train/loss_g", "train/loss_d")


class Curve(NamedTuple):
    """One trial: `values` at `steps` and their `spread` over the replicates, NaN where it reported none."""

    trial: str
    status: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    spread: NDArray[np.float64]


class LossCurves(NamedTuple):
    """Curves of `metric`, `best` among them if it has one; `omitted` trials are not drawn."""

    metric: str
    goal: Goal | None
    scale: scales.Scale
    curves: tuple[Curve, ...]
    best: str | None
    omitted: int


def loss_curves(sweep: SweepResults, metric: str | None = None) -> LossCurves:
    """`metric` (the objective, if none is named) by step for each trial that has a finite value of it."""
    metric = metric or sweep.objective
    known = sweep.rows[sweep.rows[metric].notna()] if metric in sweep.rows else sweep.rows.iloc[:0]
    trials = sorted(known[TRIAL].unique(), key=trial_order)
    drawn = _choose(trials, sweep.best)
    statuses = dict(zip(sweep.trials[TRIAL], sweep.trials[STATUS], strict=True))
    groups = {str(name): group for name, group in sweep.rows[sweep.rows[TRIAL].isin(drawn)].groupby(TRIAL)}
    curves = tuple(_curve(trial, groups[trial], metric, statuses.get(trial, DONE)) for trial in drawn)
    # Of the losses of a game a lower one is not better, so only the objective says which way is.
    goal = sweep.goal if metric == sweep.objective else None
    values = known.loc[known[TRIAL].isin(drawn), metric].to_numpy(dtype=float) if drawn else np.empty(0)
    best = sweep.best if sweep.best in drawn else None
    return LossCurves(metric, goal, scales.value_scale(values, goal), curves, best, len(trials) - len(drawn))


def draw_loss_curves(axes: Axes, info: LossCurves) -> None:
    """Grey lines, the best in blue on top; a hollow circle ends a stopped trial, a cross a failed one."""
    for curve in sorted(info.curves, key=lambda curve: curve.trial == info.best):
        _draw_curve(axes, curve, is_best=curve.trial == info.best)
    _draw_ends(axes, info.curves, STOPPED, marker="o", color=style.ORANGE, label="stopped")
    _draw_ends(axes, info.curves, FAILED, marker="x", color=style.VERMILLION, label="failed")
    values = np.concatenate([curve.values for curve in info.curves] or [np.empty(0)])
    scales.set_y_scale(axes, info.scale, values[np.isfinite(values)])
    scales.set_x_scale(axes, "linear", np.array([step for curve in info.curves for step in curve.steps], dtype=float))
    style.set_labels(axes, "step (reporting interval)", style.with_goal(info.metric, info.goal))
    style.set_legend(axes)


def plot_loss_curves(sweep: SweepResults, metric: str | None = None) -> Figure:
    """The figure of `loss_curves`."""
    return style.figure(draw_loss_curves, loss_curves(sweep, metric))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The losses the sweep's trials report, then its objective."""
    for metric in dict.fromkeys([*(name for name in LOSSES if name in sweep.rows), sweep.objective]):
        info = loss_curves(sweep, metric)
        if info.curves:
            name = f"curves_{style.file_name(metric)}"
            yield style.Picture(name, f"{metric} over training", _caption(info), info, draw_loss_curves)


def _choose(trials: Sequence[str], best: str | None) -> list[str]:
    if len(trials) <= MAX_CURVES:
        return list(trials)
    even = {trials[i] for i in np.linspace(0, len(trials) - 1, MAX_CURVES - 1).astype(int)}
    return sorted(even.union(trial for trial in trials if trial == best))


def _curve(trial: str, rows: pd.DataFrame, metric: str, status: str) -> Curve:
    count = len(rows)
    kept = np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))
    values, spread = (
        rows[name].to_numpy(dtype=float)[kept] if name in rows else np.full(len(kept), np.nan)
        for name in (metric, metric + SPREAD)
    )
    return Curve(trial, status, rows[STEP].to_numpy(dtype=int)[kept], values, spread)


def _draw_curve(axes: Axes, curve: Curve, *, is_best: bool) -> None:
    look: dict[str, Any] = {"color": style.FAINT, "linewidth": 0.8, "alpha": 0.7, "zorder": 2}
    if is_best:
        look = {"color": style.BLUE, "linewidth": 1.8, "label": "best", "zorder": 4}
    spread = curve.spread if is_best else np.full(len(curve.steps), np.nan)
    style.draw_line(axes, curve.steps, curve.values, spread, **look)


def _draw_ends(axes: Axes, curves: Sequence[Curve], status: str, *, marker: str, color: str, label: str) -> None:
    """A mark at the last finite value of every trial of `status`."""
    ends = [(c.steps[last], c.values[last]) for c in curves if c.status == status for last in [_last(c.values)]]
    if ends:
        face: dict[str, Any] = {"facecolors": style.PAPER, "edgecolors": color} if marker == "o" else {"color": color}
        steps, values = zip(*ends, strict=True)
        axes.scatter(steps, values, s=16, marker=marker, linewidths=1.1, label=label, zorder=3, **face)


def _last(values: NDArray[np.float64]) -> int:
    return int(np.flatnonzero(np.isfinite(values))[-1])


def _caption(info: LossCurves) -> str:
    best = f"; trial {info.best} scored best" if info.best else ""
    spread = any(np.isfinite(curve.spread).any() for curve in info.curves if curve.trial == info.best)
    best += ", its band is one standard deviation over the replicates" * spread
    omitted = f"; {info.omitted} more are not drawn" if info.omitted else ""
    return f"One line a trial ({len(info.curves)} of them){best}{omitted}."
