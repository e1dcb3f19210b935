"""Hyperband as W&B's sweep engine decides it: bands of iterations, a threshold at each, no brackets to fill.

An iteration is one reported value of the objective; the first is iteration 1. At band b the threshold is the value
that parts the best 1/eta of all trials which have b values, compared at their b-th value: with the costs in ascending
order it is the one at index int(n / eta). A trial is judged against the last band it has passed, whenever it reports:
`strict` compares its value AT that band, otherwise its best value so far.
Reference: Li et al. 2018, Hyperband (arXiv:1603.06560), and hyperband_stopping.py of github.com/wandb/sweeps 0.3.0.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.results import STEP, TRIAL
from sweeps.spec.resolved import Spec


class _History:
    """One trial's costs in the order of its steps; a step told again (after a resume) replaces the first."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.best = math.inf
        self._index: dict[int, int] = {}

    def add(self, step: int, cost: float) -> tuple[int, float | None]:
        """The iteration that this step is, and the cost it had before, if it had one."""
        if step in self._index:
            index = self._index[step]
            before, self.costs[index] = self.costs[index], cost
            self.best = min(self.costs)
            return index + 1, before
        self._index[step] = len(self.costs)
        self.best = min(self.best, cost)
        self.costs.append(cost)
        return len(self.costs), None


@dataclass
class Hyperband:
    """Stops a trial whose `metric` falls behind the best 1/eta of those that have come as far."""

    metric: str
    goal: Literal["maximize", "minimize"]
    bands: tuple[int, ...]
    eta: float = 3.0
    strict: bool = True
    _histories: dict[str, _History] = field(default_factory=lambda: defaultdict(_History), repr=False, compare=False)
    # Of each band the costs that trials had there, ascending: a report need not sort those of all trials.
    _at: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)

    @classmethod
    def of(cls, spec: Spec) -> Hyperband | None:
        """The rule of a spec whose `early_terminate` has bands."""
        terms = spec.early_terminate
        if terms is None or not terms.bands:
            return None
        return cls(spec.metric.name, spec.metric.goal, terms.bands, terms.eta, terms.strict)

    def report(self, row: Mapping[str, Any]) -> str | None:
        """See `StoppingRule`; a row without a finite value of the metric is no iteration."""
        value = row.get(self.metric)
        if value is None or not math.isfinite(value):
            return None
        history = self._histories[row[TRIAL]]
        self._mark(*history.add(row[STEP], self._sign * value), self._sign * value)
        passed = bisect_right(self.bands, len(history.costs))
        return self._judged(history, self.bands[passed - 1]) if passed else None

    def forget(self, trial: str) -> None:
        """See `StoppingRule`."""
        costs = self._histories.pop(trial, _History()).costs
        for band in self.bands[: bisect_right(self.bands, len(costs))]:
            self._unmark(band, costs[band - 1])

    @property
    def _sign(self) -> float:
        return -1.0 if self.goal == "maximize" else 1.0

    def _mark(self, iteration: int, before: float | None, cost: float) -> None:
        """Note a cost where its iteration is a band, in place of the one `before`."""
        index = bisect_left(self.bands, iteration)
        if self.bands[index : index + 1] != (iteration,):
            return
        if before is not None:
            self._unmark(iteration, before)
        insort(self._at[iteration], cost)

    def _unmark(self, band: int, cost: float) -> None:
        del self._at[band][bisect_left(self._at[band], cost)]

    def _judged(self, history: _History, band: int) -> str | None:
        cost = history.costs[band - 1] if self.strict else history.best
        there = self._at[band]
        threshold = there[int(1.0 / self.eta * len(there))]
        return self._words(cost, threshold, len(there), band) if cost > threshold else None

    def _words(self, cost: float, threshold: float, trials: int, band: int) -> str:
        what = f"at iteration {band}" if self.strict else "at best so far"
        return (
            f"{self._sign * cost:.6g} {what} is worse than {self._sign * threshold:.6g}, "
            f"the mark of the best 1/{self.eta:g} of {trials} trials at iteration {band}"
        )
