"""A sweep as resolved: every default filled in and every value accepted, and the same written back as lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from analysis.metrics import Goal
from analysis.ranking import BestStep, Constraint
from analysis.rows import Row
from basics.groups import Path, grouped, nested
from search_spaces.conditions import Value
from search_spaces.space import Space
from sweeps.spec.early_termination import Terms
from sweeps.spec.parameters import write_domain
from sweeps.spec.program.program import Program

T = TypeVar("T", bound=Terms)
FINISHED = "program/finished"  # the objective of a program's spec that names none: 1 for every trial that is done
UNJUDGED = "train/images"  # the objective of a spec that holds no images out: the same for every trial


@dataclass(frozen=True)
class Objective:
    """The metric that is searched for, which way it is better, and what the model must keep besides.

    `target`: the value at which the sweep ends. `others`: metrics that are searched for as well, and their goals. The
    step at which the first is best is a trial's, and there the others are read.
    """

    name: str
    goal: Goal
    constraints: tuple[Constraint, ...] = ()
    target: float | None = None
    others: Mapping[str, Goal] = field(default_factory=dict)

    @property
    def goals(self) -> dict[str, Goal]:
        """All metrics that are searched for, one as a rule."""
        return {self.name: self.goal, **self.others}

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that every step must have."""
        return tuple(dict.fromkeys((*self.goals, *(constraint.name for constraint in self.constraints))))

    def values(self, row: Row) -> tuple[float, ...] | None:
        """What a row has of the metrics that are searched for, None where it lacks one."""
        found = [value for name in self.goals if (value := row.number(name)) is not None]
        return tuple(found) if len(found) == len(self.goals) else None

    def best_step(self, before: BestStep | None, row: Row) -> BestStep | None:
        """A trial's best step so far: the one before, or that of this row; None as long as no value is finite."""
        here = row.as_best([*self.goals], self.constraints)
        return here if here is not None and here.better(before, [*self.goals.values()]) else before

    def lacking(self, best: BestStep | None) -> str:
        """What the best step of a trial needs and does not have, so that the trial cannot be done; else nothing."""
        if best is None:
            return " with ".join(self.goals)
        bounds = zip(self.constraints, best.violations, strict=True)
        return next((constraint.name for constraint, violation in bounds if violation is None), "")


@dataclass(frozen=True)
class Resources:
    """What one trial takes."""

    cpu: float = 1.0
    gpu: float = 0.0


@dataclass(frozen=True)
class Budget:
    """`steps`: reporting intervals of a trial. After any of the others, which are the whole sweep's, no trial starts:
    `seconds` of wall clock, steps of all trials, and the hours that trials had their CPUs and GPUs."""

    steps: int | None = None
    seconds: float | None = None
    total_steps: int | None = None
    core_hours: float | None = None
    gpu_hours: float | None = None

    @property
    def limits(self) -> dict[str, float]:
        """Those that end a sweep, by name."""
        return {name: value for name, value in asdict(self).items() if name != "steps" and value is not None}


@dataclass(frozen=True)
class Contenders:
    """The best `top` trials, which are run again when the search is over, until each has that many `seeds`."""

    top: int
    seeds: int


@dataclass(frozen=True)
class Tracking:
    """What W&B is told beside the runs."""

    project: str | None = None
    entity: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    alert_failure_rate: float | None = None


