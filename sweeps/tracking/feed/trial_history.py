"""Trial histories: the state of each trial, collected from the events of a sweep. Nothing here knows W&B."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.contenders import with_seeds
from analysis.judge.findings import findings_cell, names
from analysis.metrics import Goal
from analysis.ranking import BestStep, Standing, front, improves, leader
from analysis.results import EVIDENCE, EXTRACTOR, FINDINGS, VERDICT, in_a_cell
from analysis.rows import Row
from sweeps.spec.resolved import Objective
from sweeps.tracking.queue import Event
from sweeps.tracking.settings import FeedSettings

ENDED = ("done", "stopped", "failed")
TESTED = "tested"


@dataclass
class TrialHistory:
    """One trial: its config, its steps, the last and the best of its metrics, and how it ended."""

    trial: str
    config: Mapping[str, Any] = field(default_factory=dict)
    status: str = "running"
    reason: str = ""
    steps: set[int] = field(default_factory=set)
    last: Mapping[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    at_best: BestStep | None = None  # of the objective
    judged: Row | None = None  # the last row with a verdict
    tested: Mapping[str, float] = field(default_factory=dict)  # what the test set said of a final training's seed

    @property
    def verdict(self) -> str:
        return self.judged.verdict if self.judged is not None else ""

    @property
    def findings(self) -> tuple[str, ...]:
        """The verdict, and what was found beside it."""
        found = names(self.judged.findings) if self.judged is not None else ()
        return tuple(dict.fromkeys(filter(None, (self.verdict, *found))))

    @property
    def evidence(self) -> str:
        return in_a_cell(self.judged.evidence) if self.judged is not None else ""

    def add(self, row: Row, goals: Mapping[str, Goal], objective: Objective) -> None:
        self.steps.add(row.step)
        self.judged = row if row.verdict else self.judged
        self.last = row.numbers
        for name, value in self.last.items():
            if name in goals and improves(value, self.best.get(name), goals[name]):
                self.best[name] = value
        self.at_best = objective.best_step(self.at_best, row)

    def summary(self, goals: Mapping[str, Goal], objectives: Iterable[str]) -> dict[str, Any]:
        """How it ended in words and numbers; of a metric with a goal the best value as .max or .min, and the last."""
        outcome = {"status": self.status, "reason": self.reason}
        if self.judged is not None:
            found = findings_cell(self.judged.findings)
            outcome |= {VERDICT: self.verdict, FINDINGS: found, EVIDENCE: self.evidence}
            outcome |= {EXTRACTOR: self.judged.extractor}
        at_best = self.at_best
        best: dict[str, Any] = {}
        if at_best is not None:
            values = zip(objectives, at_best.values, strict=True)
            best = {"best_step": at_best.step, **{f"best/{name}": value for name, value in values}}
        which = {name: "max" if goals[name] == "maximize" else "min" for name in self.best}
        ranges = {name: {which[name]: value, "last": self.last.get(name)} for name, value in self.best.items()}
        return {**outcome, "steps": len(self.steps), **best, **ranges, **self.tested}

    @property
    def tags(self) -> tuple[str, ...]:
        """How it ended, all that the judge found, and whether it was tested, to filter by."""
        return (self.status, *self.findings, *((TESTED,) if self.tested else ()))

    @property
    def mark(self) -> str:
        """The tag of a run that W&B has all of."""
        return TESTED if self.tested else self.status


class TrialHistories:
    """All trials of a sweep, the order in which they ended, and which way each metric is better."""

    def __init__(self, settings: FeedSettings) -> None:
        others = settings.others
        self.objective = Objective(settings.objective, settings.goal, settings.constraints, others=others)
        self.goals: dict[str, Goal] = self.objective.goals
        self.ended: dict[str, None] = {}  # an ordered set
        self.tested: Mapping[str, float] = {}  # what the test set said of a final training, over its seeds
        self.model = ""  # its model, by a path from the sweep's folder
        self.replicates: dict[str, str] = {}  # of each trial that is another seed of an earlier one, that one
        self._trials: dict[str, TrialHistory] = {}

    def __getitem__(self, trial: str) -> TrialHistory:
        return self._trials.setdefault(trial, TrialHistory(trial))

    def remember(self, event: Event) -> None:
        """Take note of an event, whether or not it is to be delivered."""
        kind = event["event"]
        if kind == "goal":
            self.goals.setdefault(event["metric"], event["goal"])
        elif kind == "replicates":
            self.replicates[event["trial"]] = event["of"]
        elif kind == "trial_started":
            self[event["trial"]].config = event["config"]
        elif kind == "row":
            row = Row.of(event["row"])
            self[row.trial].add(row, self.goals, self.objective)
        elif kind == "tested":
            self._test(event)
        elif kind == "trial_ended":
            self._end(event["trial"], event["status"], event["reason"])

    def summary(self, trial: str) -> dict[str, Any]:
        return self[trial].summary(self.goals, self.objective.goals)

    def counts(self) -> Counter[str]:
        """How many of the trials that ended were done, stopped, failed, or had which verdict."""
        ended = [self._trials[trial] for trial in self.ended]
        return Counter(tag for history in ended for tag in (history.status, history.verdict) if tag)

    def last_failure(self) -> str:
        """Why the latest trial that failed did."""
        failed = (self._trials[trial] for trial in reversed(self.ended) if self._trials[trial].status == "failed")
        return next((history.reason for history in failed), "")

    def best(self) -> Standing | None:
        """The winner so far of the trials that are done: a curve cannot say that one was stopped early. Those that were
        run again with other seeds stand by the mean."""
        return leader(self._done(), [*self.objective.goals.values()])

    def front(self) -> list[Standing]:
        """Of several objectives the trials that are done and that none beats in all of them."""
        return front(self._done(), [*self.objective.goals.values()])

    def _done(self) -> list[Standing]:
        over = [self._trials[trial] for trial in self.ended if self._trials[trial].status in ("done", "failed")]
        return [standing for standing in with_seeds(over, self.replicates) if standing.status == "done"]

    def _test(self, event: Event) -> None:
        if "trial" in event:
            self[event["trial"]].tested = event["values"]
        else:
            self.tested, self.model = event["values"], event["model"]

    def _end(self, trial: str, status: str, reason: str) -> None:
        self[trial].status, self[trial].reason = status, reason
        self.ended[trial] = None
