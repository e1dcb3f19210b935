"""Whether the model takes the values a sweep would give it, asked of its own config before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from basics.text import shown
from search_spaces.conditions import Value
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized
from search_spaces.space import Config, Space
from sweeps.errors import SpecError
from sweeps.spec.narrowing import activators
from sweeps.spec.parameters import Constant
from trainables.base import ConfigError

Configure = Callable[[Mapping[str, Any]], Any]
# Draws of the other parameters before a value counts as refused, and draws of the space in search of bad pairs.
_DRAWS = 40


def admit(configure: Configure, space: Space, fixed: Mapping[str, Value]) -> list[str]:
    """SpecError for the first value that no config with it passes; warnings for combinations the model refuses."""
    for name, value in fixed.items():
        _admit_fixed(configure, name, value)
    for name, domain in space.items():
        for key, value in candidates(domain):
            _admit(configure, space, fixed, name, key, value)
    return _combinations(configure, space, fixed)


def same_kind(base: Mapping[str, Domain], chosen: Mapping[str, Domain]) -> None:
    """SpecError for text where a model without a config of its own declares numbers, or the other way round."""
    for name in base.keys() & chosen.keys():
        kinds = {_kind(value) for _, value in candidates(base[name])} | {"null"}
        for key, value in candidates(chosen[name]):
            if _kind(value) not in kinds:
                valid = f"{' or '.join(sorted(kinds - {'null'}))}, as in the model's SPACE"
                raise SpecError(f"{shown(value)} is {_kind(value)}", key=_key(name, key), valid=valid)


def _kind(value: Value) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    return "text" if isinstance(value, str) else "a number"


def candidates(domain: Domain) -> Iterator[tuple[str, Value]]:
    """The values that tell whether `domain` is taken, with their keys: all choices, or the ends and a point between."""
    if isinstance(domain, Choice):
        yield from (("value" if isinstance(domain, Constant) else "values", value) for value in domain.choices)
    if isinstance(domain, Float | Int | Quantized):
        yield "min", domain.rounded(domain.low)
        yield "max", domain.rounded(domain.high)
        yield "", domain.draw(Random(0))


def _admit_fixed(configure: Configure, name: str, value: Value) -> None:
    """A fixed value that is wrong whatever the others are; a bad pair shows when whole configs are tried."""
    fault = _fault(configure, {name: value})
    if fault is not None and _is_about(fault, name):
        raise SpecError(_said(fault, name), key=f"parameters.{name}.value")


def _admit(configure: Configure, space: Space, fixed: Mapping[str, Value], name: str, key: str, value: Value) -> None:
    faults = []
    for config in _configs_with(space, fixed, name, value):
        fault = _fault(configure, config)
        if fault is None:
            return
        faults.append(fault)
    fault = next((fault for fault in faults if _is_about(fault, name)), faults[-1])
    what = _said(fault, name) if _is_about(fault, name) else f"no config with {shown(value)} is accepted: {fault}"
    raise SpecError(what, key=_key(name, key))


def _configs_with(space: Space, fixed: Mapping[str, Value], name: str, value: Value) -> Iterator[Config]:
    """Configs in which `name` is `value`: first with as little else as can be, then with the others drawn."""
    wanted = _wanted(space, name) | {name: [value]}
    yield {**fixed, **{other: values[0] for other, values in wanted.items()}}
    rng = Random(0)
    for _ in range(_DRAWS):
        yield space.resolve(lambda n, d: rng.choice(wanted[n]) if n in wanted else d.draw(rng), fixed)


def _wanted(space: Space, name: str) -> dict[str, list[Value]]:
    """What the parameters that `name` depends on must be for it to be active."""
    wanted: dict[str, list[Value]] = {}
    for other, condition in space[name].conditions.items():
        if other in space:
            wanted |= _wanted(space, other) | {other: activators(condition, space[other])}
    return wanted


def _combinations(configure: Configure, space: Space, fixed: Mapping[str, Value]) -> list[str]:
    rng = Random(0)
    faults = [_fault(configure, space.draw(rng, fixed)) for _ in range(_DRAWS if space else 1)]
    refused = [fault for fault in faults if fault is not None]
    if len(refused) == len(faults):
        raise SpecError(f"the model refuses these values together: {refused[0]}", key="parameters")
    if not refused:
        return []
    share = f"about {100 * len(refused) / len(faults):.0f} % of the configs, and those trials will fail"
    return [f"parameters: the model refuses {share} ({refused[0]}); `when` can exclude them"]


def _key(name: str, key: str) -> str:
    return f"parameters.{name}.{key}".rstrip(".")


def _fault(configure: Configure, config: Mapping[str, Any]) -> str | None:
    try:
        configure(config)
    except ConfigError as error:
        return str(error)
    return None


def _is_about(fault: str, name: str) -> bool:
    return fault.startswith((f"{name}:", f"{name} "))


def _said(fault: str, name: str) -> str:
    return fault.removeprefix(f"{name}:").strip()
