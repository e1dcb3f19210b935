"""The search methods there are, one a row: what a spec's `method` may be, and the class that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from sweeps.search.method import Problem, SearchMethod

if TYPE_CHECKING:
    from sweeps.search.trials import Trials


@dataclass(frozen=True)
class Row:
    """`where` is module:Class, imported when a sweep needs it: Optuna takes its time, and a spec is read without."""

    where: str
    sampler: str  # Optuna's class that draws the configs, or how else they come
    other_names: tuple[str, ...] = ()
    finite: bool = False  # it wants a finite list of values of every parameter, and tries each config once


METHODS: Mapping[str, Row] = {
    "tpe": Row("sweeps.search.tpe:TPE", "TPESampler", ("bayes",)),
    "random": Row("sweeps.search.random_search:RandomSearch", "RandomSampler"),
    "grid": Row("sweeps.search.grid:GridSearch", "grid", finite=True),
}


def names() -> tuple[str, ...]:
    """All that a spec may say."""
    return tuple(name for own, row in METHODS.items() for name in (*row.other_names, own))


def own_name(name: str) -> str:
    """The name in the table of what may have another one as well."""
    return next(own for own, row in METHODS.items() if name in (own, *row.other_names))


def method_of(problem: Problem, trials: Trials) -> SearchMethod:
    """The method that a sweep asks for, over the trials in its journal."""
    module, _, name = METHODS[problem.method].where.partition(":")
    method: SearchMethod = getattr(import_module(module), name)(problem, trials)
    return method
