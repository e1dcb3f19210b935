"""Plot of parameter importance, as the search computed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots import style
from analysis.results import SweepResults

MAX_BARS = 15
ROW_HEIGHT = 0.26  # inches


class Importance(NamedTuple):
    """`shares` of `parameters` in what told the best `top` of `trials` apart, by `method`, largest first, sum 1."""

    method: str
    trials: int
    top: int
    parameters: tuple[str, ...]
    shares: tuple[float, ...]


def importance(sweep: SweepResults) -> Importance:
    """What the sweep left of it; no parameter where it left nothing."""
    left = sweep.importance
    shares = sorted(left.get("shares", {}).items(), key=lambda pair: -pair[1])
    names, values = tuple(name for name, _ in shares), tuple(float(value) for _, value in shares)
    return Importance(str(left.get("method", "")), left.get("trials", 0), left.get("top", 0), names, values)


def draw_importance(axes: Axes, info: Importance) -> None:
    """A bar a parameter with its share, the most important ones."""
    names, shares = info.parameters[:MAX_BARS], info.shares[:MAX_BARS]
    places = np.arange(len(names))
    axes.barh(places, shares, color=style.BLUE, height=0.65)
    for place, share in zip(places, shares, strict=True):
        axes.text(share, float(place), f" {share:.0%}", va="center", color=style.MUTED, fontsize=style.FONT_SIZE - 1)
    axes.set_yticks(places, [style.plain(name, 28) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, max(shares, default=1) * 1.15)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.grid(False)


def plot_importance(sweep: SweepResults) -> Figure:
    """The figure of `importance`."""
    info = importance(sweep)
    return style.figure(draw_importance, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, where the search said anything."""
    info = importance(sweep)
    if len(info.parameters) > 1:
        few = " Of so few trials it is a hint at best." if info.trials < 30 else ""
        caption = (
            f"Share of each parameter in what told the best {info.top} of {info.trials} trials apart from the rest, "
            f"by {info.method}.{few}"
        )
        yield style.Picture("importance", "Which parameters mattered", caption, info, draw_importance, _size(info))


def _size(info: Importance) -> tuple[float, float]:
    return style.SIZE[0], max(1.2, ROW_HEIGHT * min(MAX_BARS, len(info.parameters)) + 0.4)
