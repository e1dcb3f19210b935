"""The configs a search tries first: what the model has when nothing is said, and those of the line `enqueue`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from basics.text import shown
from search_spaces.conditions import Value, in_words, same
from search_spaces.domains import SpaceError
from search_spaces.finite import identity
from search_spaces.known import nearest, placed
from search_spaces.space import Config, Space
from sweeps.errors import SpecError
from sweeps.search.methods import own_name, row_of
from sweeps.spec.document.schema import SpecSection
from trainables import Entry
from trainables.base import ConfigError


@dataclass
class FirstTrials:
    """`configs` in order, by what of them is searched; each may leave values to the search method.

    `default`: whether the model's own is asked for; `enqueued` are those of the spec.
    """

    default: bool = False
    enqueued: tuple[Config, ...] = ()
    configs: tuple[Config, ...] = ()
    doubts: list[str] = field(default_factory=list)

    def warnings(self, trials: int | None) -> list[str]:
        if trials is None or trials >= len(self.configs) or not self.enqueued:
            return self.doubts
        return [*self.doubts, f"enqueue: only the first {trials} of {len(self.configs)} configs to try first are tried"]


def first_trials(
    section: SpecSection, space: Space, fixed: Mapping[str, Value], entry: Entry, asked: bool
) -> FirstTrials:
    """SpecError for a config that the space has not, or that the model refuses, if it may be `asked`."""
    if not space or row_of(own_name(section.method)).finite:
        _check_none(section, space)
        return FirstTrials()
    defaults, doubts = entry.defaults(), []
    default = placed(space, fixed, defaults) if section.default_first else {}
    if default and asked and (fault := _fault(entry, {**fixed, **default})):
        doubts, default = [f"default_first: left out, since the model refuses it here: {fault}"], {}
    enqueued = tuple(_read(one, index, space, fixed) for index, one in enumerate(section.enqueue or ()))
    filled = [placed(space, fixed, {**defaults, **config}) for config in enqueued]
    for index, config in enumerate(filled):
        if asked and (fault := _fault(entry, {**fixed, **config})):
            raise SpecError(f"the model refuses it: {fault}", key=f"enqueue[{index}]")
    configs = {identity(config): config for config in [*([default] if default else []), *filled]}
    return FirstTrials(section.default_first, enqueued, tuple(configs.values()), doubts)


def _check_none(section: SpecSection, space: Space) -> None:
    what = "a grid tries every config there is, in order" if space else "nothing is searched"
    if section.enqueue is not None:
        raise SpecError(what, key="enqueue", valid="leave it out")
    if space and section.default_first and "default_first" in section.model_fields_set:
        raise SpecError(what, key="default_first", valid="false, or leave it out")


def _read(given: Mapping[str, Value], index: int, space: Space, fixed: Mapping[str, Value]) -> Config:
    """The values of what is searched; a fixed one may be there as it is."""
    if not given:
        raise SpecError("has no values", key=f"enqueue[{index}]", valid="a mapping such as {C: 1.0}")
    read = dict(_values(given, f"enqueue[{index}]", space, fixed))
    for name in read:
        unmet = {o: c for o, c in space[name].conditions.items() if o in {**fixed, **read}}
        if any(not condition.holds({**fixed, **read}[other]) for other, condition in unmet.items()):
            raise SpecError(f"has no effect here: {in_words(unmet)}", key=f"enqueue[{index}].{name}")
    return read


def _values(
    given: Mapping[str, Value], key: str, space: Space, fixed: Mapping[str, Value]
) -> Iterator[tuple[str, Value]]:
    for name, value in given.items():
        if name in fixed:
            if not same(fixed[name], value):
                raise SpecError(f"{shown(value)}, and it is fixed", key=f"{key}.{name}", valid=shown(fixed[name]))
        elif name not in space:
            raise SpecError("is not searched", key=f"{key}.{name}", valid=space, near=name)
        else:
            yield name, _within(space, name, value, key)


def _within(space: Space, name: str, value: Value, key: str) -> Value:
    domain = space[name]
    try:
        there = nearest(domain, value)
    except SpaceError:
        choices = [shown(choice).strip("'") for choice in getattr(domain, "choices", ())]
        raise SpecError(
            f"{shown(value)} is not in the space", key=f"{key}.{name}", valid=choices or "a number", near=value
        ) from None
    if not isinstance(value, str | bool | None) and abs(float(there) - float(value)) > 1e-9 * abs(float(value)):  # type: ignore[arg-type]
        raise SpecError(
            f"{shown(value)} is not in the space", key=f"{key}.{name}", valid=f"{shown(there)} is the nearest"
        )
    return there


def _fault(entry: Entry, config: Mapping[str, Any]) -> str | None:
    try:
        entry.configure(config)
    except ConfigError as error:
        return str(error)
    return None
