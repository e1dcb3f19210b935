"""Every trial's score against one searched parameter, on the scale that parameter was searched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import style
from analysis.results import BEST, CONFIG, DONE, FAILED, RUNNING, STATUS, STOPPED, TRIAL, Sweep
from analysis.searched import Searched, searched_parameters

Look = dict[str, Any]

MAX_CATEGORIES = 12  # a longer list of numbers is drawn as numbers
MARKS: Mapping[str, Look] = {
    DONE: {"s": 22, "color": style.MUTED, "alpha": 0.75, "linewidths": 0, "zorder": 3},
    STOPPED: {"s": 22, "facecolors": style.PAPER, "edgecolors": style.ORANGE, "linewidths": 1.1, "zorder": 3},
    RUNNING: {"s": 22, "marker": "^", "facecolors": style.PAPER, "edgecolors": style.BLUE, "zorder": 3},
    FAILED: {"s": 22, "marker": "x", "color": style.VERMILLION, "linewidths": 1.1, "zorder": 4},
}
BEST_MARK: Look = {"s": 110, "marker": "*", "color": style.BLUE, "edgecolors": style.PAPER, "zorder": 5}
JITTER = 0.18  # half width, in categories, over which equal values are spread so that all are seen


class MetricVsParameter(NamedTuple):
    """A point per trial in which the parameter was active; arrays and tuples run over the same trials.

    `x` is the parameter's value, or the index into `categories` when there are any; `bounds` are the search's, if
    known; `score` is NaN for a trial that never had one. `inactive` counts the trials without this parameter.
    """

    parameter: str
    metric: str
    goal: Goal | None
    x_scale: Literal["linear", "log"]
    bounds: tuple[float, float] | None
    score_scale: style.Scale
    categories: tuple[str, ...]
    trials: tuple[str, ...]
    statuses: tuple[str, ...]
    x: NDArray[np.float64]
    score: NDArray[np.float64]
    best: str | None
    inactive: int


def metric_vs_parameter(
    trials: pd.DataFrame,
    parameter: str | Searched,
    metric: str,
    *,
    goal: Goal | None = None,
    best: str | None = None,
) -> MetricVsParameter:
    """Column `best/METRIC` of `trials` against `config/PARAMETER`; a plain name means a linear range."""
    searched = Searched(parameter) if isinstance(parameter, str) else parameter
    raw = _column(trials, CONFIG + searched.name)
    # An empty cell is null where null may be chosen, and an inactive parameter elsewhere.
    active = raw.notna() | (None in searched.choices)
    table, raw = trials[active], raw[active]
    categories = _categories(searched, raw)
    x = _positions(raw, categories)
    score = _column(table, BEST + metric).to_numpy(dtype=float)
    names = tuple(table[TRIAL])
    return MetricVsParameter(
        parameter=searched.name,
        metric=metric,
        goal=goal,
        x_scale="log" if searched.log and not categories and min(x, default=1) > 0 else "linear",
        bounds=searched.bounds,
        score_scale=style.value_scale(score[np.isfinite(score)], goal),
        categories=categories,
        trials=names,
        statuses=tuple(table[STATUS]),
        x=x,
        score=score,
        best=best if best in names else None,
        inactive=int((~active).sum()),
    )


def draw_metric_vs_parameter(axes: Axes, info: MetricVsParameter) -> None:
    """A mark a trial, its shape by status and a star for the best; failed ones without a score lie on the floor."""
    x = info.x + (_jitter(len(info.x)) if info.categories else 0)
    scored, is_best = np.isfinite(info.score), _is(info.best, info.trials)
    _draw_medians(axes, info)
    for status, look in MARKS.items():
        chosen = scored & ~is_best & _is(status, info.statuses)
        _scatter(axes, x[chosen], info.score[chosen], label=status, **look)
    _scatter(axes, x[scored & is_best], info.score[scored & is_best], label="best", **BEST_MARK)
    _draw_floor(axes, x[~scored & _is(FAILED, info.statuses)])
    style.set_scale(axes, info.score_scale, info.score[scored])
    _set_x(axes, info)
    style.set_labels(axes, info.parameter, style.with_goal(info.metric, info.goal))
    style.set_legend(axes)


def pictures(sweep: Sweep) -> Iterator[style.Picture]:
    """The objective against each searched parameter of which there is more than one score, in the spec's order."""
    for number, searched in enumerate(searched_parameters(sweep)):
        info = metric_vs_parameter(sweep.trials, searched, sweep.objective, goal=sweep.goal, best=sweep.best)
        if np.isfinite(info.score).sum() > 1:
            # The number keeps apart names that differ only in characters a file's name cannot have.
            name = f"parameter_{number:02d}_{style.file_name(searched.name)}"
            draw = partial(draw_metric_vs_parameter, info=info)
            yield style.Picture(name, f"{sweep.objective} against {searched.name}", _caption(info), draw)


