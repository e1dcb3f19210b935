"""Plot of which trial ran on which slot over time, with the utilisation of the slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.formatting import duration
from analysis.plots import scales, style
from analysis.results import (
    DONE,
    ENDED,
    FAILED,
    RUNNING,
    STARTED,
    STATUS,
    STOPPED,
    TRIAL,
    WORKER,
    SweepResults,
    sorted_by_trial,
)

Floats = NDArray[np.float64]

COLORS = {DONE: style.MUTED, STOPPED: style.ORANGE, FAILED: style.VERMILLION, RUNNING: style.SKY, "best": style.BLUE}
PAUSE = 60.0  # seconds in which nothing ran at all: the sweep was interrupted, and that time is left out
LANE_HEIGHT = 0.26  # inches
GAP = 0.0015  # of the width, between one bar and the next


class Bar(NamedTuple):
    """A trial from `start` to `end`, seconds since the sweep began with pauses left out, in a lane."""

    trial: str
    status: str
    lane: int
    start: float
    end: float


class Timeline(NamedTuple):
    """`lanes` names the node of each slot, as many slots as ever ran at once; `pauses` are where time was cut out."""

    lanes: tuple[str, ...]
    bars: tuple[Bar, ...]
    best: str | None
    pauses: tuple[float, ...]

    def kind(self, bar: Bar) -> str:
        """A bar's status, or "best"."""
        return "best" if bar.trial == self.best else bar.status

    @property
    def span(self) -> float:
        """Seconds from the first start to the last end, without pauses."""
        return max((bar.end for bar in self.bars), default=0.0)

    @property
    def utilisation(self) -> float:
        """The share of the slots' time in which they ran a trial; NaN where nothing ran."""
        busy = sum(bar.end - bar.start for bar in self.bars)
        return busy / (self.span * len(self.lanes)) if self.span else float("nan")


def timeline(sweep: SweepResults) -> Timeline:
    """The last uninterrupted run of every trial, where its times are known."""
    known = sweep.trials.dropna(subset=[STARTED, ENDED]) if {STARTED, ENDED} <= set(sweep.trials) else sweep.trials[:0]
    table = sorted_by_trial(known).sort_values(STARTED, kind="stable")
    starts, ends, pauses = _without_pauses(table)
    nodes = [str(worker).rpartition(":")[0] for worker in table[WORKER]] if len(table) else []
    lanes, owners = _lanes(nodes, starts, ends)
    rows = zip(table[TRIAL], table[STATUS], lanes, starts, ends, strict=True)
    return Timeline(owners, tuple(Bar(*row) for row in rows), sweep.best, pauses)


def draw_timeline(axes: Axes, info: Timeline) -> None:
    """A bar a trial, coloured by how it ended; the best one is blue."""
    for kind in dict.fromkeys(map(info.kind, info.bars)):
        bars = [bar for bar in info.bars if info.kind(bar) == kind]
        starts = np.array([bar.start for bar in bars])
        widths = np.array([bar.end for bar in bars]) - starts - GAP * info.span
        look: dict[str, Any] = {"color": COLORS.get(kind, style.FAINT), "linewidth": 0, "label": kind}
        axes.barh([bar.lane for bar in bars], np.maximum(widths, GAP * info.span), 0.7, starts, **look)
    for number, pause in enumerate(info.pauses):
        label = "_" * (number > 0) + "interrupted"  # one entry in the legend
        axes.axvline(pause, color=style.INK, linewidth=0.8, linestyle=":", label=label)
    axes.set_yticks(range(len(info.lanes)), _lane_names(info.lanes))
    axes.set_ylim(len(info.lanes) - 0.4, -0.6)
    axes.grid(False)
    scales.set_x_scale(axes, "linear", np.array([0, info.span]))
    style.set_labels(axes, "seconds since the first trial began", "")
    style.set_legend(axes)


def plot_timeline(sweep: SweepResults) -> Figure:
    """The figure of `timeline`."""
    info = timeline(sweep)
    return style.figure(draw_timeline, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, where it is known when more than one trial ran."""
    info = timeline(sweep)
    if len(info.bars) > 1:
        slots = f"{len(info.lanes)} slot{'s' * (len(info.lanes) != 1)}"
        cut = " Interruptions are left out." if info.pauses else ""
        caption = f"{slots}, busy {info.utilisation:.0%} of {duration(info.span)}.{cut}"
        yield style.Picture("timeline", "Who ran what when", caption, info, draw_timeline, _size(info))


def _without_pauses(table: pd.DataFrame) -> tuple[Floats, Floats, tuple[float, ...]]:
    """Starts and ends in seconds since the first start, and where time was cut out because nothing ran for long."""
    starts, ends = (table[name].to_numpy(dtype=np.float64) for name in (STARTED, ENDED))
    if not len(table):
        return starts, ends, ()
    latest = np.maximum.accumulate(ends)
    idle = np.concatenate([[0.0], starts[1:] - latest[:-1]])
    lost = np.cumsum(np.where(idle > PAUSE, idle, 0.0)) + starts[0]
    starts, ends = starts - lost, ends - lost
    return starts, ends, tuple(float(start) for start in starts[idle > PAUSE])


def _lanes(nodes: Sequence[str], starts: Floats, ends: Floats) -> tuple[list[int], tuple[str, ...]]:
    """For trials by their start the lane of each, a free one of its node or a new one; and the node of every lane."""
    owners: list[str] = []
    free: list[float] = []  # from when on
    taken: list[int] = []
    for node, start, end in zip(nodes, starts, ends, strict=True):
        fitting = (lane for lane, owner in enumerate(owners) if owner == node and free[lane] <= start)
        lane = next(fitting, len(owners))
        if lane == len(owners):
            owners.append(node)
            free.append(0.0)
        free[lane] = end
        taken.append(lane)
    order = sorted(range(len(owners)), key=lambda lane: (owners[lane], lane))
    return [order.index(lane) for lane in taken], tuple(owners[lane] for lane in order)


def _lane_names(lanes: Sequence[str]) -> list[str]:
    """A node and a number each, of one node the number alone; hosts without their domain where that will do."""
    hosts = [lane.partition(".")[0] for lane in lanes]
    nodes = hosts if len(set(hosts)) == len(set(lanes)) else lanes
    numbers = [lanes[: number + 1].count(lane) for number, lane in enumerate(lanes)]
    names = [style.plain(node, 20) if len(set(lanes)) > 1 else "slot" for node in nodes]
    return [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]


def _size(info: Timeline) -> tuple[float, float]:
    return 9.0, min(8.0, LANE_HEIGHT * len(info.lanes) + 1.0)
