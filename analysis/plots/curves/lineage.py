"""Plot of a population's lines: the objective over steps, each trial from where its parent ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal
from analysis.plots import scales, style
from analysis.results import STEP, TRIAL, SweepResults

WIDE = (9.0, 3.4)
COPIED = "a winner's state, perturbed"


class Segment(NamedTuple):
    """A trial's `values` (n,) after `steps` (n,), the first of them its parent's last where it has one."""

    trial: str
    steps: NDArray[np.float64]
    values: NDArray[np.float64]
    copied: bool  # it took another member's state, and not that of its own line
    ancestral: bool  # it is the best trial, or one that this goes on from


class Lineage(NamedTuple):
    """The trials of a population, as lines that branch."""

    metric: str
    goal: Goal
    scale: scales.Scale
    segments: tuple[Segment, ...]


def lineage(sweep: SweepResults) -> Lineage:
    """Every trial that has a parent or is one; none where the sweep is no population's."""
    metric = sweep.objective
    rows = sweep.rows.dropna(subset=[metric]) if metric in sweep.rows else sweep.rows[:0]
    parents, population = sweep.parents, (sweep.spec.get("sampler") or {}).get("population")
    ends = {str(trial): (part[STEP].iloc[-1], part[metric].iloc[-1]) for trial, part in rows.groupby(TRIAL)}
    line = [*sweep.ancestors(sweep.best), sweep.best] if sweep.best is not None else []
    family = parents.keys() | set(parents.values())
    segments = []
    for trial, part in rows.groupby(TRIAL):
        name, start = str(trial), ends.get(parents.get(str(trial), ""))
        if name in family:
            points = [*([start] if start else []), *zip(part[STEP], part[metric], strict=True)]
            steps, values = np.array(points, dtype=np.float64).T
            copied = name in parents and int(name) - int(parents[name]) != population
            segments.append(Segment(name, steps, values, copied, name in line))
    values = np.concatenate([segment.values for segment in segments] or [np.empty(0)])
    return Lineage(metric, sweep.goal, scales.value_scale(values, sweep.goal), tuple(segments))


def draw_lineage(axes: Axes, info: Lineage) -> None:
    """Lines of the population, grey; that of the best trial is blue, and a mark is a state that was taken over."""
    for segment in sorted(info.segments, key=lambda segment: segment.ancestral):
        look: dict[str, Any] = {"color": style.BLUE if segment.ancestral else style.FAINT}
        axes.plot(segment.steps, segment.values, linewidth=1.8 if segment.ancestral else 0.9, **look)
        if segment.copied:
            mark: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "", "color": style.ORANGE}
            axes.plot(segment.steps[:1], segment.values[:1], label=COPIED, **mark)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if handles:
        axes.legend(handles.values(), handles.keys(), frameon=False, loc="best")
    steps, values = (np.concatenate([s[i] for s in info.segments] or [np.empty(0)]) for i in (1, 2))
    scales.set_y_scale(axes, info.scale, values[np.isfinite(values)])
    scales.set_x_scale(axes, "linear", steps)
    style.set_labels(axes, "steps since the start of a line", style.with_goal(info.metric, info.goal))


def plot_lineage(sweep: SweepResults) -> Figure:
    """The figure of `lineage`."""
    return style.figure(draw_lineage, lineage(sweep), WIDE)


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, of a population."""
    info = lineage(sweep)
    if info.segments:
        copied = sum(segment.copied for segment in info.segments)
        caption = f"Blue: how the best trial came about. {copied} times a member went on from another one's state."
        yield style.Picture("lineage", "Who went on from whom", caption, info, draw_lineage, WIDE)
