"""Plot of the accuracy on each cross-validation fold, one line per model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots import scales, style
from analysis.plots.curves.comparison import names_of
from analysis.results import STEP, TRIAL, SweepResults

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


def fold_accuracies(sweeps: Sequence[SweepResults]) -> tuple[Folds, ...]:
    """The best trial of every sweep that cross-validates, the best mean first."""
    folds = [_folds(sweep, name) for sweep, name in zip(sweeps, names_of(sweeps), strict=True)]
    return tuple(sorted((one for one in folds if len(one.accuracies)), key=lambda one: -one.mean))


def draw_fold_accuracies(axes: Axes, info: Sequence[Folds]) -> None:
    """A dot a fold, a bar at the mean with one standard deviation to both sides, both as numbers beside."""
    shown = [np.empty(0)]
    for row, folds in enumerate(info):
        arms = np.array([folds.mean - folds.deviation, folds.mean + folds.deviation])
        shown += [folds.accuracies, arms[np.isfinite(arms)]]
        look: dict[str, Any] = {"s": 22, "color": style.BLUE, "alpha": 0.7, "linewidths": 0}
        axes.scatter(folds.accuracies, np.full(len(folds.accuracies), row), **look)
        axes.errorbar(folds.mean, row, xerr=folds.deviation, fmt="|", color=style.INK, markersize=14, elinewidth=1.2)
        text = f"{folds.mean:.3f}" + (f" ± {folds.deviation:.3f}" if len(folds.accuracies) > 1 else "")
        place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center"}
        axes.text(1.02, row, text, color=style.INK, fontsize=style.FONT_SIZE - 1, **place)
    axes.set_yticks(range(len(info)), [style.plain(folds.name, 40) for folds in info])
    axes.set_ylim(max(1, len(info)) - 0.5, -0.5)
    axes.grid(False)
    axes.grid(axis="x", color=style.GRID, linewidth=0.8)
    scales.set_x_scale(axes, "linear", np.concatenate(shown))
    style.set_labels(axes, "accuracy on a fold (higher is better)", "")


def plot_fold_accuracies(sweeps: Sequence[SweepResults]) -> Figure:
    """The figure of `fold_accuracies`."""
    info = fold_accuracies(sweeps)
    return style.figure(draw_fold_accuracies, info, _size(info))


def pictures(sweeps: Sequence[SweepResults]) -> Iterator[style.Picture]:
    """One, where any sweep cross-validates."""
    info = fold_accuracies(sweeps)
    if info:
        caption = "Of each sweep the best trial; a dot a fold, the bar is the mean, its arms one standard deviation."
        yield style.Picture("folds", "Accuracy by fold", caption, info, draw_fold_accuracies, _size(info))


def _folds(sweep: SweepResults, name: str) -> Folds:
    rows = sweep.rows[sweep.rows[TRIAL] == sweep.best].sort_values(STEP)
    found = rows[METRIC].dropna().to_numpy(dtype=np.float64) if METRIC in rows else np.empty(0)
    return Folds(name, sweep.best or "", found)


def _size(info: Sequence[Folds]) -> tuple[float, float]:
    return 7.0, max(1.6, ROW_HEIGHT * len(info) + 0.8)
