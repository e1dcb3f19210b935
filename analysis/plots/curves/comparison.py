"""Comparison table of several sweeps: training time, quality, speed of convergence, collapse rate, remarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.extractors import told_apart
from analysis.formatting import duration, title, word
from analysis.metrics import Goal
from analysis.plots import style
from analysis.plots.verdicts import COLLAPSES, UNJUDGED, are_judged, last_verdicts
from analysis.results import FAILED, REASON, SECONDS, SPREAD, STATUS, STEP, STOPPED, TRIAL, SweepResults

NEAR = 0.95  # of the way from the first value to the best one counts as converged
HEADER = ("sweep", "trials", "metric", "best", "training time", "converged after", "collapse rate", "remarks")
ROW_HEIGHT = 0.42  # inches


class Compared(NamedTuple):
    """A sweep's row of the table. Times are seconds; NaN where unknown, as the collapse rate where nothing was judged.

    `score` is its best trial's, `spread` its standard deviation over the replicates, `seconds` its training time and
    `converged` how much of that it took to come 95 % of the way from its first value to its best one; `total` is the
    training time of all trials.
    """

    name: str
    trials: int
    metric: str
    goal: Goal
    score: float
    spread: float
    seconds: float
    converged: float
    total: float
    collapse_rate: float
    remarks: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """The row in words, one for each of HEADER."""
        spread = f" ± {self.spread:.2g}" if np.isfinite(self.spread) else ""
        rate = f"{self.collapse_rate:.0%}" if np.isfinite(self.collapse_rate) else "not judged"
        times = (duration(self.seconds), duration(self.converged))
        best = word(self.score) + spread
        return (self.name, str(self.trials), self.metric, best, *times, rate, "; ".join(self.remarks))


def comparison(sweeps: Sequence[SweepResults]) -> tuple[Compared, ...]:
    """A row a sweep, in the order given; scores of different extractors have different names."""
    return tuple(_compared(sweep, name) for sweep, name in zip(told_apart(sweeps), names_of(sweeps), strict=True))


def names_of(sweeps: Sequence[SweepResults]) -> tuple[str, ...]:
    """What each sweep is called; those that would be called the same by their folder as well."""
    titles = [title(sweep) for sweep in sweeps]
    return tuple(
        name if titles.count(name) == 1 else f"{name} ({sweep.folder.name})"
        for name, sweep in zip(titles, sweeps, strict=True)
    )


def draw_comparison(axes: Axes, info: Sequence[Compared]) -> None:
    """The table as text, columns as wide as their words."""
    lines = [HEADER, *(row.cells for row in info)]
    cells = [[style.plain(cell, 44) for cell in line] for line in lines]
    widths = np.array([max(len(line[column]) for line in cells) + 2 for column in range(len(HEADER))], dtype=float)
    left = np.concatenate([[0], np.cumsum(widths)[:-1]]) / widths.sum()
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    for number, line in enumerate(cells):
        color = style.INK if number else style.MUTED
        for x, cell in zip(left, line, strict=True):
            axes.text(x, number, cell, color=color, fontsize=style.FONT_SIZE - 1, va="center")
        axes.axhline(number + 0.5, color=style.GRID if number else style.FAINT, linewidth=0.8)


def plot_comparison(sweeps: Sequence[SweepResults]) -> Figure:
    """The figure of `comparison`."""
    info = comparison(sweeps)
    return style.figure(draw_comparison, info, _size(info))


def pictures(sweeps: Sequence[SweepResults]) -> Iterator[style.Picture]:
    """One, for any number of sweeps."""
    info = comparison(sweeps)
    caption = "Of each sweep the best trial, and what became of the others."
    yield style.Picture("comparison", "The sweeps compared", caption, info, draw_comparison, _size(info))


def _size(info: Sequence[Compared]) -> tuple[float, float]:
    return 11.0, ROW_HEIGHT * (len(info) + 1) + 0.3


def _compared(sweep: SweepResults, name: str) -> Compared:
    best = sweep.best
    table = sweep.trials.set_index(TRIAL)
    judged = last_verdicts(sweep)
    judged = judged[judged != UNJUDGED]
    return Compared(
        name=name,
        trials=len(table),
        metric=sweep.objective,
        goal=sweep.goal,
        score=sweep.score(best) if best else float("nan"),
        spread=float(sweep.values(sweep.objective + SPREAD).get(best, np.nan)),
        seconds=float(table[SECONDS].get(best, np.nan)),
        converged=_converged(sweep),
        total=float(table[SECONDS].sum()),
        collapse_rate=float(judged.isin(COLLAPSES).mean()) if are_judged(sweep) and len(judged) else float("nan"),
        remarks=tuple(_remarks(sweep)),
    )


def _converged(sweep: SweepResults) -> float:
    """Seconds of training of the best trial until its objective had come most of the way to its best value."""
    rows = sweep.rows[sweep.rows[TRIAL] == sweep.best].sort_values(STEP)
    if sweep.objective not in rows or SECONDS not in rows or rows[sweep.objective].isna().all():
        return float("nan")
    rows = rows[rows[sweep.objective].notna()]
    values = rows[sweep.objective].to_numpy(dtype=float)
    sign = 1 if sweep.goal == "maximize" else -1
    threshold = values[0] + NEAR * ((sign * values).max() * sign - values[0])
    reached = int(np.argmax(sign * values >= sign * threshold))
    return float(rows[SECONDS].iloc[reached])


def _remarks(sweep: SweepResults) -> Iterator[str]:
    """What became of the trials that did not simply end, and the verdicts."""
    table = sweep.trials
    stopped, failed = (int((table[STATUS] == status).sum()) for status in (STOPPED, FAILED))
    if failed:
        reason, _ = Counter(table.loc[table[STATUS] == FAILED, REASON]).most_common(1)[0]
        yield f"{failed} failed" + (f" ({reason})" if reason else "")
    if stopped:
        yield f"{stopped} stopped early"
    if are_judged(sweep):
        counts = last_verdicts(sweep).value_counts()
        yield ", ".join(f"{count} {str(verdict).replace('_', ' ')}" for verdict, count in counts.items())
