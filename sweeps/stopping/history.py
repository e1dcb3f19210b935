"""The values that a trial has reported, in the order of its steps, whatever the order in which they came."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from analysis.metrics import Goal
from analysis.rows import Row

C = TypeVar("C", float, tuple[float, ...])


@dataclass
class History(Generic[C]):
    """One trial's costs, of one metric or of several: less is better. A step told again replaces the first."""

    costs: list[C] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)

    def place(self, step: int) -> int:
        """Where that step stands among those there are, or would stand, from 0 on."""
        return bisect_left(self._steps, step)

    def add(self, step: int, cost: C) -> None:
        index = self.place(step)
        again = self._steps[index : index + 1] == [step]
        self._steps[index : index + again] = [step]
        self.costs[index : index + again] = [cost]


def cost_of(row: Row, metric: str, goal: Goal) -> float | None:
    """The row's value of a metric, turned so that less is better; None where it has no finite one."""
    value = row.number(metric)
    if value is None or not math.isfinite(value):
        return None
    return value * sign(goal)


def sign(goal: Goal) -> float:
    """What turns a value into a cost, and back."""
    return -1.0 if goal == "maximize" else 1.0
