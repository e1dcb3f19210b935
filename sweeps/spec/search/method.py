"""How the search of a spec goes: its method, the options of the sampler, how many trials; what it cannot honour."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from basics.text import shown
from search_spaces.conditions import Value
from search_spaces.domains import Choice, SpaceError
from search_spaces.finite import configs
from search_spaces.space import Space
from search_spaces.weighted import Weighted
from sweeps.errors import SpecError
from sweeps.search.methods import HUB, METHODS, own_name, row_of
from sweeps.spec.budget import budget_of
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.resolved import Objective
from sweeps.spec.search import population
from trainables import MODELS
from trainables.entry import Entry

LARGEST_GRID = 1_000_000
POPULATION = "population_size"  # an option: the trials of a generation


@dataclass
class Searched:
    """The lines of a resolved spec that say how configs are chosen, and how many."""

    method: str
    sampler: dict[str, Any]
    trials: int | None
    warnings: list[str] = field(default_factory=list)


def search_of(
    section: SpecSection, space: Space, fixed: Mapping[str, Value], metric: Objective, entry: Entry, trusted: bool
) -> Searched:
    """SpecError for an unknown option, for a space that the method cannot search, for `seeds` of several configs."""
    if not space:
        return Searched("random" if section.seeds is not None else own_name(section.method), {}, section.seeds or 1)
    if section.seeds is not None:
        what = f"there is more than one config, {next(iter(space))} being searched"
        raise SpecError(what, key="seeds", valid="replicates, which averages over seeds of each config")
    method = own_name(section.method)
    _check_metric(section)
    _check_space(method, space)
    _check_objectives(method, metric)
    warnings = _unheeded(method, metric)
    if method == population.METHOD:
        sampler = population.options_of(sampler_options(method, section.sampler), section, space, entry)
        return _population(section, sampler, warnings)
    trials = _trials(section, space, fixed, warnings)
    if method.startswith(HUB):
        sampler = _of_hub(method, section.sampler) if trusted else dict(section.sampler)
    else:
        sampler = sampler_options(method, section.sampler)
    return Searched(method, sampler, trials, [*warnings, *_doubts(method, sampler, trials)])


def _population(section: SpecSection, options: dict[str, Any], warnings: list[str]) -> Searched:
    """A trial for each member and generation, or `run_cap` if that is fewer."""
    trials = options["population"] * population.generations(options, section.budget.steps or 0)
    if section.run_cap is not None and section.run_cap < trials:
        warnings.append(f"run_cap: the population's training is {trials} trials, and ends after {section.run_cap}")
    return Searched(population.METHOD, options, min(section.run_cap or trials, trials), warnings)


def sampler_options(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """All options of the method's sampler, those given and else the defaults; SpecError for one that is not."""
    options = METHODS[method].options
    for name, value in given.items():
        _check_known(method, name, options)
        if not options[name].takes(value):
            raise SpecError(f"{shown(value)} does not fit", key=f"sampler.{name}", valid=options[name].valid)
    chosen = {name: given.get(name, option.default) for name, option in options.items()}
    for name, option in options.items():
        if option.without and chosen[name] and chosen[option.without]:
            raise SpecError(f"does not go with {option.without}", key=f"sampler.{name}", valid="one of the two")
    return chosen


def _check_known(method: str, name: str, options: Collection[str]) -> None:
    if name not in options:
        what = f"{method} has no such option" if options else f"{method} has no options"
        raise SpecError(what, key=f"sampler.{name}", valid=options, near=name)


