"""Ends the sweep when its best trial has not been surpassed by a number of trials that ended since.

Better is what `analysis.ranking` says: a fault is made up for by no value, and stopped trials stand behind those done.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.ranking import LIVE_PLACES, BestStep, Place, Standing, place
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import NoImprovement
from sweeps.spec.resolved import Objective, Spec
from sweeps.stopping.rule import StoppingRule, SweepEnd


@dataclass
class NoImprovementRule(StoppingRule):
    """Ends the sweep when `trials` have ended in a row of which none was better than the best by more than `min_delta`.

    Not as long as one that runs is better already. Those that run go on to their end, and if one of them is better
    after all, so does the sweep.
    """

    objective: Objective
    trials: int
    min_delta: float = 0.0
    _running: dict[str, BestStep] = field(default_factory=dict, repr=False)  # the best step of each so far
    _leader: Standing | None = field(default=None, repr=False)  # of the ended, the last that was an improvement
    _since: int = field(default=0, repr=False)  # trials that ended after it

    @classmethod
    def of(cls, spec: Spec) -> NoImprovementRule | None:
        """The rule of a spec whose `early_terminate` has type no_improvement."""
        terms = spec.terms(NoImprovement)
        return cls(spec.metric, terms.trials, terms.min_delta) if terms else None

    def report(self, row: Row) -> str | None:
        best = self.objective.best_step(self._running.get(row.trial), row)
        if best is not None:
            self._running[row.trial] = best
        return None

    def ended(self, trial: str, status: Status) -> None:
        standing = Standing(trial, status, self._running.pop(trial, None))
        self._leader, self._since = (standing, 0) if self._surpasses(standing) else (self._leader, self._since + 1)

    def forget(self, trial: str) -> None:
        self._running.pop(trial, None)

    def sweep_end(self) -> SweepEnd | None:
        running = (Standing(trial, "running", best) for trial, best in self._running.items())
        if self._since < self.trials or any(map(self._surpasses, running)):
            return None
        return SweepEnd(self._words())

    def _surpasses(self, standing: Standing) -> bool:
        """Whether a trial is better than the leader: by `min_delta` where it is the value that parts them."""
        here, best = self._place(standing), self._place(self._leader)
        if here is None or best is None:
            return best is None and here is not None
        return here[2][0] < best[2][0] - self.min_delta if here[:2] == best[:2] else here[:2] < best[:2]

    def _place(self, standing: Standing | None) -> Place | None:
        return place(standing, (self.objective.goal,), LIVE_PLACES) if standing is not None else None

    def _words(self) -> str:
        name, better = self.objective.name, f" by more than {self.min_delta:g}" if self.min_delta else ""
        if self._leader is None or self._leader.at_best is None:
            return f"no improvement: none of the {self._since} trials that ended has a value of {name}"
        leader = f"trial {self._leader.trial} ({name} {self._leader.at_best.value:.6g})"
        return f"no improvement: none of the {self._since} trials that ended since is better than {leader}{better}"
