"""Interactive Plotly figures of a sweep's results, for web pages and dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from analysis.configs import is_nothing, numbers
from analysis.formatting import in_yaml
from analysis.results import CONFIG, TRIAL, SweepResults
from analysis.searched import Searched, searched_parameters

WRITTEN = 20  # classes of a confusion matrix whose counts are still legible


def confusion_matrix(counts: Sequence[Sequence[float]], classes: Sequence[str]) -> go.Figure:
    """Counts (k, k), true class by predicted class, as a heat map; classes without names are numbered."""
    names = list(classes) if len(classes) == len(counts) else [str(k) for k in range(len(counts))]
    text = {"text": counts, "texttemplate": "%{text}"} if len(counts) <= WRITTEN else {}
    figure = _figure(go.Heatmap(z=counts, x=names, y=names, colorscale="Blues", showscale=False, **text))
    figure.update_xaxes(title="predicted", type="category")
    figure.update_yaxes(title="true", type="category", autorange="reversed")
    return figure


def importance(sweep: SweepResults) -> go.Figure | None:
    """The share of each parameter in what told the best trials apart, largest on top; None where nothing is known."""
    shares: Mapping[str, float] = sweep.importance.get("shares", {})
    ranked = sorted(shares.items(), key=lambda pair: pair[1])
    names, values = [name for name, _ in ranked], [value for _, value in ranked]
    return _figure(go.Bar(x=values, y=names, orientation="h")) if ranked else None


def parallel_coordinates(sweep: SweepResults) -> go.Figure | None:
    """A line a trial that has a score, through its parameters to it; None where there is no such trial."""
    searched = searched_parameters(sweep)
    if not sweep.ranked or not searched:
        return None
    table = sweep.trials.set_index(TRIAL).loc[sweep.ranked]
    scores = [sweep.score(trial) for trial in sweep.ranked]
    axes = [_axis(parameter, table) for parameter in searched if CONFIG + parameter.name in table]
    line = {"color": scores, "colorscale": "Viridis", "reversescale": sweep.goal == "minimize"}
    return _figure(go.Parcoords(line=line, dimensions=[*axes, {"label": sweep.objective, "values": scores}]))


def _axis(parameter: Searched, table: pd.DataFrame) -> dict[str, Any]:
    """Numbers where they lie, by powers of ten if searched so; other values as ticks; no value is a tick of its own."""
    column = table[CONFIG + parameter.name]
    found = numbers(column)
    if parameter.choices or found.isna().any():
        words = ["-" if is_nothing(value) else in_yaml(value) for value in column]
        names = sorted(set(words))
        values = [names.index(word) for word in words]
        return {"label": parameter.name, "tickvals": list(range(len(names))), "ticktext": names, "values": values}
    if not parameter.log:
        return {"label": parameter.name, "values": found.tolist()}
    powers = np.log10(found)
    marks = np.arange(np.floor(powers.min()), np.ceil(powers.max()) + 1)
    names = [f"{10.0**mark:g}" for mark in marks]
    return {"label": parameter.name, "tickvals": marks.tolist(), "ticktext": names, "values": powers.tolist()}


def _figure(trace: Any) -> go.Figure:
    return go.Figure(trace, layout={"template": "none", "margin": {"t": 40, "r": 40}})
