"""Plots, a file each: `NAME(sweep)` computes the numbers, `draw_NAME(axes, numbers)` draws, `plot_NAME(sweep)` does
both.

A new picture is a file, a row of PICTURES or COMPARISONS, and its `plot_NAME` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analysis.plots.curves import (
    budget,
    comparison,
    fold_accuracies,
    front,
    game_curves,
    history,
    hypervolume,
    lineage,
    loss_curves,
    overlay,
    timeline,
)
from analysis.plots.curves.budget import plot_budget
from analysis.plots.curves.comparison import plot_comparison
from analysis.plots.curves.fold_accuracies import plot_fold_accuracies
from analysis.plots.curves.front import plot_front
from analysis.plots.curves.game_curves import plot_game_curves
from analysis.plots.curves.history import plot_history
from analysis.plots.curves.hypervolume import plot_hypervolume
from analysis.plots.curves.lineage import plot_lineage
from analysis.plots.curves.loss_curves import plot_loss_curves
from analysis.plots.curves.overlay import plot_overlay
from analysis.plots.curves.timeline import plot_timeline
from analysis.plots.images import (
    class_grid,
    collapse,
    confusion,
    film_strip,
    interpolation,
    reconstructions,
    weight_maps,
)
from analysis.plots.images.class_grid import plot_class_grid
from analysis.plots.images.collapse import plot_collapse
from analysis.plots.images.confusion import plot_confusion
from analysis.plots.images.film_strip import plot_film_strip
from analysis.plots.images.interpolation import plot_interpolation
from analysis.plots.images.reconstructions import plot_reconstructions
from analysis.plots.images.weight_maps import plot_weight_maps
from analysis.plots.parameters import final_losses, importance, metric_vs_parameter, parallel_coordinates, parameter_map
from analysis.plots.parameters.final_losses import plot_final_losses
from analysis.plots.parameters.importance import plot_importance
from analysis.plots.parameters.metric_vs_parameter import plot_metric_vs_parameter
from analysis.plots.parameters.parallel_coordinates import plot_parallel_coordinates
from analysis.plots.parameters.parameter_map import plot_parameter_map
from analysis.plots.style import Picture
from analysis.results import SweepResults

__all__ = [
    "COMPARISONS",
    "PICTURES",
    "Picture",
    "plot_budget",
    "plot_class_grid",
    "plot_collapse",
    "plot_comparison",
    "plot_confusion",
    "plot_film_strip",
    "plot_final_losses",
    "plot_fold_accuracies",
    "plot_front",
    "plot_game_curves",
    "plot_history",
    "plot_hypervolume",
    "plot_importance",
    "plot_interpolation",
    "plot_lineage",
    "plot_loss_curves",
    "plot_metric_vs_parameter",
    "plot_overlay",
    "plot_parallel_coordinates",
    "plot_parameter_map",
    "plot_reconstructions",
    "plot_timeline",
    "plot_weight_maps",
]

OfSweep = Callable[[SweepResults], Iterator[Picture]]
OfSweeps = Callable[[Sequence[SweepResults]], Iterator[Picture]]


def _in_turn(*parts: OfSweep) -> OfSweep:
    def pictures(sweep: SweepResults) -> Iterator[Picture]:
        for part in parts:
            yield from part(sweep)

    return pictures


# Section of the report -> what draws the pictures of one sweep that apply to it, in the order of the page.
PICTURES: Mapping[str, OfSweep] = {
    "Search": _in_turn(
        front.pictures,
        hypervolume.pictures,
        history.pictures,
        lineage.pictures,
        importance.pictures,
        parallel_coordinates.pictures,
    ),
    "Judgement": _in_turn(parameter_map.pictures, collapse.pictures, final_losses.pictures, confusion.pictures),
    "Images": _in_turn(
        film_strip.pictures,
        class_grid.pictures,
        interpolation.pictures,
        reconstructions.pictures,
        weight_maps.pictures,
    ),
    "Training": _in_turn(game_curves.pictures, loss_curves.pictures),
    "Parameters": _in_turn(metric_vs_parameter.pictures),
    "Machines": _in_turn(timeline.pictures),
}

# Section of a comparison -> what draws the pictures of several sweeps together.
COMPARISONS: Mapping[str, OfSweeps] = {
    "Models": comparison.pictures,
    "Curves": overlay.pictures,
    "Budget": budget.pictures,
    "Cross-validation": fold_accuracies.pictures,
}
