"""Search spaces: parameter domains, conditions between them, and the frozen mapping of both.

Plain data and the standard library only: a sampler walks a space through `Space.resolve`, so no search
framework is named here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from types import MappingProxyType
from typing import Any, Self

from basics.errors import RequestError

Scalar = str | int | float | bool | None
Config = dict[str, Any]


class SpaceError(RequestError):
    """A space that cannot be searched, or a config that lies outside it; the message names the parameter."""


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


@dataclass(frozen=True)
class Domain:
    """The values one parameter may take; `conditions` maps another parameter to when this one is active."""

    conditions: Mapping[str, Condition] = field(default_factory=dict, kw_only=True)

    def when(self, **conditions: Condition | Scalar | tuple[Scalar, ...]) -> Self:
        """This domain, active only when every named parameter is active and meets its condition."""
        return replace(
            self, conditions=MappingProxyType({**self.conditions, **{k: _condition(v) for k, v in conditions.items()}})
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "conditions": dict(self.conditions)}  # a read-only view can be neither copied nor sent

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, conditions=MappingProxyType(state["conditions"]))

    def contains(self, value: Scalar) -> bool:
        raise NotImplementedError

    @property
    def size(self) -> float:
        """How many values there are: infinity for a continuous range."""
        raise NotImplementedError

    def values(self) -> list[Scalar]:
        """Every value, for a grid; SpaceError for a continuous range."""
        raise NotImplementedError

    def draw(self, rng: Random) -> Scalar:
        """One value at random from the domain's own distribution."""
        raise NotImplementedError

    def rounded(self, value: Scalar) -> Scalar:
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

    def contains(self, value: Scalar) -> bool:
        return is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    @property
    def size(self) -> float:
        return math.inf if self.step is None else self._steps + 1

    def values(self) -> list[Scalar]:
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

    def rounded(self, value: Scalar) -> Scalar:
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

    def contains(self, value: Scalar) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    @property
    def size(self) -> float:
        return (self.high - self.low) // self.step + 1

    def values(self) -> list[Scalar]:
        return list(range(self.low, self.high + 1, self.step))

    def draw(self, rng: Random) -> int:
        if not self.log:
            return rng.randrange(self.low, self.high + 1, self.step)
        value = math.exp(rng.uniform(math.log(self.low), math.log(self.high + 1)))
        return min(max(int(value), self.low), self.high)


@dataclass(frozen=True, init=False)
class Choice(Domain):
    """One of a few scalars. Lists are refused: they do not survive a journal of a search."""

    choices: tuple[Scalar, ...]

    def __init__(self, *choices: Scalar, conditions: Mapping[str, Condition] | None = None) -> None:
        if not choices:
            raise SpaceError("a choice needs at least one value")
        for value in choices:
            if not isinstance(value, str | int | float | bool | None):
                raise SpaceError(
                    f"{value!r} is not a string, a number, true, false or null: no such value can be searched"
                )
        object.__setattr__(self, "choices", choices)
        object.__setattr__(self, "conditions", MappingProxyType(dict(conditions or {})))

    def when(self, **conditions: Condition | Scalar | tuple[Scalar, ...]) -> Self:
        merged = {**self.conditions, **{k: _condition(v) for k, v in conditions.items()}}
        return type(self)(*self.choices, conditions=merged)

    def contains(self, value: Scalar) -> bool:
        return any(same(value, choice) for choice in self.choices)

    @property
    def size(self) -> float:
        return len(self.choices)

    def values(self) -> list[Scalar]:
        return list(self.choices)

    def draw(self, rng: Random) -> Scalar:
        return rng.choice(self.choices)


