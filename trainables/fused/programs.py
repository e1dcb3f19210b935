"""Descents of families as they are run: eager at first, traced once they are used often enough to pay for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from torch import Tensor

from trainables.fused.descent import Inputs, StackedDescent
from trainables.fused.tracing import Function, traced

TRACED_AFTER = 500  # calls: the first trace of a process imports for seconds, and saves a millisecond or two a call


class Programs:
    """What descents of members were made of before, by family and number of members; kept from interval to interval."""

    def __init__(self, traced_after: float = TRACED_AFTER) -> None:
        self._after = traced_after
        self._found: dict[Hashable, Program] = {}

    def get(self, key: Hashable, make: Callable[[], StackedDescent]) -> Program:
        if key not in self._found:
            self._found[key] = Program(make(), self._after)
        return self._found[key]


class Program:
    """A descent of so many members."""

    def __init__(self, descent: StackedDescent, traced_after: float) -> None:
        self.descent, self._left = descent, traced_after
        self._run: Function = descent

    def __call__(self, inputs: Inputs) -> Tensor:
        tensors = inputs.tensors(self.descent.trained)
        if self._run is self.descent and self._left <= 0:
            self._run = traced(self.descent, tensors)
        self._left -= 1
        return self._run(*tensors)
