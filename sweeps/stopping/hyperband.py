"""Hyperband as W&B's sweep engine decides it: bands of iterations, a threshold at each, no brackets to fill.

An iteration is one reported value of the objective; the first is iteration 1. At band b the threshold is the value
that parts the best 1/eta of all trials which have b values, compared at their b-th value: with the costs in ascending
order it is the one at index int(n / eta). A trial is judged against the last band it has passed, whenever it reports:
`strict` compares its value AT that band, otherwise its best value so far.
Reference: Li et al. 2018, Hyperband (arXiv:1603.06560), and hyperband_stopping.py of github.com/wandb/sweeps 0.3.0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field

from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import Bands
from sweeps.spec.resolved import Spec
from sweeps.stopping.history import History, cost_of, sign
from sweeps.stopping.rule import StoppingRule


@dataclass
class Hyperband(StoppingRule):
    """Stops a trial whose `metric` falls behind the best 1/eta of those that have come as far."""

    metric: str
    goal: Goal
    bands: tuple[int, ...]
    eta: float = 3.0
    strict: bool = True
    _histories: dict[str, History] = field(default_factory=lambda: defaultdict(History), repr=False, compare=False)
    # Of each band the costs that trials had there, ascending: a report need not sort those of all trials.
    _at: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)

    @classmethod
    def of(cls, spec: Spec) -> Hyperband | None:
        """The rule of a spec whose `early_terminate` has bands."""
        terms = spec.terms(Bands)
        return cls(spec.metric.name, spec.metric.goal, terms.bands, terms.eta, terms.strict) if terms else None

    def report(self, row: Row) -> str | None:
        """See `StoppingRule`; a row without a finite value of the metric is no iteration."""
        cost = cost_of(row, self.metric, self.goal)
        if cost is None:
            return None
        history = self._histories[row.trial]
        self._unmark(history)
        history.add(row.step, cost)
        self._mark(history)
        passed = self._passed(history)
        return self._judged(history, passed[-1]) if passed else None

    def ended(self, trial: str, status: Status) -> None:
        if status == "failed":
            self._unmark(self._histories.pop(trial, History()))

    def _mark(self, history: History) -> None:
        """Note a trial's costs at the bands that it has passed."""
        for band in self._passed(history):
            insort(self._at[band], history.costs[band - 1])

    def _unmark(self, history: History) -> None:
        for band in self._passed(history):
            del self._at[band][bisect_left(self._at[band], history.costs[band - 1])]

    def _passed(self, history: History) -> tuple[int, ...]:
        return self.bands[: bisect_right(self.bands, len(history.costs))]

    def _judged(self, history: History, band: int) -> str | None:
        cost = history.costs[band - 1] if self.strict else history.best
        there = self._at[band]
        threshold = there[int(1.0 / self.eta * len(there))]
        return self._words(cost, threshold, len(there), band) if cost > threshold else None

    def _words(self, cost: float, threshold: float, trials: int, band: int) -> str:
        turned = sign(self.goal)
        what = f"at iteration {band}" if self.strict else "at best so far"
        return (
            f"{turned * cost:.6g} {what} is worse than {turned * threshold:.6g}, "
            f"the mark of the best 1/{self.eta:g} of {trials} trials at iteration {band}"
        )
