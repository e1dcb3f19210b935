"""A search space: named domains and the conditions between them, frozen.

Plain data and the standard library only: a sampler walks a space through `Space.resolve`, so no search
framework is named here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from search_spaces.conditions import Value, hashable, in_words
from search_spaces.domains import Domain, SpaceError

Config = dict[str, Any]


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

    def resolve(self, suggest: Callable[[str, Domain], Value], fixed: Mapping[str, Any] | None = None) -> Config:
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
                return f"{name} has no effect here ({in_words(self[name].conditions)})"
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
        for value in {(type(v), hashable(v)): v for v in self[name].values()}.values():
            yield from self._expand({**config, name: value}, rest)


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
