"""One file per picture, numbers first and then ink; a new picture is a file and a row of PICTURES."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analysis.plots import loss_curves, metric_vs_parameter
from analysis.plots.style import Picture
from analysis.results import Sweep

# Section of the report -> what draws it, in the order of the page.
PICTURES: dict[str, Callable[[Sweep], Iterator[Picture]]] = {
    "Training": loss_curves.pictures,
    "Parameters": metric_vs_parameter.pictures,
}
