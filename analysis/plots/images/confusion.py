"""Plot of a classifier's confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from analysis.formatting import class_names
from analysis.plots import style
from analysis.results import CONFUSION, SweepResults

SIZE = (4.6, 4.2)
MAX_WRITTEN = 15  # classes; of more the counts would not be readable
DARK_FROM = 0.55  # shares from here on have white figures


class Confusion(NamedTuple):
    """`counts` (classes, classes) of validation images, true class by predicted one; None where there are none."""

    trial: str
    classes: tuple[str, ...]
    counts: NDArray[np.int64] | None

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of each true class the share taken for each class: rows sum to 1, or 0 where the class has no image."""
        assert self.counts is not None
        shares: NDArray[np.float64] = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return shares


def confusion(sweep: SweepResults, trial: str | None = None) -> Confusion:
    """The trial's at its last step (the best trial's, if none is named)."""
    trial = trial or sweep.best or ""
    found = sweep.final[CONFUSION].get(trial) if CONFUSION in sweep.final else None
    counts = np.array(found, dtype=np.int64) if isinstance(found, list) else None
    return Confusion(trial, class_names(sweep, 0 if counts is None else len(counts)), counts)


def draw_confusion(axes: Axes, info: Confusion) -> None:
    """Shares of each true class in blue, with counts where there is room."""
    if info.counts is None:
        axes.set_axis_off()
        return
    _draw_cells(axes, info.shares)
    names = [style.plain(name, 16) for name in info.classes]
    places = np.arange(0, len(names), len(names) // MAX_WRITTEN + 1 if len(names) > MAX_WRITTEN else 1)
    slant: dict[str, Any] = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(places, [names[place] for place in places], **slant)
    axes.set_yticks(places, [names[place] for place in places])
    if len(names) <= MAX_WRITTEN:
        _write_counts(axes, info.counts, info.shares)
    style.set_labels(axes, "predicted class", "true class")


def plot_confusion(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `confusion`."""
    return style.figure(draw_confusion, confusion(sweep, trial), SIZE)


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where it is a classifier."""
    info = confusion(sweep)
    if info.counts is not None:
        caption = f"The best trial, {info.trial}: {info.counts.sum()} validation images, {_worst(info)}."
        yield style.Picture("confusion", "Which classes are taken for which", caption, info, draw_confusion, SIZE)


def _draw_cells(axes: Axes, shares: NDArray[np.float64]) -> None:
    """A square a pair of classes, the bluer the larger its share."""
    rows, columns = np.nonzero(shares)
    squares = [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in zip(rows, columns, strict=True)]
    colors = [to_rgba(style.BLUE, share) for share in shares[rows, columns]]
    axes.add_collection(PatchCollection(squares, facecolors=colors, linewidths=0))
    axes.set_xlim(-0.5, len(shares) - 0.5)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.grid(False)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(style.GRID)


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = style.PAPER if shares[row, column] > DARK_FROM else style.INK
            axes.text(column, row, str(count), ha="center", va="center", color=color, fontsize=style.FONT_SIZE - 2)


def _worst(info: Confusion) -> str:
    """The commonest mistake in words."""
    assert info.counts is not None
    wrong = info.counts - np.diag(np.diag(info.counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    if not wrong.any():
        return "no mistake"
    return f"most often {info.classes[true]} is taken for {info.classes[predicted]} ({wrong.max()} times)"
