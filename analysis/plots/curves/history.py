"""Plot of the search history: every trial's score in the order they were started, and the best so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import marks, scales, style
from analysis.ranking import leader
from analysis.results import DONE, SPREAD, STATUS, TRIAL, SweepResults


class SearchHistory(NamedTuple):
    """Trials in the order they were asked for, `number` 0, 1, ...; all arrays and tuples run over them.

    `score` is NaN for a trial without one, `spread` its standard deviation over the replicates; `best_so_far` is the
    score of the trial that is best up to here, of those that are done (while none is, of those that did not fail), NaN
    before the first.
    """

    metric: str
    goal: Goal
    score_scale: scales.Scale
    trials: tuple[str, ...]
    statuses: tuple[str, ...]
    score: NDArray[np.float64]
    spread: NDArray[np.float64]
    best_so_far: NDArray[np.float64]
    best: str | None


def history(sweep: SweepResults) -> SearchHistory:
    """The objective of all trials, in the order of their names."""
    table = sweep.trials.set_index(TRIAL)
    score, spread = (np.asarray(sweep.values(m), np.float64) for m in (sweep.objective, sweep.objective + SPREAD))
    return SearchHistory(
        metric=sweep.objective,
        goal=sweep.goal,
        score_scale=scales.value_scale(score[np.isfinite(score)], sweep.goal),
        trials=tuple(table.index),
        statuses=tuple(table[STATUS]),
        score=score,
        spread=spread,
        best_so_far=best_so_far(sweep),
        best=sweep.best,
    )


def best_so_far(sweep: SweepResults) -> NDArray[np.float64]:
    """The score that would have won had the search ended with each of `trials`, (n,), NaN before the first.

    By one seed a trial: other seeds of the best are tried when the search is over, and change nothing here.
    """
    standings = sweep.seed_standings.values()
    none_done = all(standing.status != DONE for standing in standings)
    best, found = None, []
    for standing in standings:
        if (standing.status == DONE or none_done) and standing.trial not in sweep.replicates:
            best = leader(filter(None, (best, standing)), tuple(sweep.goals.values()))
        found.append(sweep.score(best.trial) if best is not None else np.nan)
    return np.array(found, dtype=np.float64)


def draw_history(axes: Axes, info: SearchHistory) -> None:
    """A mark a trial by how it ended, and the best so far as a staircase."""
    number = np.arange(len(info.trials), dtype=float)
    axes.step(number, info.best_so_far, where="post", color=style.BLUE, linewidth=1.4, label="best so far", zorder=2)
    is_best = marks.equal(info.best, info.trials)
    marks.draw_trials(axes, number, info.score, info.spread, info.statuses, is_best)
    scales.set_y_scale(axes, info.score_scale, info.score[np.isfinite(info.score)])
    scales.set_x_scale(axes, "linear", number)
    style.set_labels(axes, "trial, in the order they were asked for", style.with_goal(info.metric, info.goal))
    style.set_legend(axes)


def plot_history(sweep: SweepResults) -> Figure:
    """The figure of `history`."""
    return style.figure(draw_history, history(sweep))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, where more than one trial has a score."""
    info = history(sweep)
    if np.isfinite(info.score).sum() > 1:
        caption = f"One mark a trial ({len(info.trials)} of them), its best {info.metric}."
        yield style.Picture("history", f"{info.metric} as the search went on", caption, info, draw_history)
