"""The search methods there are, one a row: what a spec's `method` may be, the class that does it, what it honours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from sweeps.search import options
from sweeps.search.method import Problem, SearchMethod

if TYPE_CHECKING:
    from sweeps.search.trials import Trials

# Honoured in what is drawn; by the ranking of trials alone, or if the sampler likes, of which a spec is warned; for
# trials whose values compare alone; refused before the start.
Cell = Literal["honoured", "ranking only", "comparable only", "its own affair", "refused"]


@dataclass(frozen=True)
class Row:
    """`where` is module:Class, imported when a sweep needs it: Optuna takes its time, and a spec is read without."""

    where: str
    sampler: str  # the class that draws the configs, Optuna's where nothing else is said, or how else they come
    other_names: tuple[str, ...] = ()
    repeats: bool = False  # it goes on with configs that it has asked for
    finite: bool = False  # it wants a finite list of values of every parameter, and tries each config once
    options: options.Options = field(default_factory=dict)
    conditional: Cell = "honoured"  # parameters that are active for some values of another one only
    categorical: Cell = "honoured"
    constraint: Cell = "honoured"
    objectives: Cell = "refused"  # several of them
    parallel: Cell = "honoured"  # asks while trials run
    earlier: Cell = "refused"  # trials of other sweeps


COMPARABLE: Cell = "comparable only"
METHODS: Mapping[str, Row] = {
    "tpe": Row(
        "sweeps.search.samplers.tpe:TPE",
        "TPESampler",
        ("bayes",),
        options=options.TPE,
        objectives="honoured",
        earlier="honoured",
    ),
    "random": Row(
        "sweeps.search.samplers.random_search:RandomSearch",
        "RandomSampler",
        constraint="ranking only",
        objectives="ranking only",
    ),
    "grid": Row(
        "sweeps.search.samplers.grid:GridSearch",
        "grid",
        finite=True,
        constraint="ranking only",
        objectives="ranking only",
    ),
    "qmc": Row(
        "sweeps.search.samplers.qmc:QuasiRandom",
        "scipy.stats.qmc",
        options=options.QMC,
        constraint="ranking only",
        objectives="ranking only",
    ),
    "gp": Row("sweeps.search.samplers.gp:GaussianProcess", "GPSampler", options=options.GP, earlier=COMPARABLE),
    "cmaes": Row(
        "sweeps.search.samplers.cmaes:CMAES",
        "cmaes",
        options=options.CMA_ES,
        categorical="refused",
        earlier=COMPARABLE,
    ),
    "pbt": Row("sweeps.search.samplers.pbt:PopulationBasedTraining", "perturbation", repeats=True, options=options.PBT),
    "nsga2": Row(
        "sweeps.search.samplers.nsga2:NSGA2",
        "NSGAIISampler",
        options=options.NSGA_II,
        objectives="honoured",
        earlier=COMPARABLE,
    ),
}


HUB = "optunahub:"  # and the name of a sampler there
_HUB_ROW = Row("sweeps.search.samplers.hub:HubMethod", "of OptunaHub", constraint="its own affair", earlier=COMPARABLE)


def row_of(method: str) -> Row:
    """The row of a method by its own name; one for all samplers of OptunaHub."""
    return _HUB_ROW if method.startswith(HUB) else METHODS[method]


def names() -> tuple[str, ...]:
    """All that a spec may say."""
    return tuple(name for own, row in METHODS.items() for name in (*row.other_names, own))


def own_name(name: str) -> str:
    """The name in the table of what may have another one as well."""
    return next((own for own, row in METHODS.items() if name in row.other_names), name)


def method_of(problem: Problem, trials: Trials) -> SearchMethod:
    """The method that a sweep asks for, over the trials in its journal."""
    module, _, name = row_of(problem.method).where.partition(":")
    method: SearchMethod = getattr(import_module(module), name)(problem, trials)
    return method
