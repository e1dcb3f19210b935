"""What a sweep searches for: the metric that its spec names, checked against what the model can have."""

from __future__ import annotations

from analysis.metrics import METRICS, default_objective
from analysis.results import SECONDS
from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.points import holds_points
from sweeps.spec.resolved import UNJUDGED, Objective
from trainables import MODELS, Entry
from trainables.data import STACKED


def objective(section: SpecSection, entry: Entry, dataset: str) -> Objective:
    """The metric with its goal; a user's own model may report one we do not know, which then needs a goal."""
    if section.final:
        return _unjudged(section)
    kinds = kinds_of(entry, dataset)
    if section.metric is None:
        name = default_objective(kinds[0])
        return Objective(name, METRICS[name].goal or "minimize")
    name, goal = section.metric.name, section.metric.goal
    others = {known: metric for known, metric in METRICS.items() if known != SECONDS}
    fitting = [known for known, metric in others.items() if metric.goal and metric.kind in kinds]
    row = METRICS.get(name)
    if row is None and (section.model in MODELS or goal is None):
        what = f"unknown metric {shown(name)}" + ("" if section.model in MODELS else " without a goal")
        also = [] if section.model in MODELS else ["or your model's own with goal: maximize or minimize"]
        raise SpecError(what, key="metric.name", valid=[*fitting, *also], near=name)
    if row is not None and row.kind not in kinds:
        what = f"{name} is no metric of a {entry.kind} model on {section.dataset}"
        raise SpecError(what, key="metric.name", valid=fitting)
    if name == SECONDS:
        what = "seconds only grow, so that the first step would be the best of every trial; they can be a constraint"
        raise SpecError(what, key="metric.name", valid=fitting)
    if row is not None and row.goal is None:
        raise SpecError(f"{name} has no better way, so it cannot be searched for", key="metric.name", valid=fitting)
    if row is not None and goal not in (None, row.goal):
        raise SpecError(f"{goal} contradicts {name}", key="metric.goal", valid=f"{row.goal}, or leave the line out")
    return Objective(name, goal or (row.goal if row is not None and row.goal else "minimize"))


def kinds_of(entry: Entry, dataset: str) -> tuple[str, ...]:
    """Of which kinds the metrics of a model on the data set are, that of its default objective first."""
    if entry.kind == "classifier":
        return "classifier", "training"
    own = ("generative", "modes") if dataset == STACKED else ("modes",) if holds_points(dataset) else ("generative",)
    return *own, "judged", "path", "history", "training"


def _unjudged(section: SpecSection) -> Objective:
    """The one number a final training has: nothing is held out that could be measured."""
    if section.metric is not None and section.metric.name != UNJUDGED:
        raise SpecError(f"{section.metric.name} is not measured", key="metric.name", valid=f"{UNJUDGED}, where final")
    return Objective(UNJUDGED, "maximize")
