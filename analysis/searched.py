"""The parameters that a sweep searched, with their scale, bounds or choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.configs import in_text
from analysis.results import CONFIG, SweepResults

# W&B's names for distributions whose samples are spread over orders of magnitude.
LOG_DISTRIBUTIONS = frozenset(
    {
        "log_uniform",
        "log_uniform_values",
        "q_log_uniform",
        "q_log_uniform_values",
        "int_log_uniform_values",
        "inv_log_uniform",
        "inv_log_uniform_values",
        "log_normal",
        "q_log_normal",
    }
)

# Those of them whose min and max are exponents.
EXPONENT_DISTRIBUTIONS = frozenset({"log_uniform", "q_log_uniform", "inv_log_uniform"})


@dataclass(frozen=True)
class Searched:
    """One searched parameter: `log` if over orders of magnitude, with its `choices` or its `bounds`."""

    name: str
    log: bool = False
    choices: tuple[Any, ...] = ()
    bounds: tuple[float, float] | None = None


def searched_parameters(sweep: SweepResults) -> list[Searched]:
    """The spec's open parameters, in its order; without a spec the config columns that differ between trials."""
    declared: Mapping[str, Any] = sweep.spec.get("parameters") or {}
    if declared:
        return [_searched(name, domain) for name, domain in declared.items() if _is_open(domain)]
    columns = [name for name in map(str, sweep.trials) if name.startswith(CONFIG)]
    return [Searched(name.removeprefix(CONFIG)) for name in columns if _differs(sweep.trials[name])]


def most_telling(sweep: SweepResults, count: int, among: Sequence[Searched] | None = None) -> list[Searched]:
    """At most `count` of the searched parameters, in their order: those that mattered most, if the search said so."""
    searched = searched_parameters(sweep) if among is None else among
    shares = sweep.importance.get("shares", {})
    chosen = sorted(searched, key=lambda parameter: -shares.get(parameter.name, 0.0))[:count]
    return [parameter for parameter in searched if parameter in chosen]


def _is_open(domain: Any) -> bool:
    return isinstance(domain, Mapping) and "value" not in domain and len(_distinct(domain.get("values", (0, 1)))) > 1


def _searched(name: str, domain: Mapping[str, Any]) -> Searched:
    log = domain.get("distribution") in LOG_DISTRIBUTIONS
    return Searched(name, log, tuple(map(in_text, _distinct(domain.get("values", ())))), _bounds(domain))


def _distinct(values: Sequence[Any]) -> tuple[Any, ...]:
    """Each value once: one that the spec has twice is drawn twice as often."""
    return tuple({repr(value): value for value in values}.values())


def _bounds(domain: Mapping[str, Any]) -> tuple[float, float] | None:
    """Smallest and largest value, where the spec gives values and not exponents."""
    if domain.get("distribution") in EXPONENT_DISTRIBUTIONS or not {"min", "max"} <= domain.keys():
        return None
    return float(domain["min"]), float(domain["max"])


def _differs(column: pd.Series[Any]) -> bool:
    return column.nunique(dropna=False) > 1