@dataclass(frozen=True)
class Spec:
    """A sweep, resolved: every default filled in, every value accepted by the model.

    `space` is what is searched, `fixed` what every config has, and `paths` say which of these stand in groups, and
    where. `sampler` are the options of the method's sampler, and
    `first` the configs that are tried first (the default one, then those of `enqueue`), by what of them is searched.
    `warm_start` are the folders of other sweeps that the search knows. `trials` is None when only an interrupt or
    `budget` ends the sweep. `model_path` are the folders of a user's own model. `seeds`: trials of the only config.
    `trial_timeout`: seconds without a report after which a trial has failed.
    `inception`: the file of the weights that samples are judged with. `final`: validation images are trained on too, so
    that nothing is judged, and every trial's state is kept. `lock`: where the config is from.
    """

    model: str
    dataset: str
    method: str  # a name in `sweeps.search.methods.METHODS`
    metric: Objective
    space: Space
    fixed: dict[str, Value]
    paths: Mapping[str, Path] = field(default_factory=dict)
    sampler: dict[str, Any] = field(default_factory=dict)
    default_first: bool = False
    enqueue: tuple[dict[str, Value], ...] = ()
    first: tuple[dict[str, Value], ...] = ()
    warm_start: tuple[str, ...] = ()
    trials: int | None = None
    early_terminate: tuple[Terms, ...] = ()
    resources: Resources = Resources()
    replicates: int = 1
    contenders: Contenders | None = None
    budget: Budget = Budget()
    trial_timeout: float | None = None
    seed: int = 0
    train_size: int | None = None
    classes: tuple[int | str, ...] | None = None
    name: str | None = None
    description: str | None = None
    tracking: Tracking = Tracking()
    model_path: tuple[str, ...] = ()
    inception: str | None = None
    seeds: int | None = None
    final: bool = False
    lock: Mapping[str, Any] | None = None
    program: Program | None = None
    source: str = field(default="", compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def steps(self) -> int | None:
        """How many reporting intervals a trial has at most."""
        return self.budget.steps

    def arranged(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A config as its model is given it: mappings within mappings where the spec has groups of parameters."""
        return nested(config, self.paths)

    def fixing(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The `parameters` of a spec that has this config alone."""
        return grouped({name: {"value": value} for name, value in config.items()}, self.paths)

    @property
    def subject(self) -> str:
        """What is trained on what, in words."""
        return self.model if self.program is not None else f"{self.model} on {self.dataset}"

    @property
    def short_name(self) -> str:
        """What the sweep is called: the name it has, or that of what is trained."""
        return self.name or (self.program.name if self.program is not None else self.model.split(":")[-1])

    def document(self) -> dict[str, Any]:
        """Plain data for YAML, in the spec's own vocabulary: `load_spec` reads it back to an equal Spec."""
        lines = {
            **{key: getattr(self, key) for key in ("name", "description")},
            **(self.program.lines() if self.program else {"model": self.model, "dataset": self.dataset}),
            "method": self.method,
            "model_path": list(self.model_path),
            "metric": _one_or_list(self._metrics()),
            "sampler": dict(self.sampler) if self.space else None,
            "default_first": self.default_first if self.space else None,
            "enqueue": [dict(config) for config in self.enqueue],
            "warm_start": list(self.warm_start),
            "parameters": self._parameters(),
            "run_cap": self.trials,
            "early_terminate": _one_or_list([terms.lines() for terms in self.early_terminate]),
            "constraint": _one_or_list([_lines(constraint) for constraint in self.metric.constraints]),
            **{key: _lines(getattr(self, key)) for key in ("budget", "resources")},
            **{key: getattr(self, key) for key in ("trial_timeout", "inception", "seed", "train_size")},
            "replicates": self._replicates(),
            "classes": list(self.classes) if self.classes else None,
            **_lines(self.tracking),
            "tags": list(self.tracking.tags),
            "seeds": self.seeds,
            "final": self.final or None,
            "lock": dict(self.lock) if self.lock else None,
        }
        return {key: value for key, value in lines.items() if value is not None and value not in ({}, [])}

    def terms(self, kind: type[T]) -> T | None:
        """The terms of that kind in `early_terminate`, if it has them."""
        return next((terms for terms in self.early_terminate if isinstance(terms, kind)), None)

    def _metrics(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = [{"name": name, "goal": goal} for name, goal in self.metric.goals.items()]
        return [line | {"target": self.metric.target} if self.metric.target is not None else line for line in lines]

    def _replicates(self) -> Any:
        """None of a program, whose seeds are its own."""
        if self.program is not None:
            return None
        return self.replicates if self.contenders is None else _lines(self.contenders)

    def _parameters(self) -> dict[str, Any]:
        constants = {name: {"value": value} for name, value in self.fixed.items()}
        searched = {name: write_domain(domain) for name, domain in self.space.items()}
        return grouped(constants | searched, self.paths)


def _one_or_list(lines: list[dict[str, Any]]) -> Any:
    """A mapping where it is one, a list of several; nothing of none."""
    return lines if len(lines) > 1 else next(iter(lines), None)


def _lines(section: Any) -> dict[str, Any]:
    return {key: value for key, value in asdict(section).items() if value is not None}
