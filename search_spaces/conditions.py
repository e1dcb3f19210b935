"""Conditions: when a parameter has a part in a config, by the value of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class AtLeast:
    """A condition on a number: the parameter is active when the other one is `minimum` or more."""

    minimum: float

    def holds(self, value: Scalar) -> bool:
        return isinstance(value, int | float) and value >= self.minimum


@dataclass(frozen=True)
class OneOf:
    """A condition on a value: the parameter is active when the other one takes one of `values`."""

    values: tuple[Scalar, ...]

    def holds(self, value: Scalar) -> bool:
        return any(same(value, allowed) for allowed in self.values)


Condition = AtLeast | OneOf


def at_least(minimum: float) -> AtLeast:
    return AtLeast(minimum)


def same(a: Scalar, b: Scalar) -> bool:
    """Equality that keeps True apart from 1 (Python does not)."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def condition_of(value: Condition | Scalar | tuple[Scalar, ...]) -> Condition:
    """A condition as it may be written: itself, the one value wanted, or a tuple of them."""
    if isinstance(value, AtLeast | OneOf):
        return value
    return OneOf(value if isinstance(value, tuple) else (value,))


def in_words(conditions: Mapping[str, Condition]) -> str:
    """What must hold, as a sentence's end: "it needs depth at least 2"."""

    def one(name: str, condition: Condition) -> str:
        if isinstance(condition, AtLeast):
            return f"{name} at least {condition.minimum:g}"
        return f"{name} {' or '.join(map(str, condition.values))}"

    return "it needs " + ", ".join(one(name, condition) for name, condition in conditions.items())
