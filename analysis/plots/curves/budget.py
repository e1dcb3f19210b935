"""Plot of the best score so far against training time, one line per sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import scales, style
from analysis.plots.curves.comparison import names_of
from analysis.plots.curves.history import history
from analysis.results import SECONDS, SweepResults


class BestScoreOverTime(NamedTuple):
    """A sweep's curve: the `best` score (n,) after `seconds` (n,) of training, summed over its trials."""

    name: str
    seconds: NDArray[np.float64]
    best: NDArray[np.float64]


class ScoresOverTime(NamedTuple):
    """The curves of sweeps that share an objective."""

    metric: str
    goal: Goal
    score_scale: scales.Scale
    sweeps: tuple[BestScoreOverTime, ...]


def budget(sweeps: Sequence[SweepResults]) -> tuple[ScoresOverTime, ...]:
    """One for each objective of the sweeps: scores of different metrics do not compare."""
    named = list(zip(names_of(sweeps), sweeps, strict=True))
    objectives = dict.fromkeys((sweep.objective, sweep.goal) for sweep in sweeps)
    return tuple(_budget([pair for pair in named if (pair[1].objective, pair[1].goal) == key]) for key in objectives)


def draw_budget(axes: Axes, info: ScoresOverTime) -> None:
    """Staircases on a common scale of training time, each with a mark where it ends."""
    for number, curve in enumerate(info.sweeps):
        color = style.SERIES[number % len(style.SERIES)]
        axes.step(curve.seconds, curve.best, where="post", color=color, label=style.plain(curve.name, 56))
        axes.plot(curve.seconds[-1:], curve.best[-1:], marker="o", markersize=4, color=color)
    scores, seconds = (np.concatenate([s[i] for s in info.sweeps] or [np.empty(0)]) for i in (2, 1))
    scales.set_y_scale(axes, info.score_scale, scores[np.isfinite(scores)])
    scales.set_x_scale(axes, _time_scale(seconds), seconds)
    style.set_labels(axes, "training time of all trials so far, s", style.with_goal(f"best {info.metric}", info.goal))
    style.set_legend(axes, columns=1)


def plot_budget(sweeps: Sequence[SweepResults], metric: str | None = None) -> Figure:
    """The figure of `budget` for the sweeps whose objective is `metric`, the first sweep's if none is named."""
    metric = metric or sweeps[0].objective
    return style.figure(draw_budget, budget([sweep for sweep in sweeps if sweep.objective == metric])[0])


def pictures(sweeps: Sequence[SweepResults]) -> Iterator[style.Picture]:
    """One for each objective that any sweep has a score of."""
    for info in budget(sweeps):
        if info.sweeps:
            caption = "Trials in the order they were asked for; a mark ends each sweep."
            title = f"Best {info.metric} by training time"
            yield style.Picture(f"budget_{style.file_name(info.metric)}", title, caption, info, draw_budget)


def _budget(named: Sequence[tuple[str, SweepResults]]) -> ScoresOverTime:
    spendings = [_best_score_over_time(name, sweep) for name, sweep in named]
    kept = tuple(curve for curve in spendings if np.isfinite(curve.best).any())
    scores = np.concatenate([curve.best for curve in kept] or [np.empty(0)])
    metric, goal = named[0][1].objective, named[0][1].goal
    return ScoresOverTime(metric, goal, scales.value_scale(scores[np.isfinite(scores)], goal), kept)


def _best_score_over_time(name: str, sweep: SweepResults) -> BestScoreOverTime:
    seconds = sweep.trials[SECONDS].fillna(0).to_numpy(dtype=float)
    return BestScoreOverTime(name, np.cumsum(seconds), history(sweep).best_so_far)


def _time_scale(seconds: NDArray[np.float64]) -> Literal["linear", "log"]:
    wide = seconds.size and seconds.min() > 0 and seconds.max() > scales.WIDE_RATIO * seconds.min()
    return "log" if wide else "linear"
