"""Cross-validation: the accuracy on every fold, a model a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots import scales, style
from analysis.plots.comparison import names_of
from analysis.results import STEP, TRIAL, Sweep

METRIC = "cv/fold_accuracy"
ROW_HEIGHT = 0.5  # inches


class Folds(NamedTuple):
    """Accuracies (k,) of one model's folds, in their order."""

    name: str
    trial: str
    accuracies: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.accuracies.mean())

    @property
    def deviation(self) -> float:
        """Standard deviation over the folds; NaN of one."""
        return float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else float("nan")


def fold_accuracies(sweeps: Sequence[Sweep]) -> tuple[Folds, ...]:
    """The best trial of every sweep that cross-validates, the best mean first."""
    folds = [_folds(sweep, name) for sweep, name in zip(sweeps, names_of(sweeps), strict=True)]
    return tuple(sorted((one for one in folds if len(one.accuracies)), key=lambda one: -one.mean))


def draw_fold_accuracies(axes: Axes, info: Sequence[Folds]) -> None:
    """A dot a fold, a bar at the mean with one standard deviation to both sides."""
    for row, folds in enumerate(info):
        axes.scatter(
            folds.accuracies, np.full(len(folds.accuracies), row), s=22, color=style.BLUE, alpha=0.7, linewidths=0
        )
        axes.errorbar(folds.mean, row, xerr=folds.deviation, fmt="|", color=style.INK, markersize=14, elinewidth=1.2)
    axes.set_yticks(range(len(info)), [style.plain(f"{folds.name}: {folds.mean:.3f}", 40) for folds in info])
    axes.set_ylim(len(info) - 0.5, -0.5)
    axes.grid(False)
    axes.grid(axis="x", color=style.GRID, linewidth=0.8)
    scales.set_x_scale(axes, "linear", np.concatenate([folds.accuracies for folds in info] or [np.empty(0)]))
    style.set_labels(axes, "accuracy on a fold (higher is better)", "")


def plot_fold_accuracies(sweeps: Sequence[Sweep]) -> Figure:
    """The figure of `fold_accuracies`."""
    info = fold_accuracies(sweeps)
    return style.figure(draw_fold_accuracies, info, _size(info))


def pictures(sweeps: Sequence[Sweep]) -> Iterator[style.Picture]:
    """One, where any sweep cross-validates."""
    info = fold_accuracies(sweeps)
    if info:
        caption = "Of each sweep the best trial; a dot a fold, the bar is the mean, its arms one standard deviation."
        yield style.Picture("folds", "Accuracy by fold", caption, info, draw_fold_accuracies, _size(info))


def _folds(sweep: Sweep, name: str) -> Folds:
    rows = sweep.rows[sweep.rows[TRIAL] == sweep.best].sort_values(STEP)
    found = rows[METRIC].dropna().to_numpy(dtype=np.float64) if METRIC in rows else np.empty(0)
    return Folds(name, sweep.best or "", found)


def _size(info: Sequence[Folds]) -> tuple[float, float]:
    return 6.0, max(1.6, ROW_HEIGHT * len(info) + 0.8)
