"""Scatter plot of two parameters, with regions by verdict or colours by score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import marks, scales, style
from analysis.plots.parameters.parameter_axis import ParameterAxis, draw_x, draw_y, jitter, parameter_axis
from analysis.plots.verdicts import UNJUDGED, are_judged, found_beside, glyph_of, verdicts_of
from analysis.results import FAILED, TRIAL, SweepResults
from analysis.searched import Searched, most_telling, searched_parameters

RATES = ("lr_g", "lr_d")
RATIOS = (0.1, 1.0, 10.0)  # of the two learning rates, G's to D's: the reports' 1:10, 1:1, 10:1
CELLS = 90  # a side of the map
NEIGHBOURS = 3  # trials whose majority names a place of the map
REACH = 0.2  # of the map's side: farther from any trial nothing is said
SIZE = (6.4, 4.4)


class ParameterMap(NamedTuple):
    """Trials that use both parameters; `x` and `y` are their axes and all else runs over the same trials.

    `verdicts` are empty where nothing was judged: then `score` tells the trials apart. `beside` are the strongest
    findings beside the verdicts, "" where there is none. `regions` (CELLS, CELLS) are rows of y by columns of x in
    equal steps along both axes, the index into `kinds` of the verdict that most of the nearest trials have, -1 where
    none is near.
    """

    x: ParameterAxis
    y: ParameterAxis
    trials: tuple[str, ...]
    verdicts: tuple[str, ...]
    beside: tuple[str, ...]
    metric: str
    goal: Goal
    score: NDArray[np.float64]
    score_scale: scales.Scale
    best: str | None
    kinds: tuple[str, ...]
    regions: NDArray[np.int64]


def parameter_map(sweep: SweepResults, x: str, y: str) -> ParameterMap:
    """Any two parameters, searched or not."""
    known = {searched.name: searched for searched in searched_parameters(sweep)}
    both = [parameter_axis(sweep.trials, known.get(name, Searched(name))) for name in (x, y)]
    used = both[0].active & both[1].active
    first, second = (axis._replace(places=axis.places[used]) for axis in both)
    verdicts = tuple(verdicts_of(sweep)[used]) if are_judged(sweep) else ()
    score = np.asarray(sweep.values(sweep.objective), np.float64)[used]
    kinds = tuple(kind for kind, _ in Counter(verdicts).most_common() if kind != UNJUDGED)
    return ParameterMap(
        x=first,
        y=second,
        trials=tuple(sweep.trials.loc[used, TRIAL]),
        verdicts=verdicts,
        beside=tuple(others[0] if others else "" for others in found_beside(sweep)[used]) if verdicts else (),
        metric=sweep.objective,
        goal=sweep.goal,
        score=score,
        score_scale=scales.value_scale(score[np.isfinite(score)], sweep.goal),
        best=sweep.best,
        kinds=kinds,
        regions=_regions(first.shares, second.shares, [kinds.index(v) if v in kinds else -1 for v in verdicts]),
    )


def draw_parameter_map(axes: Axes, info: ParameterMap) -> None:
    """Marks by verdict over tinted regions of the same colours; without verdicts, marks by score."""
    draw_x(axes, info.x)
    draw_y(axes, info.y)
    _draw_ratios(axes, info)
    x, y = (axis.places + (jitter(len(axis.places)) if axis.categories else 0) for axis in (info.x, info.y))
    if info.verdicts:
        _draw_regions(axes, info)
        for kind in dict.fromkeys([*info.kinds, *info.verdicts]):
            _draw_kind(axes, kind, marks.equal(kind, info.verdicts), x, y, s=26, label=kind.replace("_", " "), zorder=4)
        for kind in dict.fromkeys(filter(None, info.beside)):
            named = {} if kind in info.verdicts else {"label": kind.replace("_", " ")}
            _draw_kind(axes, kind, marks.equal(kind, info.beside), x, y, s=9, zorder=5, **named)
    else:
        _draw_scores(axes, x, y, info)
    is_best = marks.equal(info.best, info.trials)
    marks.scatter(
        axes, x[is_best], y[is_best], label="best", **{**marks.BEST_MARK, "facecolors": "none", "edgecolors": style.INK}
    )
    axes.grid(False)
    style.set_labels(axes, info.x.parameter, info.y.parameter)
    style.set_legend(axes, columns=4)


def _draw_kind(axes: Axes, kind: str, chosen: Any, x: Any, y: Any, **look: Any) -> None:
    glyph = glyph_of(kind)
    marks.scatter(axes, x[chosen], y[chosen], color=glyph.color, marker=glyph.marker, **look)


def plot_parameter_map(sweep: SweepResults, x: str, y: str) -> Figure:
    """The figure of `parameter_map`."""
    return style.figure(draw_parameter_map, parameter_map(sweep, x, y), SIZE)


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The two learning rates of a game, else the two parameters that mattered most."""
    pair = _pair(sweep)
    if pair is None:
        return
    info = parameter_map(sweep, *pair)
    if len(info.trials) > 2 and (info.verdicts or np.isfinite(info.score).sum() > 2):
        title = f"Where the {sweep.spec.get('model') or 'model'} lives" if info.verdicts else f"{pair[0]} and {pair[1]}"
        tint = (
            f"A place has the tint of the verdict that most of the {NEIGHBOURS} nearest trials have."
            if info.verdicts
            else "Colour is the score."
        )
        two = " A small mark inside another is what was found beside the verdict." if any(info.beside) else ""
        caption = f"One mark a trial ({len(info.trials)} of them). {tint}{two}"
        yield style.Picture("map", title, caption, info, draw_parameter_map, SIZE)


