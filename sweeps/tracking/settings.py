"""Settings that all W&B runs of a sweep share, passed from the driver to the feed process in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from analysis.metrics import Goal
from analysis.ranking import Constraint
from basics.files import replace_file
from sweeps.spec.resolved import Spec
from sweeps.tracking.queue import Layout

FAILURE_RATE = 0.25  # share of failed trials that is worth an alert


@dataclass(frozen=True)
class FeedSettings:
    """`project`, `entity`, `group` and `notes` are None where W&B's own settings and environment decide."""

    sweep_id: str
    name: str
    model: str
    dataset: str
    objective: str  # the metric whose best step counts
    goal: Goal
    mode: str = "auto"  # auto, online or offline
    classes: tuple[str, ...] = ()
    project: str | None = None
    entity: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    failure_rate: float = FAILURE_RATE
    program: bool = False  # trials are programs, which may have runs of their own
    constraints: tuple[Constraint, ...] = ()
    others: Mapping[str, Goal] = field(default_factory=dict)  # metrics that are searched for as well


def settings_of(spec: Spec, folder: Path, sweep_id: str, classes: Sequence[str], mode: str = "auto") -> FeedSettings:
    """The settings of the sweep in `folder`."""
    tracking = spec.tracking
    return FeedSettings(
        sweep_id=sweep_id,
        name=f"{spec.name}-{sweep_id}" if spec.name else folder.resolve().name,
        model=spec.model,
        dataset=spec.dataset,
        objective=spec.metric.name,
        goal=spec.metric.goal,
        mode=mode,
        classes=tuple(classes),
        program=spec.program is not None,
        project=tracking.project,
        entity=tracking.entity,
        group=tracking.group,
        tags=tracking.tags,
        notes=tracking.notes,
        failure_rate=tracking.alert_failure_rate or FAILURE_RATE,
        constraints=spec.metric.constraints,
        others=spec.metric.others,
    )


def write_settings(layout: Layout, settings: FeedSettings) -> None:
    replace_file(layout.settings, json.dumps(asdict(settings)).encode())


def read_settings(layout: Layout) -> FeedSettings:
    """The settings the driver left; OSError or ValueError when there are none."""
    document = json.loads(layout.settings.read_text(encoding="utf-8"))
    known = {line.name for line in fields(FeedSettings)} & document.keys()
    tuples = {name: tuple(document[name]) for name in ("tags", "classes")}
    earlier = [document["constraint"]] if document.get("constraint") else []  # there was one, or none
    constraints = tuple(Constraint(**bound) for bound in document.get("constraints", earlier))
    return FeedSettings(**{**{name: document[name] for name in known}, **tuples, "constraints": constraints})
