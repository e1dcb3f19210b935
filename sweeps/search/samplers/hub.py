"""Samplers of OptunaHub, whose package of that name fetches their code when a sweep first asks for one.

They read what GP and NSGA-II read: trials that all have a value of every parameter (see `sweeps.search.view`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, ClassVar

import optuna

from sweeps.search.drawing import distribution_of
from sweeps.search.methods import HUB
from sweeps.search.samplers.viewed import OptunaMethod

GIVEN = ("self", "seed", "search_space")  # by us, where a sampler takes them


class HubMethod(OptunaMethod):
    """Draws as the sampler of that name in OptunaHub's registry does."""

    learns: ClassVar[bool] = True

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        found = sampler_of(self._problem.method.removeprefix(HUB))
        distributions = {name: distribution_of(domain) for name, domain in self._problem.space.items()}
        ours = {"seed": seed, "search_space": distributions}
        there = {name: value for name, value in ours.items() if name in inspect.signature(found).parameters}
        return found(**there, **self._problem.sampler)


@cache
def sampler_of(name: str) -> type[optuna.samplers.BaseSampler]:
    """The sampler's class; LookupError where the module has none, and whatever the package raises that fetches it."""
    import optunahub

    module: ModuleType = optunahub.load_module(f"samplers/{name}")
    named = [getattr(module, each) for each in getattr(module, "__all__", vars(module))]
    for each in named:
        if isinstance(each, type) and issubclass(each, optuna.samplers.BaseSampler):
            return each
    raise LookupError(f"there is no sampler in {module.__name__}")


def options_of(name: str) -> tuple[str, ...]:
    """The names of what the sampler takes besides what it is given here."""
    return tuple(each for each in inspect.signature(sampler_of(name)).parameters if each not in GIVEN)


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Make one; whatever it raises over an option is raised."""
    sampler_class, space = sampler_of(name), {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}
    needs = "search_space" in inspect.signature(sampler_class).parameters
    sampler_class(**({"search_space": space} if needs else {}), **options)