def _pair(sweep: SweepResults) -> tuple[str, str] | None:
    """The learning rates of a game; else the two that mattered most of those that most trials use."""
    searched = searched_parameters(sweep)
    if set(RATES) <= {parameter.name for parameter in searched}:
        return RATES
    common = [one for one in searched if 2 * parameter_axis(sweep.trials, one).active.sum() >= len(sweep.trials)]
    telling = [parameter.name for parameter in most_telling(sweep, 2, common)]
    return (telling[0], telling[1]) if len(telling) > 1 else None


def _regions(x: NDArray[np.float64], y: NDArray[np.float64], kinds: Sequence[int]) -> NDArray[np.int64]:
    """For places in shares of both axes the commonest kind of the nearest trials; of equals the nearest one's."""
    judged = np.array(kinds, dtype=np.int64) >= 0
    if judged.sum() < NEIGHBOURS:
        return np.full((CELLS, CELLS), -1, dtype=np.int64)
    of = np.array(kinds, dtype=np.int64)[judged]
    side = np.linspace(0, 1, CELLS)
    distance = np.hypot(side[None, :, None] - x[judged], side[:, None, None] - y[judged])
    order = np.argsort(distance, axis=2)[:, :, :NEIGHBOURS]
    votes = of[order]
    counts = (votes[:, :, :, None] == votes[:, :, None, :]).sum(axis=3)
    winner = np.take_along_axis(votes, counts.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    found: NDArray[np.int64] = np.where(distance.min(axis=2) <= REACH, winner, -1)
    return found


def _draw_regions(axes: Axes, info: ParameterMap) -> None:
    x, y = (axis.at(np.linspace(0, 1, CELLS)) for axis in (info.x, info.y))
    for number, kind in enumerate(info.kinds):
        inside = (info.regions == number).astype(float)
        if inside.any():
            axes.contourf(x, y, inside, levels=[0.5, 1.5], colors=[glyph_of(kind).color], alpha=0.22, zorder=1)


def _draw_ratios(axes: Axes, info: ParameterMap) -> None:
    """Lines of equal ratio of the learning rates."""
    if (info.x.parameter, info.y.parameter) != RATES or "log" not in (info.x.scale, info.y.scale):
        return
    low, high = info.x.range
    for ratio in RATIOS:
        x = np.geomspace(low, high, 50)
        inside = (x / ratio >= info.y.range[0]) & (x / ratio <= info.y.range[1])
        if inside.any():
            axes.plot(x[inside], x[inside] / ratio, color=style.MUTED, linewidth=0.7, linestyle=":", zorder=2)
            text = f"G:D {ratio:g}:1" if ratio >= 1 else f"G:D 1:{1 / ratio:g}"
            look: dict[str, Any] = {"ha": "right", "va": "bottom", "color": style.MUTED, "zorder": 6}
            box = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.7, "pad": 0.6}
            axes.text(x[inside][-1], x[inside][-1] / ratio, text, fontsize=style.FONT_SIZE - 2, bbox=box, **look)


def _draw_scores(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], info: ParameterMap) -> None:
    """Marks in colours of their score, those without one crossed."""
    known = np.isfinite(info.score)
    if known.any():
        values = info.score[known]
        colors: dict[str, Any] = {"c": values, "cmap": "cividis", "norm": scales.norm(info.score_scale, values)}
        drawn = axes.scatter(x[known], y[known], s=30, edgecolors=style.MUTED, linewidths=0.5, zorder=4, **colors)
        _draw_bar(axes, drawn, info)
    marks.scatter(axes, x[~known], y[~known], **marks.MARKS[FAILED], label="no score")


def _draw_bar(axes: Axes, drawn: PathCollection, info: ParameterMap) -> None:
    owner: Any = axes.figure
    bar = owner.colorbar(drawn, ax=axes, pad=0.02)
    scales.set_ticks(bar.ax.yaxis, info.score_scale, info.score[np.isfinite(info.score)])
    bar.set_label(style.plain(style.with_goal(info.metric, info.goal)), color=style.INK, fontsize=style.FONT_SIZE - 1)
    bar.ax.tick_params(color=style.FAINT, labelcolor=style.MUTED, labelsize=style.FONT_SIZE - 1)
    bar.outline.set_visible(False)
