"""Domains: the values that one parameter may take, a range or a choice, and how one is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from types import MappingProxyType
from typing import Any, Self

from basics.errors import RequestError
from search_spaces.conditions import Condition, Value, condition_of, same


class SpaceError(RequestError):
    """A space that cannot be searched, or a config that lies outside it; the message names the parameter."""


@dataclass(frozen=True)
class Domain:
    """The values one parameter may take; `conditions` maps another parameter to when this one is active."""

    conditions: Mapping[str, Condition] = field(default_factory=dict, kw_only=True)

    def when(self, **conditions: Condition | Value | tuple[Value, ...]) -> Self:
        """This domain, active only when every named parameter is active and meets its condition."""
        return replace(
            self,
            conditions=MappingProxyType({**self.conditions, **{k: condition_of(v) for k, v in conditions.items()}}),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "conditions": dict(self.conditions)}  # a read-only view can be neither copied nor sent

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, conditions=MappingProxyType(state["conditions"]))

    def contains(self, value: Value) -> bool:
        raise NotImplementedError

    @property
    def size(self) -> float:
        """How many values there are: infinity for a continuous range."""
        raise NotImplementedError

    def values(self) -> list[Value]:
        """Every value, for a grid; SpaceError for a continuous range."""
        raise NotImplementedError

    def draw(self, rng: Random) -> Value:
        """One value at random from the domain's own distribution."""
        raise NotImplementedError

    def rounded(self, value: Value) -> Value:
        """The value of a domain of steps that is nearest to `value`; `value` itself where there are no steps."""
        return value


@dataclass(frozen=True)
class Float(Domain):
    """A real number in [low, high]: uniform, or log-uniform when `log`, or a multiple of `step` above low."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        check_range(self.low, self.high, self.log, self.step)

    def contains(self, value: Value) -> bool:
        return is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    @property
    def size(self) -> float:
        return math.inf if self.step is None else self._steps + 1

    def values(self) -> list[Value]:
        if self.step is None:
            raise SpaceError(f"a grid needs a finite list of values, not the range {self.low:g} to {self.high:g}")
        return [self._at(i) for i in range(self._steps + 1)]

    def draw(self, rng: Random) -> float:
        if self.step is not None:
            return self._at(rng.randrange(self._steps + 1))
        if not self.log:
            return rng.uniform(self.low, self.high)
        value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(max(value, self.low), self.high)

    def rounded(self, value: Value) -> Value:
        if self.step is None:
            return value
        i = round((value - self.low) / self.step)  # type: ignore[operator]
        return self._at(min(max(i, 0), self._steps))

    @property
    def top(self) -> float:
        """The largest value: `high`, or the last step that does not go beyond it."""
        return self.high if self.step is None else self._at(self._steps)

    @property
    def _steps(self) -> int:
        """How many there are, a hair's breadth aside: 1/3 is not a number that can be written."""
        return math.floor((exact(self.high) - exact(self.low)) / exact(self.step or 1.0) + Fraction(1, 10**9))

    def _at(self, i: int) -> float:
        # As one counts by hand, in decimals: three steps of 0.1 are 0.3, and not 0.30000000000000004.
        return min(float(exact(self.low) + i * exact(self.step or 0.0)), self.high)


@dataclass(frozen=True)
class Int(Domain):
    """A whole number in {low, low + step, ..., high}, log-uniform when `log`."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        check_range(self.low, self.high, self.log, self.step if self.step != 1 else None)

    def contains(self, value: Value) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    @property
    def size(self) -> float:
        return (self.high - self.low) // self.step + 1

    def values(self) -> list[Value]:
        return list(range(self.low, self.high + 1, self.step))

    def draw(self, rng: Random) -> int:
        if not self.log:
            return rng.randrange(self.low, self.high + 1, self.step)
        value = math.exp(rng.uniform(math.log(self.low), math.log(self.high + 1)))
        return min(max(int(value), self.low), self.high)


@dataclass(frozen=True, init=False)
class Choice(Domain):
    """One of a few values: text, numbers, true, false, null, or lists and mappings of such."""

    choices: tuple[Value, ...]

    def __init__(self, *choices: Value, conditions: Mapping[str, Condition] | None = None) -> None:
        if not choices:
            raise SpaceError("a choice needs at least one value")
        for value in choices:
            if not _is_plain(value):
                raise SpaceError(f"{value!r} is not plain data, as JSON has it: no such value can be searched")
        object.__setattr__(self, "choices", choices)
        object.__setattr__(self, "conditions", MappingProxyType(dict(conditions or {})))

    def when(self, **conditions: Condition | Value | tuple[Value, ...]) -> Self:
        merged = {**self.conditions, **{k: condition_of(v) for k, v in conditions.items()}}
        return type(self)(*self.choices, conditions=merged)

    def contains(self, value: Value) -> bool:
        return any(same(value, choice) for choice in self.choices)

    @property
    def size(self) -> float:
        return len(self.choices)

    def values(self) -> list[Value]:
        return list(self.choices)

    def draw(self, rng: Random) -> Value:
        return rng.choice(self.choices)


def exact(number: float) -> Fraction:
    """The number that is written so: 0.1 is a tenth, and not the binary fraction next to it."""
    return Fraction(repr(number))


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(below) for key, below in value.items())
    return isinstance(value, str | int | float | None) or (isinstance(value, list) and all(map(_is_plain, value)))


def check_range(low: float, high: float, log: bool, step: float | None) -> None:
    if not (is_number(low) and is_number(high)):
        raise SpaceError(f"the range {low!r} to {high!r} is not made of finite numbers")
    if low > high:
        raise SpaceError(f"the range is empty: min {low:g} is over max {high:g}")
    if log and low <= 0:
        raise SpaceError(f"a logarithmic range starts above 0, not at {low:g}")
    if step is not None and (log or step <= 0):
        raise SpaceError(f"step {step:g} must be above 0, and cannot go with a logarithmic range")
