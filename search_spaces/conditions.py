"""Conditions: when a parameter has a part in a config, by the value of another one."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

Scalar = str | int | float | bool | None
Value = Scalar | list[Any] | dict[str, Any]  # of a parameter: plain data, as JSON has it


@dataclass(frozen=True)
class AtLeast:
    """A condition on a number: the parameter is active when the other one is `minimum` or more."""

    minimum: float

    def holds(self, value: Value) -> bool:
        return isinstance(value, int | float) and value >= self.minimum


@dataclass(frozen=True)
class OneOf:
    """A condition on a value: the parameter is active when the other one takes one of `values`."""

    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        return any(same(value, allowed) for allowed in self.values)


Condition = AtLeast | OneOf


def at_least(minimum: float) -> AtLeast:
    return AtLeast(minimum)


def same(a: Value, b: Value) -> bool:
    """Equality that keeps True apart from 1 (Python does not), also within lists and mappings."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def hashable(value: Value) -> Hashable:
    """The value itself, of a list or a mapping its JSON, so that equal ones can be found in a set."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def condition_of(value: Condition | Value | tuple[Value, ...]) -> Condition:
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