class Space(Mapping[str, Domain]):
    """Named domains and their conditions, frozen; iterates so that a parameter follows those it depends on."""

    def __init__(self, domains: Mapping[str, Domain] | None = None, /, **named: Domain) -> None:
        self._domains = _ordered({**(domains or {}), **named})

    def __getitem__(self, name: str) -> Domain:
        return self._domains[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._domains)

    def __len__(self) -> int:
        return len(self._domains)

    def __repr__(self) -> str:
        return f"Space({', '.join(f'{name}={domain}' for name, domain in self.items())})"

    def is_active(self, name: str, config: Mapping[str, Any]) -> bool:
        """Whether `name` has a value in `config`: each parameter it depends on is there and as required."""
        conditions = self[name].conditions.items()
        return all(other in config and condition.holds(config[other]) for other, condition in conditions)

    def resolve(self, suggest: Callable[[str, Domain], Scalar], fixed: Mapping[str, Any] | None = None) -> Config:
        """One config: `fixed` values, then `suggest(name, domain)` for each parameter that is active, in order."""
        config: Config = dict(fixed or {})
        for name, domain in self.items():
            if name not in config and self.is_active(name, config):
                config[name] = suggest(name, domain)
        return config

    def draw(self, rng: Random, fixed: Mapping[str, Any] | None = None) -> Config:
        return self.resolve(lambda _, domain: domain.draw(rng), fixed)

    def fault(self, config: Mapping[str, Any]) -> str | None:
        """Why `config` is not in this space, in words with the parameter's name, or None if it is."""
        for name, value in config.items():
            if name not in self:
                return f"{name} is not a parameter of this space"
            if not self.is_active(name, config):
                return f"{name} has no effect here ({_words(self[name].conditions)})"
            if not self[name].contains(value):
                return f"{name}={value!r} is outside {self[name]}"
        return next(
            (f"{name} is missing" for name in self if name not in config and self.is_active(name, config)), None
        )

    def contains(self, config: Mapping[str, Any]) -> bool:
        return self.fault(config) is None

    def enumerate(self, fixed: Mapping[str, Any] | None = None) -> Iterator[Config]:
        """Every config of the active branches, each once; SpaceError names a continuous parameter."""
        for name, domain in self.items():
            try:
                domain.values()
            except SpaceError as error:
                raise SpaceError(f"{name}: {error}") from None
        yield from self._expand(dict(fixed or {}), list(self))

    def _expand(self, config: Config, names: list[str]) -> Iterator[Config]:
        if not names:
            yield config
            return
        name, rest = names[0], names[1:]
        if name in config or not self.is_active(name, config):
            yield from self._expand(config, rest)
            return
        for value in dict.fromkeys((type(v), v) for v in self[name].values()):
            yield from self._expand({**config, name: value[1]}, rest)


def _ordered(domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """The domains so that each follows those its conditions name; SpaceError for an unknown name or a circle."""
    ordered: dict[str, Domain] = {}
    waiting = dict(domains)
    while waiting:
        # A condition on a name outside the space speaks of a fixed value, given at `resolve`.
        ready = [n for n, d in waiting.items() if not any(other in waiting for other in d.conditions)]
        if not ready:
            raise SpaceError(f"the conditions of {', '.join(waiting)} depend on each other in a circle")
        ordered |= {name: waiting.pop(name) for name in itertools.islice(ready, 1)}
    return ordered


def _condition(value: Condition | Scalar | tuple[Scalar, ...]) -> Condition:
    if isinstance(value, AtLeast | OneOf):
        return value
    return OneOf(value if isinstance(value, tuple) else (value,))


def _words(conditions: Mapping[str, Condition]) -> str:
    def one(name: str, condition: Condition) -> str:
        if isinstance(condition, AtLeast):
            return f"{name} at least {condition.minimum:g}"
        return f"{name} {' or '.join(map(str, condition.values))}"

    return "it needs " + ", ".join(one(name, condition) for name, condition in conditions.items())


def exact(number: float) -> Fraction:
    """The number that is written so: 0.1 is a tenth, and not the binary fraction next to it."""
    return Fraction(repr(number))


def is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check_range(low: float, high: float, log: bool, step: float | None) -> None:
    if not (is_number(low) and is_number(high)):
        raise SpaceError(f"the range {low!r} to {high!r} is not made of finite numbers")
    if low > high:
        raise SpaceError(f"the range is empty: min {low:g} is over max {high:g}")
    if log and low <= 0:
        raise SpaceError(f"a logarithmic range starts above 0, not at {low:g}")
    if step is not None and (log or step <= 0):
        raise SpaceError(f"step {step:g} must be above 0, and cannot go with a logarithmic range")
