"""The state of a running sweep in numbers: counts, the best trial, pace. No ink here; `console.py` shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from analysis.contenders import with_seeds
from analysis.judge.findings import findings_in, in_short, names
from analysis.ranking import LIVE_PLACES, BestStep, front, leader, trial_order
from analysis.results import HEALTHY
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.resolved import FINISHED, UNJUDGED, Objective
from sweeps.store.sweep_folder import Record


@dataclass
class TrialState:
    """What is known of one trial.

    `value` is the objective's latest value, `others` are those of further ones, and `verdict` is that of their step;
    `at_best` is the trial's best step.
    """

    trial: str
    config: Mapping[str, Any]
    status: Status = "running"
    reason: str = ""
    step: int = 0
    value: float | None = None
    others: tuple[float | None, ...] = ()
    verdict: str = ""
    findings: tuple[str, ...] = ()  # beside it, the strongest first
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
        verdict = "" if best.verdict == HEALTHY else best.in_short
        past = "past the constraint" if best.past_constraint else ""
        return ", ".join(filter(None, (verdict, past, f"{best.lost} seeds failed" if best.lost else "")))

    @property
    def judged(self) -> str:
        """The verdict that goes with its value, and what was found beside it; that of the best step once it ended."""
        if self.status == "running" or self.at_best is None:
            return in_short(self.verdict, self.findings)
        return self.at_best.in_short


class Progress:
    """Follows a sweep's events. `total` is the number of trials asked for, None when there is no end to them.

    `ranked`: whether trials are better or worse than each other; those of a final training are only the same again.
    """

    def __init__(self, objective: Objective, total: int | None) -> None:
        self.objective, self.total, self.ranked = objective, total, objective.name not in (UNJUDGED, FINISHED)
        self._goals = tuple(objective.goals.values())
        self._running: dict[str, TrialState] = {}  # the one heard of last is last, here
        self._ended: dict[str, TrialState] = {}  # and here
        self._best_ended: TrialState | None = None
        self.front: list[TrialState] = []  # of several objectives, the ended trials that none beats in all
        self._statuses: Counter[Status] = Counter()  # of the ended
        self._earlier = 0
        self.judged = False  # whether any trial has a verdict
        self.replicates: dict[str, str] = {}  # of each trial that is another seed of an earlier one, that one

    def known(self, record: Record) -> None:
        """A trial of before this run of the sweep; one that ended says nothing about the pace."""
        kept = TrialState(record.trial, record.config, record.status, record.reason, record.steps)
        kept.verdict, kept.findings = record.verdict, names(findings_in(record.findings))
        if record.replicates:
            self.replicates[record.trial] = record.replicates
        if self.ranked:
            kept.value, kept.at_best = record.last.get(self.objective.name), record.at_best
            kept.others = tuple(record.last.get(name) for name in self.objective.others)
        self.judged |= bool(kept.verdict)
        if kept.status == "running":
            self._running[kept.trial] = kept
        else:
            self._end(kept)
            self._earlier += 1

    def started(self, trial: str, config: Mapping[str, Any]) -> None:
        self._touch(trial).config = config

    def row(self, row: Row) -> None:
        state = self._touch(row.trial)
        state.step, value = row.step, row.number(self.objective.name) if self.ranked else None
        state.value, state.verdict, state.findings = value, row.verdict, names(row.findings)
        self.judged |= bool(state.verdict)
        if self.ranked:
            state.others = tuple(row.number(name) for name in self.objective.others)
            state.at_best = self.objective.best_step(state.at_best, row)

    def ended(self, trial: str, status: Status, reason: str) -> TrialState:
        state = self._touch(trial)
        state.status, state.reason = status, reason
        del self._running[trial]
        self._end(state)
        return state

    @property
    def counts(self) -> Counter[Status]:
        running: dict[Status, int] = {"running": len(self._running)}
        return Counter({**self._statuses, **running})

    @property
    def over(self) -> int:
        """Trials that ended, however."""
        return len(self._ended)

    def best(self) -> TrialState | None:
        """The best of the trials that are done or may still be; without any, of those that were stopped early. Trials
        that were run again with other seeds stand by the mean."""
        if not self.replicates:
            return self._leader(self._running.values())
        states = {**self._running, **self._ended}
        best = leader(with_seeds(states.values(), self.replicates), self._goals, LIVE_PLACES)
        return replace(states[best.trial], at_best=best.at_best) if best is not None else None

    def latest(self, most: int) -> list[TrialState]:
        """Up to `most` trials in the order of their names: the running ones, then those that ended last."""
        newest = chain(reversed(self._running.values()), reversed(self._ended.values()))
        return sorted(islice(newest, most), key=lambda state: trial_order(state.trial))

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
        state = self._running.pop(trial, None) or TrialState(trial, {})
        self._running[trial] = state
        return state

    def _end(self, state: TrialState) -> None:
        """What an ended trial came to no longer changes: the best of them is kept, not looked for in all."""
        self._ended[state.trial] = state
        self._statuses[state.status] += 1
        self._best_ended = self._leader([state])
        if self.objective.others and state.trial not in self.replicates:
            self.front = front([*self.front, state], self._goals)

    def _leader(self, others: Iterable[TrialState]) -> TrialState | None:
        """The best of the ended trials and these."""
        ended = [self._best_ended] if self._best_ended is not None else []
        return leader([*ended, *others], self._goals, LIVE_PLACES)
