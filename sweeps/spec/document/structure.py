"""A spec's lines, checked for structure and types; pydantic's findings become one line that names the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import SECTIONS, ParameterSection, Section, SpecSection

_NAMED = ("missing", "extra_forbidden")


def read_spec(document: Mapping[str, Any]) -> SpecSection:
    """`document` with its structure and types checked; SpecError names the first key that is wrong."""
    try:
        return SpecSection.model_validate(document)
    except ValidationError as error:
        raise _fault(error, document) from None


def read_parameters(document: Any, key: str) -> dict[str, ParameterSection]:
    """The same for `parameters` alone, called `key` in messages (a user's SPACE)."""
    try:
        return SpecSection.model_validate({"model": "any", "parameters": document}).parameters or {}
    except ValidationError as error:
        fault = _fault(error, {"parameters": document})
        fault.key = key + fault.key.removeprefix("parameters")
        raise fault from None


def _fault(error: ValidationError, document: Mapping[str, Any]) -> SpecError:
    first, path = _innermost(error, document)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    section, field = _described(path)
    if first["type"] == "invalid_key" or first["loc"][-1] == "[key]":
        return SpecError(f"the key {shown(first['input'])} is not text", key=key.rpartition("[")[0])
    if first["type"] == "extra_forbidden":
        return SpecError("unknown key", key=key, valid=section.model_fields, near=path[-1])
    valid = (field.description or "") if field is not None else ""
    if first["type"] == "missing":
        return SpecError("is missing", key=key, valid=valid)
    names = valid.removeprefix("one of ").split(", ") if valid.startswith("one of ") else valid
    return SpecError(f"{shown(first['input'])} does not fit", key=key, valid=names, near=first["input"])


def _innermost(error: ValidationError, document: Mapping[str, Any]) -> tuple[ErrorDetails, list[int | str]]:
    """The first fault, or the one deepest below it where a union has several, and its path in `document`."""
    faults = [(fault, [*_path(fault["loc"], document, fault["type"] in _NAMED)]) for fault in error.errors()]
    below = [(fault, path) for fault, path in faults if path[: len(faults[0][1])] == faults[0][1]]
    return max(below, key=lambda each: (len(each[1]), each[0]["type"] == "extra_forbidden"))


def _path(loc: tuple[int | str, ...], document: Any, named: bool) -> Iterator[int | str]:
    """`loc` without the names pydantic gives to the members of a union, which no user wrote.

    `named`: the last part is a key's name, whether the document has it or not.
    """
    for index, part in enumerate(loc):
        if isinstance(document, Mapping) and (part in document or (named and index == len(loc) - 1)):
            document = document.get(part)
            yield part
        elif isinstance(document, list) and isinstance(part, int):
            document = document[part]
            yield part


def _described(path: list[int | str]) -> tuple[type[Section], FieldInfo | None]:
    """The section that the last key of `path` stands in, and the innermost field around it."""
    section, field = cast(type[Section], SpecSection), None
    for depth, part in enumerate(path):
        section = SECTIONS.get(_pattern(path[:depth]), section)
        field = section.model_fields.get(str(part), field)
    return section, field


def _pattern(path: list[int | str]) -> tuple[str, ...]:
    """`path` with a star for places in a list, and for names that a user gives: parameters, those a condition is on."""
    named = (1, 3) if path and path[0] == "parameters" else ()
    return tuple("*" if depth in named or isinstance(part, int) else str(part) for depth, part in enumerate(path))
