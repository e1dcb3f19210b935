"""Early termination as W&B's sweep engine decides it: bands of iterations, a threshold at each, no brackets to fill.

An iteration is one reported value of the objective; the first is iteration 1. At band b the threshold is the value
that parts the best 1/eta of all trials which have b values, compared at their b-th value: with the costs in ascending
order it is the one at index int(n / eta). A trial is judged against the last band it has passed, whenever it reports:
`strict` compares its value AT that band, otherwise its best value so far.
Reference: Li et al. 2018, Hyperband (arXiv:1603.06560), and hyperband_stopping.py of github.com/wandb/sweeps 0.3.0.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# W&B's engine counts this many bands from min_iter; only the first few are ever reached.
_BANDS = 100


@dataclass(frozen=True)
class EarlyTerminate:
    """`early_terminate` of a spec: `min_iter`, or `max_iter` with `s`, and the share 1/`eta` that goes on.

    `patience`: evaluations in a row, of at least that `severity`, after which a collapsed trial stops
    (`sweeps.patience`); None for no such end. Type collapse has that end alone.
    """

    type: Literal["hyperband", "asha", "collapse"] = "hyperband"
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = True
    patience: int | None = None
    severity: float = 0.75

    def lines(self) -> dict[str, Any]:
        """The lines of a spec that say this, those alone that mean something."""
        without = {"eta", "strict"} if self.type == "collapse" else set()
        without |= {"severity"} if self.patience is None else set()
        return {k: v for k, v in asdict(self).items() if v is not None and k not in without}

    @property
    def bands(self) -> tuple[int, ...]:
        """The iterations at which trials are compared, ascending; max_iter goes before min_iter, as at W&B."""
        if self.type == "collapse":
            return ()
        if self.max_iter is not None:
            return from_max(self.max_iter, self.s or 0, self.eta)
        return from_min(self.min_iter or 0, self.eta)


def from_max(max_iter: int, s: int, eta: float) -> tuple[int, ...]:
    """max_iter / eta^k for k = 1..s, cut to whole numbers, down to 1: (27, 2, 3) gives 3 and 9."""
    bands = itertools.accumulate(range(s), lambda band, _: band / eta, initial=float(max_iter))
    return _ascending(int(band) for band in itertools.islice(bands, 1, None) if band >= 1)


def from_min(min_iter: int, eta: float) -> tuple[int, ...]:
    """min_iter * eta^k for k = 0, 1, ..., cut to whole numbers: (3, 3) gives 3, 9, 27, ..."""
    # Whole numbers stay whole: W&B's bands are exact however far they go.
    factor: float = int(eta) if float(eta).is_integer() else eta
    first: float = min_iter
    bands = itertools.accumulate(range(_BANDS - 1), lambda band, _: band * factor, initial=first)
    return _ascending(int(band) for band in bands)


def _ascending(bands: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(bands)))


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
