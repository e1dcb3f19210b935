"""The state of a running sweep in numbers: counts, the best trial, pace. No ink here; `console.py` shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.ranking import LIVE_PLACES, BestStep, leader, trial_order
from analysis.results import HEALTHY, VERDICT
from sweeps.search.method import Status
from sweeps.spec.resolved import UNJUDGED, Objective
from sweeps.store.sweep_folder import Record


@dataclass
class TrialState:
    """What is known of one trial.

    `value` is the objective's latest value and `verdict` that of its step; `at_best` is the trial's best step.
    """

    trial: str
    config: Mapping[str, Any]
    status: Status = "running"
    reason: str = ""
    step: int = 0
    value: float | None = None
    verdict: str = ""
    at_best: BestStep | None = None

    @property
    def best(self) -> float | None:
        return self.at_best.value if self.at_best is not None else None

    @property
    def fault(self) -> str:
        """What is wrong at the best step, in words; nothing if all is well or nobody has judged it."""
        best = self.at_best
        if best is None:
            return ""
        verdict = "" if best.verdict == HEALTHY else best.verdict
        return ", ".join(filter(None, (verdict, "past the constraint" if best.past_constraint else "")))


class Progress:
    """Follows a sweep's events. `total` is the number of trials asked for, None when there is no end to them.

    `ranked`: whether trials are better or worse than each other; those of a final training are only the same again.
    """

    def __init__(self, objective: Objective, total: int | None) -> None:
        self.objective, self.total, self.ranked = objective, total, objective.name != UNJUDGED
        self._trials: dict[str, TrialState] = {}  # the one heard of last is last
        self._running: dict[str, TrialState] = {}
        self._best_ended: TrialState | None = None
        self._counts: Counter[Status] = Counter()
        self._earlier = 0

    def known(self, record: Record) -> None:
        """A trial of before this run of the sweep; one that ended says nothing about the pace."""
        kept = TrialState(record.trial, record.config, record.status, record.reason, record.steps)
        kept.verdict = record.verdict
        if self.ranked:
            kept.value, kept.at_best = record.last.get(self.objective.name), record.at_best
        self._trials[kept.trial] = kept
        self._counts[kept.status] += 1
        if kept.status == "running":
            self._running[kept.trial] = kept
        else:
            self._compare(kept)
            self._earlier += 1

    def started(self, trial: str, config: Mapping[str, Any]) -> None:
        self._touch(trial).config = config

    def row(self, row: Mapping[str, Any]) -> None:
        state = self._touch(row["trial"])
        state.step, value = row["step"], row.get(self.objective.name) if self.ranked else None
        state.value, state.verdict = value, row.get(VERDICT, "")
        if self.ranked:
            state.at_best = self.objective.best_step(state.at_best, row)

    def ended(self, trial: str, status: Status, reason: str) -> TrialState:
        state = self._touch(trial)
        self._counts.subtract([state.status])
        self._counts[status] += 1
        state.status, state.reason = status, reason
        self._running.pop(trial, None)
        self._compare(state)
        return state

    @property
    def counts(self) -> Counter[Status]:
        return self._counts

    @property
    def judged(self) -> bool:
        """Whether any trial has a verdict."""
        return any(state.verdict for state in self._trials.values())

    @property
    def over(self) -> int:
        """Trials that ended, however."""
        return len(self._trials) - self.counts["running"]

    def best(self) -> TrialState | None:
        """The best of the trials that are done or may still be; without any, of those that were stopped early."""
        return self._leader(self._running.values())

    def latest(self, most: int) -> list[TrialState]:
        """Up to `most` trials in the order of their names: the running ones, then those that ended last."""
        newest = list(reversed(self._trials.values()))
        chosen = sorted(newest, key=lambda state: state.status != "running")[:most]
        return sorted(chosen, key=lambda state: trial_order(state.trial))

    def per_minute(self, seconds: float) -> float | None:
        """Trials ended per minute in this run of the sweep, None before the first."""
        ended = self.over - self._earlier
        return 60 * ended / seconds if ended > 0 and seconds > 0 else None

    def seconds_left(self, seconds: float) -> float | None:
        """An estimate from the pace so far; None when there is no pace or no end."""
        pace = self.per_minute(seconds)
        if pace is None or self.total is None:
            return None
        return 60 * max(self.total - self.over, 0) / pace

    def _touch(self, trial: str) -> TrialState:
        state = self._trials.pop(trial, None) or self._new(trial)
        self._trials[trial] = state
        return state

    def _new(self, trial: str) -> TrialState:
        self._counts["running"] += 1
        self._running[trial] = TrialState(trial, {})
        return self._running[trial]

    def _compare(self, ended: TrialState) -> None:
        """What an ended trial came to no longer changes: the best of them is kept, not looked for in all."""
        self._best_ended = self._leader([ended])

    def _leader(self, others: Iterable[TrialState]) -> TrialState | None:
        """The best of the ended trials and these."""
        ended = [self._best_ended] if self._best_ended is not None else []
        return leader([*ended, *others], self.objective.goal, LIVE_PLACES)
