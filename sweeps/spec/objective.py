"""What a sweep searches for: the metric that its spec names, checked against what the model can have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from analysis.metrics import METRICS, Goal, Metric, default_objective
from analysis.results import SECONDS
from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import MetricSection, Section, SpecSection
from sweeps.spec.points import holds_points
from sweeps.spec.resolved import UNJUDGED, Objective
from trainables import MODELS, Entry
from trainables.data import STACKED

T = TypeVar("T", bound=Section)


def objective(section: SpecSection, entry: Entry, dataset: str) -> Objective:
    """The metrics with their goals; a user's own model may report one we do not know, which then needs a goal."""
    lines = keyed(section.metric)
    if section.final:
        return _unjudged([line for _, line in lines])
    kinds = kinds_of(entry, dataset)
    if not lines:
        name = default_objective(kinds[0])
        return Objective(name, METRICS[name].goal or "minimize")
    goals: dict[str, Goal] = {}
    for key, line in lines:
        if line.name in goals:
            raise SpecError(f"{line.name} is there twice", key=f"{key}.name", valid="each metric once")
        goals[line.name] = _goal(key, line, section, entry, kinds, first=not goals)
    (name, goal), *others = goals.items()
    return Objective(name, goal, others=dict(others))


def keyed(lines: T | list[T] | None, key: str = "metric") -> list[tuple[str, T]]:
    """What a spec says once as a mapping, or several times as a list of them, each with its key."""
    if isinstance(lines, list):
        return [(f"{key}[{index}]", line) for index, line in enumerate(lines)]
    return [] if lines is None else [(key, lines)]


def _goal(
    key: str, line: MetricSection, section: SpecSection, entry: Entry, kinds: tuple[str, ...], *, first: bool
) -> Goal:
    """Which way a metric is better; SpecError for one that cannot be searched for, here or at all."""
    name, goal = line.name, line.goal
    others = {known: metric for known, metric in METRICS.items() if known != SECONDS}
    fitting = [known for known, metric in others.items() if metric.goal and fits(metric, kinds, entry)]
    row = METRICS.get(name)
    if row is None and (section.model in MODELS or goal is None):
        what = f"unknown metric {shown(name)}" + ("" if section.model in MODELS else " without a goal")
        also = [] if section.model in MODELS else ["or your model's own with goal: maximize or minimize"]
        raise SpecError(what, key=f"{key}.name", valid=[*fitting, *also], near=name)
    if row is not None and not fits(row, kinds, entry):
        raise SpecError(misfit(name, row, kinds, section, entry), key=f"{key}.name", valid=fitting)
    if name == SECONDS and first:
        what = "seconds only grow, so that the first step would be the best of every trial; they can be a constraint"
        what += ", or come after another metric"
        raise SpecError(what, key=f"{key}.name", valid=fitting)
    if row is not None and row.goal is None:
        raise SpecError(f"{name} has no better way, so it cannot be searched for", key=f"{key}.name", valid=fitting)
    if row is not None and goal not in (None, row.goal):
        raise SpecError(f"{goal} contradicts {name}", key=f"{key}.goal", valid=f"{row.goal}, or leave the line out")
    return goal or (row.goal if row is not None and row.goal else "minimize")


def fits(row: Metric, kinds: Collection[str], entry: Entry) -> bool:
    """Whether a model of these kinds can have the metric: of a classifier some take probabilities."""
    return row.kind in kinds and (entry.has_probabilities or not needs_probabilities(row))


def misfit(name: str, row: Metric, kinds: Collection[str], section: SpecSection, entry: Entry) -> str:
    """Why it cannot, in words."""
    if row.kind in kinds:
        return f"{name} is of probabilities, and {section.model} tells classes alone"
    return f"{name} is no metric of a {entry.kind} model on {section.dataset}"


def left_out(model: str | None, entry: Entry) -> list[str]:
    """A warning of the metrics that a classifier without probabilities will not have."""
    if entry.has_probabilities:
        return []
    names = [name for name, row in METRICS.items() if needs_probabilities(row)]
    return [f"model: {model} tells classes and no probabilities, so that there is no {', '.join(names)}"]


def needs_probabilities(row: Metric) -> bool:
    return row.kind == "classifier" and row.function is not None and not row.classes_suffice


def kinds_of(entry: Entry, dataset: str) -> tuple[str, ...]:
    """Of which kinds the metrics of a model on the data set are, that of its default objective first."""
    if entry.kind == "classifier":
        return "classifier", "training"
    own = ("generative", "modes") if dataset == STACKED else ("modes",) if holds_points(dataset) else ("generative",)
    return *own, "judged", "path", "history", "training"


def _unjudged(lines: Sequence[MetricSection]) -> Objective:
    """The one number a final training has: nothing is held out that could be measured."""
    for line in lines:
        if line.name != UNJUDGED:
            raise SpecError(f"{line.name} is not measured", key="metric.name", valid=f"{UNJUDGED}, where final")
    return Objective(UNJUDGED, "maximize")
