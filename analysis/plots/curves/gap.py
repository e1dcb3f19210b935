"""Plot of the best config's score in the sweep, with fresh seeds, and on the test set."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes

from analysis.final_result import OptimismGap
from analysis.plots import style

SIZE = (4.4, 2.4)


class Point(NamedTuple):
    """A value with the values of its seeds and the ends of its interval, None where there is none."""

    label: str
    value: float
    low: float | None
    high: float | None
    seeds: tuple[float, ...]


class Gap(NamedTuple):
    """The points in the order they were measured, of one metric."""

    metric: str
    goal: Any
    points: tuple[Point, ...]


def gap(found: OptimismGap) -> Gap:
    """Of what `sweeps.final.gap.optimism` found: for each place its mean, ends and values."""
    places = {
        "validation,\nin the sweep": found.get("sweep"),
        "validation,\nfresh seeds": found.get("replicates"),
        "test": found.get("test"),
    }
    points = tuple(
        Point(label, n["mean"], n.get("low"), n.get("high"), tuple(n.get("values", ())))
        for label, n in places.items()
        if n is not None
    )
    return Gap(found["metric"], found["goal"], points)


def draw_gap(axes: Axes, info: Gap) -> None:
    """A mark for each mean with its interval, seeds as small dots."""
    beside: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": style.INK}
    for place, point in enumerate(info.points):
        if point.low is not None and point.high is not None:
            axes.vlines(place, point.low, point.high, color=style.BLUE, linewidth=2)
        axes.plot([place] * len(point.seeds), point.seeds, ".", color=style.FAINT, zorder=1)
        axes.plot(place, point.value, "o", color=style.BLUE)
        axes.annotate(f"{point.value:.4g}", (place, point.value), (8, 0), fontsize=style.FONT_SIZE - 1, **beside)
    axes.set_xticks(range(len(info.points)), [point.label for point in info.points])
    axes.set_xlim(-0.5, len(info.points) - 0.3)
    style.set_labels(axes, "", style.with_goal(info.metric, info.goal))
