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
from dataclasses import dataclass, field
from typing import Literal

from analysis.rows import Row
from sweeps.spec.resolved import Spec


class _History:
    """One trial's costs in the order of its steps, whenever they come; a step told again replaces the first."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.best = math.inf
        self._steps: list[int] = []

    def add(self, step: int, cost: float) -> None:
        index = bisect_left(self._steps, step)
        again = self._steps[index : index + 1] == [step]
        self._steps[index : index + again] = [step]
        self.costs[index : index + again] = [cost]
        self.best = min(self.costs) if again else min(self.best, cost)


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

    def report(self, row: Row) -> str | None:
        """See `StoppingRule`; a row without a finite value of the metric is no iteration."""
        value = row.number(self.metric)
        if value is None or not math.isfinite(value):
            return None
        history = self._histories[row.trial]
        self._unmark(history)
        history.add(row.step, self._sign * value)
        self._mark(history)
        passed = self._passed(history)
        return self._judged(history, passed[-1]) if passed else None

    def forget(self, trial: str) -> None:
        """See `StoppingRule`."""
        self._unmark(self._histories.pop(trial, _History()))

    @property
    def _sign(self) -> float:
        return -1.0 if self.goal == "maximize" else 1.0

    def _mark(self, history: _History) -> None:
        """Note a trial's costs at the bands that it has passed."""
        for band in self._passed(history):
            insort(self._at[band], history.costs[band - 1])

    def _unmark(self, history: _History) -> None:
        for band in self._passed(history):
            del self._at[band][bisect_left(self._at[band], history.costs[band - 1])]

    def _passed(self, history: _History) -> tuple[int, ...]:
        return self.bands[: bisect_right(self.bands, len(history.costs))]

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
