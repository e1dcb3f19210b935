"""What population based training asks of a spec: how long a member trains, and what is changed on the way."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from search_spaces.space import Config, Space
from sweeps.errors import SpecError
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.early_termination import Bands, Median, Plateau, Terms
from trainables.entry import Entry

METHOD = "pbt"
GENERATIONS = 10  # when nothing is said of the interval
COMPARING = (Bands, Median, Plateau)  # rules about how a trial does over its steps, of which the population decides


def options_of(said: Mapping[str, Any], section: SpecSection, space: Space, entry: Entry) -> dict[str, Any]:
    """The options with the interval and the parameters that are changed; SpecError where there is no such training."""
    steps = section.budget.steps
    if steps is None:
        raise SpecError("pbt wants to know how many steps a member trains in all", key="budget.steps", valid="a number")
    interval = int(said["interval"] or max(1, steps // GENERATIONS))
    if interval >= steps:
        what = f"{interval}, and a member trains {steps} steps in all: no state would be handed on"
        raise SpecError(what, key="sampler.interval", valid=f"less than {steps}" if steps > 1 else "2 steps or more")
    return {**said, "interval": interval, "parameters": list(_changed(said["parameters"], space, entry))}


def generations(options: Mapping[str, Any], steps: int) -> int:
    """How many trials a member is, one after the other."""
    return math.ceil(steps / int(options["interval"]))


def check_rules(terms: Collection[Terms]) -> None:
    """SpecError for a rule that compares what pbt compares itself."""
    if any(isinstance(each, COMPARING) for each in terms):
        what = "pbt itself decides which members go on"
        raise SpecError(what, key="early_terminate", valid="collapse, target or no_improvement with pbt")


def check_first(first: Sequence[Config], options: Mapping[str, Any]) -> None:
    """SpecError for more configs to try first than there are members to begin with."""
    if len(first) > options["population"]:
        what = f"{len(first)} configs to try first, with the model's own, for a population of {options['population']}"
        raise SpecError(what, key="enqueue", valid=f"sampler.population of {len(first)} or more, or fewer configs")


def _changed(said: Collection[str] | None, space: Space, entry: Entry) -> Collection[str]:
    can = [name for name in space if name in entry.mutable and not _activates(name, space)]
    others = ", ".join(can) or "none of the parameters that are searched"
    for name in said or ():
        if name not in space:
            raise SpecError(f"{name} is not searched", key="sampler.parameters", valid=can or others, near=name)
        if name not in can:
            what = f"{name} cannot change in the middle of training: the saved state would not fit"
            raise SpecError(what, key="sampler.parameters", valid=can or others)
    if not can:
        what = "none of the parameters that are searched can change in the middle of training"
        valid = ", ".join(sorted(entry.mutable)) or "a model of which some can"
        raise SpecError(what, key="parameters", valid=valid)
    return said or can


def _activates(name: str, space: Space) -> bool:
    """Whether other parameters are active for some of its values only."""
    return any(name in domain.conditions for domain in space.values())
