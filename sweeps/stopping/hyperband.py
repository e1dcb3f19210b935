"""Early termination as W&B's sweep engine decides it: bands of iterations, a threshold at each, no brackets to fill.

An iteration is one reported value of the objective; the first is iteration 1. At band b the threshold is the value
that parts the best 1/eta of all trials which have b values, compared at their b-th value: with the costs in ascending
order it is the one at index int(n / eta). A trial is judged against the last band it has passed, whenever it reports:
`strict` compares its value AT that band, otherwise its best value so far.
Reference: Li et al. 2018, Hyperband (arXiv:1603.06560), and hyperband_stopping.py of github.com/wandb/sweeps 0.3.0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from sweeps.spec.early_termination import EarlyTerminate


class _History:
    """One trial's costs in the order of its steps; a step told again (after a resume) replaces the first."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self._place: dict[int, int] = {}

    def add(self, step: int, cost: float) -> None:
        if step in self._place:
            self.costs[self._place[step]] = cost
        else:
            self._place[step] = len(self.costs)
            self.costs.append(cost)


@dataclass
class Bands:
    """The decision, fed one report after the other; feeding it the same rows again gives the same state."""

    bands: tuple[int, ...]
    eta: float
    goal: Literal["maximize", "minimize"]
    strict: bool = True
    _histories: dict[str, _History] = field(default_factory=lambda: defaultdict(_History), repr=False, compare=False)

    @classmethod
    def of(cls, terms: EarlyTerminate | None, goal: Literal["maximize", "minimize"]) -> Bands | None:
        """The decision that `early_terminate` asks for; None when there is none."""
        return cls(terms.bands, terms.eta, goal, terms.strict) if terms is not None and terms.bands else None

    def report(self, trial: str, step: int, value: float) -> str | None:
        """Why `trial` should stop, in words, or None; `value` is the finite objective after step `step`."""
        history = self._histories[trial]
        history.add(step, -value if self.goal == "maximize" else value)
        passed = [band for band in self.bands if band <= len(history.costs)]
        if not passed:
            return None
        band = passed[-1]
        cost = history.costs[band - 1] if self.strict else min(history.costs)
        threshold, trials = self._threshold(band)
        return self._words(cost, threshold, trials, band) if cost > threshold else None

    def forget(self, trial: str) -> None:
        """A trial that failed sets no mark for the others, however good it was before."""
        self._histories.pop(trial, None)

    def _threshold(self, band: int) -> tuple[float, int]:
        """The cost that parts the best 1/eta of the trials with `band` values, and how many these are."""
        there = sorted(h.costs[band - 1] for h in self._histories.values() if len(h.costs) >= band)
        return there[int(1.0 / self.eta * len(there))], len(there)

    def _words(self, cost: float, threshold: float, trials: int, band: int) -> str:
        sign = -1.0 if self.goal == "maximize" else 1.0
        what = f"at iteration {band}" if self.strict else "at best so far"
        return (
            f"{sign * cost:.6g} {what} is worse than {sign * threshold:.6g}, "
            f"the mark of the best 1/{self.eta:g} of {trials} trials at iteration {band}"
        )
