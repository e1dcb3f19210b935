"""Hyperband as W&B's sweep engine decides it: bands of iterations, a threshold at each, no brackets to fill.

An iteration is one reported value of the objective; the first is iteration 1. At band b the threshold is the value
that parts the best 1/eta of all trials which have b values, compared at their b-th value: with the costs in ascending
order it is the one at index int(n / eta). A trial is judged against the last band it has passed, whenever it reports:
`strict` compares its value AT that band, otherwise its best value so far.

With several metrics the trials at a band are in the order of their fronts, as in MOASHA: those that none beats in every
metric come first. Within a front each is the farthest from those before it, so that the few that go on stand for all.
Reference: Li et al. 2018, Hyperband (arXiv:1603.06560), and hyperband_stopping.py of github.com/wandb/sweeps 0.3.0;
Schmucker et al. 2021, Multi-objective Asynchronous Successive Halving (arXiv:2106.12639).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.fronts import Point, place_among
from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import Bands
from sweeps.spec.resolved import Spec
from sweeps.stopping.history import History, cost_of, sign
from sweeps.stopping.rule import StoppingRule


@dataclass
class Hyperband(StoppingRule):
    """Stops a trial whose `metric` falls behind the best 1/eta of those that have come as far.

    `others` are metrics that are searched for as well, and their goals.
    """

    metric: str
    goal: Goal
    bands: tuple[int, ...]
    eta: float = 3.0
    strict: bool = True
    others: Mapping[str, Goal] = field(default_factory=dict)
    _histories: dict[str, History[Point]] = field(
        default_factory=lambda: defaultdict(History[Point]), repr=False, compare=False
    )
    # Of each band the costs that trials had there, ascending: a report need not sort those of all trials.
    _at: dict[int, list[Point]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)

    @classmethod
    def of(cls, spec: Spec) -> Hyperband | None:
        """The rule of a spec whose `early_terminate` has bands."""
        terms, metric = spec.terms(Bands), spec.metric
        return cls(metric.name, metric.goal, terms.bands, terms.eta, terms.strict, metric.others) if terms else None

    def report(self, row: Row) -> str | None:
        """See `StoppingRule`; a row without a finite value of each metric is no iteration."""
        costs = [cost_of(row, name, goal) for name, goal in {self.metric: self.goal, **self.others}.items()]
        finite = tuple(cost for cost in costs if cost is not None)
        if len(finite) < len(costs):
            return None
        history = self._histories[row.trial]
        self._unmark(history)
        history.add(row.step, finite)
        self._mark(history)
        passed = self._passed(history)
        return self._judged(history, passed[-1]) if passed else None

    def ended(self, trial: str, status: Status) -> None:
        if status == "failed":
            self._unmark(self._histories.pop(trial, History()))

    def _mark(self, history: History[Point]) -> None:
        """Note a trial's costs at the bands that it has passed."""
        for band in self._passed(history):
            insort(self._at[band], history.costs[band - 1])

    def _unmark(self, history: History[Point]) -> None:
        for band in self._passed(history):
            del self._at[band][bisect_left(self._at[band], history.costs[band - 1])]

    def _passed(self, history: History[Point]) -> tuple[int, ...]:
        return self.bands[: bisect_right(self.bands, len(history.costs))]

    def _judged(self, history: History[Point], band: int) -> str | None:
        there = self._at[band]
        last = int(1.0 / self.eta * len(there))  # the place of the last that goes on
        if self.others:
            costs = [history.costs[band - 1]] if self.strict else history.costs
            place = min(place_among(cost, there) for cost in costs)
            return self._of_fronts(place, len(there), band) if place > last else None
        cost = history.costs[band - 1] if self.strict else min(history.costs)
        return self._words(cost[0], there[last][0], len(there), band) if cost > there[last] else None

    def _words(self, cost: float, threshold: float, trials: int, band: int) -> str:
        turned = sign(self.goal)
        what = f"at iteration {band}" if self.strict else "at best so far"
        return (
            f"{turned * cost:.6g} {what} is worse than {turned * threshold:.6g}, "
            f"the mark of the best 1/{self.eta:g} of {trials} trials at iteration {band}"
        )

    def _of_fronts(self, place: int, trials: int, band: int) -> str:
        names = ", ".join([self.metric, *self.others])
        return (
            f"number {place + 1} of {trials} trials at iteration {band} by the fronts of {names}, "
            f"of which the best 1/{self.eta:g} go on"
        )
