"""Builds a model's config dataclass from plain values; checks names, types and ranges."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from basics.text import did_you_mean
from trainables.base import ConfigError

Names = tuple[str, ...]


def configure(config: type, values: Mapping[str, Any]) -> Any:
    """An instance of the dataclass `config`; ConfigError for an unknown name, a wrong type or a value it refuses."""
    hints = _hints(config)
    fields = {field.name: field for field in dataclasses.fields(config) if field.init}
    for name in values:
        if name not in fields:
            raise ConfigError(f"{name}: unknown parameter; valid: {', '.join(fields)}{did_you_mean(name, fields)}")
    missing = [name for name, field in fields.items() if name not in values and _required(field)]
    if missing:
        raise ConfigError(f"{missing[0]}: a value is required")
    return config(**{name: _checked(name, value, hints[name]) for name, value in values.items()})


def defaults(config: type) -> dict[str, Any]:
    """The values a config takes when nothing is said, by name; a required parameter has none."""
    fields = [field for field in dataclasses.fields(config) if field.init and not _required(field)]
    return {f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields}


def mutable(config: type) -> frozenset[str]:
    """The parameters that take effect where a saved state is loaded into a model that has another value of them.

    A class names its own in `MUTABLE`, and has those of the classes it is made from.
    """
    return frozenset(name for part in config.__mro__ for name in part.__dict__.get("MUTABLE", ()))


def constants(config: Any) -> tuple[tuple[str, Any], ...]:
    """Names and values of what models that are trained as one array must have in common.

    A class names in `FREE` what they may differ in, beside what is `MUTABLE`, in `FAMILY` what of the latter they may
    not, and in `without_effect` the values that its other ones leave without one.
    """

    def named(attribute: str) -> set[str]:
        return {name for part in type(config).__mro__ for name in part.__dict__.get(attribute, ())}

    free = (named("MUTABLE") | named("FREE")) - named("FAMILY") | set(getattr(config, "without_effect", ()))
    return tuple((f.name, getattr(config, f.name)) for f in dataclasses.fields(config) if f.name not in free)


def above(config: Any, minimum: float, *names: str) -> None:
    """ConfigError unless each named number is over `minimum`."""
    for name in names:
        if not getattr(config, name) > minimum:
            raise ConfigError(f"{name}: {getattr(config, name)!r} must be over {minimum:g}")


def at_least(config: Any, minimum: float, *names: str) -> None:
    """ConfigError unless each named number is `minimum` or more."""
    for name in names:
        if not getattr(config, name) >= minimum:
            raise ConfigError(f"{name}: {getattr(config, name)!r} must be {minimum:g} or more")


def between(config: Any, low: float, high: float, *names: str) -> None:
    """ConfigError unless each named number is in [low, high]."""
    for name in names:
        if not low <= getattr(config, name) <= high:
            raise ConfigError(f"{name}: {getattr(config, name)!r} must be from {low:g} to {high:g}")


@functools.cache
def _hints(config: type) -> dict[str, Any]:
    """The types of a dataclass's fields, which take long to find out: a spec is tried by some hundred configs."""
    return typing.get_type_hints(config)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _checked(name: str, value: Any, hint: Any) -> Any:
    """`value` as `hint` wants it (a whole number becomes a float where one is due)."""
    if typing.get_origin(hint) is Literal:
        return _one_of(name, value, typing.get_args(hint))
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return _any_of(name, value, typing.get_args(hint))
    if hint is float:
        return _number(name, value)
    if hint in (int, bool, str, types.NoneType) and type(value) is not hint:
        raise ConfigError(f"{name}: {value!r} is not {_word(hint)}")
    return value


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    if not any(type(value) is type(other) and value == other for other in allowed):
        valid = ", ".join("null" if other is None else str(other) for other in allowed)
        raise ConfigError(f"{name}: {value!r} is not one of {valid}{did_you_mean(value, allowed)}")
    return value


def _any_of(name: str, value: Any, hints: tuple[Any, ...]) -> Any:
    for hint in hints:
        try:
            return _checked(name, value, hint)
        except ConfigError:
            continue
    raise ConfigError(f"{name}: {value!r} is not {' or '.join(map(_word, hints))}")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{name}: {value!r} is not a number")
    if not math.isfinite(value):
        raise ConfigError(f"{name}: {value!r} is not a finite number")
    return float(value)


def _word(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join("null" if value is None else str(value) for value in typing.get_args(hint))
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", types.NoneType: "null"}
    return words.get(hint, str(hint))
