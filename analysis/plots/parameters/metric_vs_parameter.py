"""Plot of a metric of every trial against one parameter, on its search scale, with the training metric beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal, goal_of
from analysis.plots import marks, scales, style
from analysis.plots.parameters.parameter_axis import ParameterAxis, draw_x, jitter, parameter_axis
from analysis.results import SPREAD, STATUS, TRIAL, SweepResults
from analysis.searched import Searched, searched_parameters

TRAIN_MARK: marks.Glyph = {"s": 16, "marker": "_", "color": style.BLUE, "alpha": 0.8, "linewidths": 1.1, "zorder": 2}


class MetricVsParameter(NamedTuple):
    """A point per trial; arrays and tuples run over the same trials.

    `axis` says where each one lies, and which do not use the parameter. `score` is the metric at the trial's best
    step, NaN for a trial that never had one; `spread` its standard deviation over the replicates, NaN without them;
    `train` the same metric on training images, named `train_metric`, all NaN and None where that makes no sense.
    """

    axis: ParameterAxis
    metric: str
    goal: Goal | None
    score_scale: scales.Scale
    trials: tuple[str, ...]
    statuses: tuple[str, ...]
    score: NDArray[np.float64]
    spread: NDArray[np.float64]
    train_metric: str | None
    train: NDArray[np.float64]
    best: str | None


def metric_vs_parameter(sweep: SweepResults, parameter: str, metric: str | None = None) -> MetricVsParameter:
    """Any metric (the objective, if none is named) against any parameter, searched or not."""
    metric = metric or sweep.objective
    known = {searched.name: searched for searched in searched_parameters(sweep)}
    score, spread = (np.asarray(sweep.values(name), np.float64) for name in (metric, metric + SPREAD))
    train_metric = "train/" + metric.removeprefix("val/") if metric.startswith("val/") else None
    train = np.asarray(sweep.values(train_metric or ""), np.float64)
    goal = sweep.goal if metric == sweep.objective else goal_of(metric)
    shown = np.concatenate([score, train])
    return MetricVsParameter(
        axis=parameter_axis(sweep.trials, known.get(parameter, Searched(parameter))),
        metric=metric,
        goal=goal,
        score_scale=scales.value_scale(shown[np.isfinite(shown)], goal),
        trials=tuple(sweep.trials[TRIAL]),
        statuses=tuple(sweep.trials[STATUS]),
        score=score,
        spread=spread,
        train_metric=train_metric if np.isfinite(train).any() else None,
        train=train,
        best=sweep.best,
    )


def draw_metric_vs_parameter(axes: Axes, info: MetricVsParameter) -> None:
    """A mark a trial, its shape by status and a star for the best; failed ones without a score lie on the floor."""
    x = info.axis.places + (jitter(len(info.trials)) if info.axis.categories else 0)
    active, with_train = info.axis.active, info.axis.active & np.isfinite(info.train)
    _draw_medians(axes, info)
    marks.scatter(axes, x[with_train], info.train[with_train], label=info.train_metric, **TRAIN_MARK)
    marks.draw_trials(axes, x, info.score, info.spread, info.statuses, marks.equal(info.best, info.trials))
    shown = np.concatenate([info.score[active], info.train[active]])
    scales.set_y_scale(axes, info.score_scale, shown[np.isfinite(shown)])
    draw_x(axes, info.axis)
    style.set_labels(axes, info.axis.parameter, style.with_goal(info.metric, info.goal))
    style.set_legend(axes)


def plot_metric_vs_parameter(sweep: SweepResults, parameter: str, metric: str | None = None) -> Figure:
    """The figure of `metric_vs_parameter`."""
    return style.figure(draw_metric_vs_parameter, metric_vs_parameter(sweep, parameter, metric))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The objective against each searched parameter of which there is more than one score, in the spec's order."""
    for number, searched in enumerate(searched_parameters(sweep)):
        info = metric_vs_parameter(sweep, searched.name)
        if np.isfinite(info.score[info.axis.active]).sum() > 1:
            # The number keeps apart names that differ only in characters a file's name cannot have.
            name = f"parameter_{number:02d}_{style.file_name(searched.name)}"
            title = f"{sweep.objective} against {searched.name}"
            yield style.Picture(name, title, _caption(info), info, draw_metric_vs_parameter)


def _draw_medians(axes: Axes, info: MetricVsParameter) -> None:
    for number in range(len(info.axis.categories)):
        scores = info.score[(info.axis.places == number) & np.isfinite(info.score)]
        if scores.size > 1:
            axes.hlines(np.median(scores), number - 0.3, number + 0.3, color=style.INK, linewidth=1.4)


def _caption(info: MetricVsParameter) -> str:
    active = int(info.axis.active.sum())
    parts = [f"One mark a trial ({active} of them), its {info.metric} at its best step."]
    parts += [f"Dashes are {info.train_metric} of the same models."] if info.train_metric else []
    parts += ["Error bars are one standard deviation over the replicates."] if np.isfinite(info.spread).any() else []
    parts += ["Bars are medians."] if info.axis.categories else []
    inactive = len(info.trials) - active
    parts += [f"Trials that do not use this parameter: {inactive}."] if inactive else []
    return " ".join(parts)