def _column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    return table[name] if name in table else pd.Series(np.nan, index=table.index)


def _categories(searched: Searched, raw: pd.Series[Any]) -> tuple[str, ...]:
    """Names of the categories in order, or () where the values are numbers of a range."""
    numbers = pd.to_numeric(raw, errors="coerce")
    is_range = not searched.choices or len(searched.choices) > MAX_CATEGORIES
    if is_range and not _is_boolean(raw) and numbers.notna().all():
        return ()
    choices: Sequence[Any] = searched.choices
    if all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
        choices = sorted(choices)
    seen = sorted({_word(value) for value in raw}, key=str)
    return tuple(dict.fromkeys([*map(_word, choices), *seen]))


def _is_boolean(raw: pd.Series[Any]) -> bool:
    return bool(raw.map(lambda value: isinstance(value, bool | np.bool_)).any())


def _word(value: Any) -> str:
    """A value's name in the YAML of a spec; a CSV makes 32 into 32.0 and true into True."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "null"
    if isinstance(value, bool | np.bool_) or value in ("True", "False"):
        return str(value).lower()
    try:
        return f"{float(value):g}"
    except ValueError:
        return str(value)


def _positions(raw: pd.Series[Any], categories: Sequence[str]) -> NDArray[np.float64]:
    if not categories:
        return raw.to_numpy(dtype=float)
    index = {name: number for number, name in enumerate(categories)}
    return np.array([index[_word(value)] for value in raw], dtype=float)


def _is(wanted: str | None, names: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([name == wanted for name in names], dtype=bool)


def _jitter(count: int) -> NDArray[np.float64]:
    """Offsets in [-JITTER, JITTER) that spread evenly however many there are (golden ratio sequence)."""
    shares: NDArray[np.float64] = np.arange(count, dtype=np.float64) * 0.6180339887 % 1
    return (shares * 2 - 1) * JITTER


def _scatter(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], **look: Any) -> None:
    if x.size:
        axes.scatter(x, y, rasterized=x.size > style.MAX_VECTOR_MARKS, **look)


def _draw_medians(axes: Axes, info: MetricVsParameter) -> None:
    for number in range(len(info.categories)):
        scores = info.score[(info.x == number) & np.isfinite(info.score)]
        if scores.size > 1:
            axes.hlines(np.median(scores), number - 0.3, number + 0.3, color=style.INK, linewidth=1.4)


def _draw_floor(axes: Axes, x: NDArray[np.float64]) -> None:
    """Failed trials without a score, on the bottom edge: where in the range training does not survive."""
    label = "_failed" if FAILED in axes.get_legend_handles_labels()[1] else FAILED  # one entry in the legend
    look = {**MARKS[FAILED], "transform": axes.get_xaxis_transform(), "clip_on": False, "label": label}
    _scatter(axes, x, np.full(x.size, 0.02), **look)


def _set_x(axes: Axes, info: MetricVsParameter) -> None:
    if info.categories:
        slanted = sum(map(len, info.categories)) > 40
        axes.set_xticks(range(len(info.categories)), [style.plain(name, 16) for name in info.categories])
        axes.tick_params(axis="x", rotation=30 if slanted else 0)
        axes.set_xlim(-0.6, len(info.categories) - 0.4)
    else:
        style.set_x_scale(axes, info.x_scale, np.append(info.x, info.bounds or ()))


def _caption(info: MetricVsParameter) -> str:
    middle = " Bars are medians." if info.categories else ""
    inactive = f" Trials that do not use this parameter: {info.inactive}." if info.inactive else ""
    return f"One mark a trial ({len(info.trials)} of them), its best {info.metric}.{middle}{inactive}"
