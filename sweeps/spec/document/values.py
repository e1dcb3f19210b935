"""The types of values in a spec, as pydantic checks them, and the texts that mean one: 1e-3, 30m."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

# YAML 1.1 reads 1e-3 (no dot) as text; whoever writes it means the number.
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LARGEST = 2**53
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def as_number(value: Any) -> Any:
    """`value`, or the number that a text such as 1e-3 means."""
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value


def as_seconds(value: Any) -> Any:
    """`value`, or the seconds that a text such as 90s, 30m or 1h30m means."""
    if isinstance(value, str) and (parts := _DURATION.findall(value)) and "".join(map("".join, parts)) == value:
        return sum(float(count) * _SECONDS[unit] for count, unit in parts)
    return as_number(value)


def as_whole(value: Any) -> Any:
    """`value`, or the whole number that a float such as 2.0 or 1e3 is."""
    value = as_number(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def finite(value: Any) -> Any:
    """`value`; ValueError for a whole number that floating point, and so a search, cannot tell from its neighbours."""
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(f"whole numbers go to {LARGEST}")
    return value


def as_text(value: Any) -> Any:
    """`value`, or the text that a number or a truth value in YAML is."""
    return str(value) if isinstance(value, bool | int | float) else value


def harmless(name: str) -> str:
    """`name`; ValueError where the folder named after it would lie elsewhere, or cannot be."""
    if "\0" in name or name.startswith("/") or ".." in name.split("/"):
        raise ValueError("it is part of a folder's name")
    return name


def as_plain(value: Any) -> Any:
    """`value`, or the number that a text such as 1e-3 means, also within lists and mappings; ValueError for a value
    that JSON has not."""
    if isinstance(value, list):
        return [as_plain(each) for each in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("keys are text")
        return {key: as_plain(each) for key, each in value.items()}
    value = finite(as_number(value))
    if not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("it is no plain data")
    return value


Scalar = str | int | float | bool | None
_Text = Annotated[str, Field(pattern=f"^{_EXPONENT.pattern}$")]
_Time = Annotated[str, Field(pattern=rf"^({_DURATION.pattern})+$")]
_FINITE = BeforeValidator(finite)  # listed first, so asked last: once a text such as 1e3 is a number
Number = Annotated[int | float, _FINITE, BeforeValidator(as_number, json_schema_input_type=int | float | _Text)]
Real = Annotated[float, _FINITE, BeforeValidator(as_number, json_schema_input_type=float | _Text)]
Whole = Annotated[int, _FINITE, BeforeValidator(as_whole, json_schema_input_type=int | _Text)]
Seconds = Annotated[float, _FINITE, BeforeValidator(as_seconds, json_schema_input_type=float | _Text | _Time)]
Value = Annotated[Scalar, _FINITE, BeforeValidator(as_number)]
Plain = Annotated[Any, BeforeValidator(as_plain)]
Name = Annotated[str, Field(min_length=1)]
Word = Annotated[str, BeforeValidator(as_text, json_schema_input_type=str | int | float | bool)]  # of a command line
FolderName = Annotated[Name, AfterValidator(harmless)]
