"""What the command line changes in a spec: a top-level line, a dotted path, or a parameter by its bare name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import INAPPLICABLE, ParameterSection, SpecSection

_RANGE = {"min", "max", "q", "step", "distribution"}


def split(overrides: Mapping[str, Any], parameters_there: Iterable[str] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """`overrides` of lines, and those of parameters by dotted path (C, C.max); None leaves a line as it is.

    `parameters_there` are the names that the spec has: one such as `model.depth` goes before the line of its head.
    """
    there = {name for name in map(str, parameters_there) if "." in name}
    lines: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for key, value in overrides.items():
        head, _, rest = key.partition(".")
        if head == "parameters":
            parameters |= {rest: value} if rest else _mapping(value)
        elif (head in SpecSection.model_fields or head in INAPPLICABLE) and path_in(key, there)[0] not in there:
            lines |= {} if value is None else {key: value}
        else:
            parameters[key] = value
    return lines, parameters


def path_in(path: str, names: Iterable[str]) -> tuple[str, str]:
    """The parameter's name and what of it: C.max is the max of C, and optimizer.lr is a name with a dot."""
    named = [name for name in map(str, names) if path == name or path.startswith(f"{name}.")]
    if named:
        name = max(named, key=len)
        return name, path[len(name) + 1 :]
    head, dot, last = path.rpartition(".")
    return (head, last) if dot and last in ParameterSection.model_fields else (path, "")


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SpecError(f"{shown(value)} is no mapping of parameters", key="parameters", valid="{NAME: VALUE}")
    return {str(name): below for name, below in value.items()}


def with_lines(document: Mapping[str, Any], lines: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with each dotted line set."""
    changed = dict(document)
    for key, value in lines.items():
        head, _, rest = key.partition(".")
        below = changed.get(head)
        if rest and not (below is None or isinstance(below, Mapping)):
            raise SpecError("has nothing below it", key=key, valid=head)
        changed[head] = with_lines(below or {}, {rest: value}) if rest else value
    return changed


def with_parameters(entries: Mapping[str, Any], changes: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """`entries` of `parameters` with each change made: a bare name is fixed, NAME.max and the like are replaced.

    `names` are those of the model, beside those of the entries.
    """
    changed = dict(entries)
    for path, value in changes.items():
        name, part = path_in(path, [*names, *entries])
        changed[name] = _entry(changed.get(name, {}), part, value) if part else _whole(value)
    return changed


def _whole(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return {"values": value} if isinstance(value, list | tuple) else {"value": value}


def _entry(entry: Any, part: str, value: Any) -> Any:
    """`entry` with `part` set, without what excludes it: a range has no value, a value no range."""
    if not isinstance(entry, Mapping):
        return {part: value}
    excluded = {"value": _RANGE | {"values"}, "values": _RANGE | {"value"}}.get(part)
    if part in _RANGE:
        excluded = {"value", "values"}
    return {**{key: old for key, old in entry.items() if key not in (excluded or set())}, part: value}
