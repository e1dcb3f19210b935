"""Configs that are known already, placed in a space: each value the nearest that the space has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search_spaces.conditions import Value, same
from search_spaces.distributions import Distribution
from search_spaces.domains import Choice, Domain, Float, Int, SpaceError, is_number
from search_spaces.quantized import Quantized
from search_spaces.space import Config, Space


def nearest(domain: Domain, value: Value) -> Value:
    """The value of `domain` nearest to `value`; SpaceError where none is: of a choice it is the same one or none."""
    if isinstance(domain, Choice):
        for choice in domain.choices:
            if same(choice, value):
                return choice
    if isinstance(domain, Distribution) and is_number(value):
        return domain.rounded(value)
    if not (isinstance(domain, Float | Int | Quantized) and is_number(value)):
        raise SpaceError(f"{value!r} is not in {domain}")
    within = min(max(value, domain.low), domain.high)  # type: ignore[type-var]
    if isinstance(domain, Int):
        last = (domain.high - domain.low) // domain.step
        return domain.low + domain.step * min(round((within - domain.low) / domain.step), last)  # type: ignore[operator]
    return float(domain.rounded(within)) if isinstance(domain, Float) else domain.rounded(within)  # type: ignore[arg-type]


def placed(space: Space, fixed: Mapping[str, Any], values: Mapping[str, Any]) -> Config:
    """What of `values` a config of the space has, each the nearest there is.

    A value that has none near is left out, and so is what is not active. What depends on a parameter that is left out
    stays, as it may be active.
    """
    config: Config = {}
    unknown: set[str] = set()
    for name, domain in space.items():
        known = {**fixed, **config}
        if not all(c.holds(known[o]) if o in known else o in unknown for o, c in domain.conditions.items()):
            continue
        try:
            config[name] = nearest(domain, values[name])
        except (KeyError, SpaceError):
            unknown.add(name)
    return config
