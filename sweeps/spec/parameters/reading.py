"""W&B's parameter vocabulary, read into domains of search_spaces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from basics.groups import GROUP
from basics.text import shown
from search_spaces.conditions import AtLeast, Condition, OneOf
from search_spaces.domains import Choice, Domain, SpaceError
from search_spaces.weighted import Weighted
from sweeps.errors import SpecError
from sweeps.spec.document.schema import AtLeastSection, ParameterSection
from sweeps.spec.document.structure import read_parameters
from sweeps.spec.document.values import as_number
from sweeps.spec.parameters.constant import Constant
from sweeps.spec.parameters.ranges import read_range
from sweeps.spec.parameters.said import only
from sweeps.spec.parameters.shapes import SHAPES, read_shape

EXPONENTS = ("log_uniform", "q_log_uniform")  # whose bounds are often taken for the values themselves


def read_domains(document: Any, key: str = "parameters") -> dict[str, Domain]:
    """Every parameter of `document`, groups aside, with its conditions; SpecError says which key is wrong."""
    if not isinstance(document, Mapping) or not document:
        raise SpecError(f"{shown(document)} is no mapping of parameters", key=key, valid="{NAME: {min: 1, max: 10}}")
    for name, entry in document.items():
        _check_entry(entry, f"{key}.{name}")
    return {name: read_domain(entry, f"{key}.{name}") for name, entry in read_parameters(dict(document), key).items()}


def _check_entry(entry: Any, key: str) -> None:
    if not isinstance(entry, Mapping):
        use = f"{{values: {shown(entry)}}}" if isinstance(entry, list) else f"{{value: {shown(entry)}}}"
        valid = f"a mapping such as {use} or {{min: 1, max: 10}}"
        raise SpecError(f"{shown(entry)} is not a mapping", key=key, valid=valid)
    if GROUP in entry:  # a whole group was taken apart before
        if beside := entry.keys() - {GROUP}:
            raise SpecError(f"a group of parameters has nothing beside them, not {min(beside)}", key=f"{key}.{GROUP}")
        whole = bool(entry[GROUP]) and isinstance(entry[GROUP], Mapping)  # in a model's SPACE
        what = "a group, which a model's own space has not" if whole else f"{shown(entry[GROUP])} is no such mapping"
        raise SpecError(what, key=f"{key}.{GROUP}", valid="{NAME: {min: 1, max: 10}}")


def read_domain(section: ParameterSection, key: str) -> Domain:
    """The domain of one parameter, its `when` included."""
    given = section.model_fields_set - {"when"}
    kinds: list[str] = [kind for kind in ("value", "values") if kind in given]
    kinds += ["min"] if {"min", "max"} & given and section.distribution not in SHAPES else []
    kinds += [section.distribution] if section.distribution in SHAPES else []
    if len(kinds) != 1:
        what = f"{' and '.join(kinds)} exclude each other" if kinds else "says nothing about its values"
        raise SpecError(what, key=key, valid="value, values, min and max, or a distribution such as normal")
    read = {"value": _constant, "values": _categorical, "min": read_range}.get(kinds[0], read_shape)
    try:
        domain = read(section, given, key)
        return domain.when(**{other: _condition(when) for other, when in section.when.items()})
    except SpaceError as error:
        raise SpecError(str(error), key=key) from None


def _constant(section: ParameterSection, given: set[str], key: str) -> Domain:
    only(given, {"value", "distribution"}, section.distribution, ("constant",), key)
    return Constant(section.value)


def _categorical(section: ParameterSection, given: set[str], key: str) -> Domain:
    """As at W&B, a value that is there twice is drawn twice as often."""
    if "probabilities" not in given:
        only(given, {"values", "distribution"}, section.distribution, ("categorical",), key)
        return Choice(*section.values)
    kinds = ("categorical", "categorical_w_probabilities")
    only(given, {"values", "probabilities", "distribution"}, section.distribution, kinds, key)
    try:
        return Weighted(section.values, section.probabilities)
    except SpaceError as error:
        raise SpecError(str(error), key=f"{key}.probabilities") from None


def doubt(entry: Any, key: str) -> str | None:
    """A warning for bounds of log_uniform or q_log_uniform that look like the values themselves, in words, or None."""
    if not isinstance(entry, Mapping) or entry.get("distribution") not in EXPONENTS:
        return None
    name = entry["distribution"]
    low, high = as_number(entry["min"]), as_number(entry["max"])
    if not 0 < low < 1:
        return None
    return (
        f"{key}: the bounds of {name} are exponents of e, so this is {math.exp(low):.4g} to {math.exp(high):.4g}; "
        f"{name}_values takes the values themselves"
    )


def _condition(when: Any) -> Condition:
    if isinstance(when, AtLeastSection):
        return AtLeast(when.min)
    return OneOf(tuple(when) if isinstance(when, list) else (when,))
