"""A file a picture: `NAME(sweep)` gives its numbers, `draw_NAME(axes, numbers)` the ink, `plot_NAME(sweep)` a figure.

A new picture is a file, a row of PICTURES or COMPARISONS, and its `plot_NAME` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analysis.plots import budget, comparison, history, loss_curves, metric_vs_parameter
from analysis.plots.budget import plot_budget
from analysis.plots.comparison import plot_comparison
from analysis.plots.history import plot_history
from analysis.plots.loss_curves import plot_loss_curves
from analysis.plots.metric_vs_parameter import plot_metric_vs_parameter
from analysis.plots.style import Picture
from analysis.results import Sweep

__all__ = [
    "COMPARISONS",
    "PICTURES",
    "Picture",
    "plot_budget",
    "plot_comparison",
    "plot_history",
    "plot_loss_curves",
    "plot_metric_vs_parameter",
]

OfSweep = Callable[[Sweep], Iterator[Picture]]
OfSweeps = Callable[[Sequence[Sweep]], Iterator[Picture]]


def _in_turn(*parts: OfSweep) -> OfSweep:
    def pictures(sweep: Sweep) -> Iterator[Picture]:
        for part in parts:
            yield from part(sweep)

    return pictures


# Section of the report -> what draws the pictures of one sweep that apply to it, in the order of the page.
PICTURES: Mapping[str, OfSweep] = {
    "Search": _in_turn(history.pictures),
    "Training": _in_turn(loss_curves.pictures),
    "Parameters": _in_turn(metric_vs_parameter.pictures),
}

# Section of a comparison -> what draws the pictures of several sweeps together.
COMPARISONS: Mapping[str, OfSweeps] = {
    "Models": comparison.pictures,
    "Budget": budget.pictures,
}