def _of_hub(method: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """The options of a sampler of OptunaHub; SpecError where it is not to be had, or does not take them."""
    if find_spec("optunahub") is None:
        what = f"{method} needs the package optunahub, which is not installed"
        raise SpecError(what, key="method", valid=f"pip install optunahub, or {', '.join(METHODS)}")
    from sweeps.search.samplers import hub

    name = method.removeprefix(HUB)
    try:
        options = hub.options_of(name)
    except Exception as error:  # of the network, of git, of the registry, of code that is not ours
        what = f"{name} cannot be loaded: {type(error).__name__}: {error}"
        raise SpecError(what, key="method", valid="a folder of samplers in OptunaHub's registry") from None
    for option in given:
        _check_known(method, option, options)
    try:
        hub.check_options(name, given)
    except Exception as error:
        raise SpecError(f"{name} does not take it: {error}", key="sampler", valid=options) from None
    return dict(given)


def _check_metric(section: SpecSection) -> None:
    """SpecError as at W&B for `bayes` without a metric, which a model of ours alone has by itself."""
    if section.method == "bayes" and section.metric is None and section.model not in MODELS:
        what = "is missing: bayes searches for the best of one"
        raise SpecError(what, key="metric", valid="{name: val/accuracy, goal: maximize}, or another method")


def _check_space(method: str, space: Space) -> None:
    for name, domain in space.items() if row_of(method).finite else ():
        if isinstance(domain, Weighted):
            what = "a grid tries each value once, however probable"
            raise SpecError(what, key=f"parameters.{name}.probabilities", valid="values alone, or method: random")
    for name, domain in space.items() if row_of(method).categorical == "refused" else ():
        if isinstance(domain, Choice) and domain.size > 1:
            others = [other for other, row in METHODS.items() if row.categorical == "honoured" and not row.finite]
            what, valid = (
                f"{method} searches numbers, and this is a choice",
                f"one value, or method: {', '.join(others)}",
            )
            raise SpecError(what, key=f"parameters.{name}.values", valid=valid)


def _check_objectives(method: str, metric: Objective) -> None:
    if len(metric.goals) > 1 and row_of(method).objectives == "refused":
        others = [other for other, row in METHODS.items() if row.objectives != "refused"]
        what = f"{method} searches for one metric, and there are {len(metric.goals)}"
        raise SpecError(what, key="metric", valid=f"one, or method: {', '.join(others)}")


def _unheeded(method: str, metric: Objective) -> list[str]:
    heeds = row_of(method).constraint
    if not metric.constraints or heeds == "honoured":
        return []
    what = f"{method} draws configs without it" if heeds == "ranking only" else f"{method} may or may not heed it"
    return [f"constraint: {what}; it ranks the trials all the same"]


def _doubts(method: str, sampler: Mapping[str, Value], trials: int | None) -> list[str]:
    """Warnings for a search that ends before its method has learnt anything."""
    first = sampler.get(POPULATION)
    if not isinstance(first, int) or trials is None or trials > first:
        return []
    what = f"the first {first} trials of {method} are drawn by chance, and there are {trials}"
    return [f"sampler.{POPULATION}: {what}"]


def _trials(section: SpecSection, space: Space, fixed: Mapping[str, Value], warnings: list[str]) -> int | None:
    """`run_cap`, or as many as there are configs if that is fewer."""
    if row_of(own_name(section.method)).finite:
        return _grid_size(space, fixed, section.run_cap)
    few = len(configs(space, fixed))
    if few and (section.run_cap is None or section.run_cap > few):
        warnings.append(f"run_cap: there are {few} configs, each is tried once, and then the sweep ends")
        return few
    if section.run_cap is None and not budget_of(section).limits:
        warnings.append("run_cap: not given, nor a budget: the sweep goes on until it is interrupted")
    return section.run_cap


def _grid_size(space: Space, fixed: Mapping[str, Value], run_cap: int | None) -> int:
    """The configs of the grid, or `run_cap` if that is fewer; SpecError for a range without a finite list of values."""
    most = min(run_cap or LARGEST_GRID, LARGEST_GRID)
    for name, domain in space.items():
        if LARGEST_GRID < domain.size < math.inf:
            raise _too_large(f"parameters.{name}")
    try:
        size = sum(1 for _ in itertools.islice(space.enumerate(fixed), most + 1))
    except SpaceError as error:
        name, _, what = str(error).partition(": ")
        raise SpecError(what, key=f"parameters.{name}", valid="values, or method: random or bayes") from None
    if size > LARGEST_GRID:
        raise _too_large("parameters")
    return min(size, most)


def _too_large(key: str) -> SpecError:
    return SpecError(f"a grid of more than {LARGEST_GRID:,} configs", key=key, valid="fewer values, or method: random")
