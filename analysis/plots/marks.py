"""Markers of trials in plots, their shape by how the trial ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.plots import style
from analysis.results import DONE, FAILED, RUNNING, STOPPED

Glyph = dict[str, Any]

MARKS: Mapping[str, Glyph] = {
    DONE: {"s": 22, "color": style.MUTED, "alpha": 0.75, "linewidths": 0, "zorder": 3},
    STOPPED: {"s": 22, "facecolors": style.PAPER, "edgecolors": style.ORANGE, "linewidths": 1.1, "zorder": 3},
    RUNNING: {"s": 22, "marker": "^", "facecolors": style.PAPER, "edgecolors": style.BLUE, "zorder": 3},
    FAILED: {"s": 22, "marker": "x", "color": style.VERMILLION, "linewidths": 1.1, "zorder": 4},
}
BEST_MARK: Glyph = {"s": 110, "marker": "*", "color": style.BLUE, "edgecolors": style.PAPER, "zorder": 5}


def draw_trials(
    axes: Axes,
    x: NDArray[np.float64],
    score: NDArray[np.float64],
    spread: NDArray[np.float64],
    statuses: Sequence[str],
    is_best: NDArray[np.bool_],
) -> None:
    """Marks at (x, score), all (n,), with error bars of `spread`; a failed trial without a score lies on the floor."""
    seen = np.isfinite(x) & np.isfinite(score)
    if np.isfinite(spread[seen]).any():
        axes.errorbar(x[seen], score[seen], spread[seen], fmt="none", ecolor=style.FAINT, elinewidth=1, zorder=2)
    for status, look in MARKS.items():
        chosen = seen & ~is_best & equal(status, statuses)
        scatter(axes, x[chosen], score[chosen], label=status, **look)
    scatter(axes, x[seen & is_best], score[seen & is_best], label="best", **BEST_MARK)
    _draw_floor(axes, x[np.isfinite(x) & np.isnan(score) & equal(FAILED, statuses)])


def scatter(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], **look: Any) -> None:
    """Scatter plot of trials, if there are any; rasterised inside a vector file where there are very many."""
    if x.size:
        axes.scatter(x, y, rasterized=x.size > style.MAX_VECTOR_MARKS, **look)


def equal(wanted: str | None, names: Sequence[str]) -> NDArray[np.bool_]:
    """Which of `names` are the wanted one, (n,)."""
    return np.array([name == wanted for name in names], dtype=bool)


def _draw_floor(axes: Axes, x: NDArray[np.float64]) -> None:
    """Failed trials without a score, on the bottom edge: where training does not survive."""
    label = "_failed" if FAILED in axes.get_legend_handles_labels()[1] else FAILED  # one entry in the legend
    look = {**MARKS[FAILED], "transform": axes.get_xaxis_transform(), "clip_on": False, "label": label}
    scatter(axes, x, np.full(x.size, 0.02), **look)
