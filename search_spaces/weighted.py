"""A choice whose values have probabilities, drawn by the inverse of their distribution function."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Self

from search_spaces.conditions import Condition, Value, condition_of, same
from search_spaces.domains import Choice, SpaceError


@dataclass(frozen=True, init=False)
class Weighted(Choice):
    """One of a few values, each with a probability of its own; they sum to 1."""

    probabilities: tuple[float, ...]

    def __init__(
        self,
        choices: Sequence[Value],
        probabilities: Sequence[float],
        conditions: Mapping[str, Condition] | None = None,
    ) -> None:
        super().__init__(*choices, conditions=conditions)
        if len(choices) != len(probabilities):
            raise SpaceError(f"{len(choices)} values and {len(probabilities)} probabilities")
        if min(probabilities) < 0 or not math.isclose(sum(probabilities), 1.0, rel_tol=1e-5):
            raise SpaceError(f"probabilities sum to 1, and none is below 0; these sum to {sum(probabilities):g}")
        object.__setattr__(self, "probabilities", tuple(probabilities))

    def when(self, **conditions: Condition | Value | tuple[Value, ...]) -> Self:
        merged = {**self.conditions, **{name: condition_of(value) for name, value in conditions.items()}}
        return type(self)(self.choices, self.probabilities, MappingProxyType(merged))

    @property
    def size(self) -> float:
        return len(self.values())

    def values(self) -> list[Value]:
        """Those that are drawn at all."""
        return [value for value, share in zip(self.choices, self.probabilities, strict=True) if share > 0]

    def draw(self, rng: Random) -> Value:
        return self.at(rng.random())

    def at(self, quantile: float) -> Value:
        """The value at a share of the way through the probabilities, in their order."""
        ends = self._ends
        place = next((place for place, end in enumerate(ends) if quantile * ends[-1] < end), None)
        return self.values()[-1] if place is None else self.choices[place]

    def quantile(self, value: Value) -> float:
        """The middle of the value's share."""
        ends = self._ends
        place = next(place for place, choice in enumerate(self.choices) if same(choice, value))
        return (ends[place] - self.probabilities[place] / 2) / ends[-1]

    @property
    def _ends(self) -> list[float]:
        return list(itertools.accumulate(self.probabilities))
