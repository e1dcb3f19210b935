"""Words for people: the name that was probably meant, a value as its user wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 80


def nearest(name: Any, names: Iterable[Any], likeness: float = 0.5) -> str | None:
    """The one of `names` that `name` was probably meant to be, in whatever letters; `likeness` of 1 takes no other."""
    known = {str(other).lower(): str(other) for other in names}
    close = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=likeness)
    return known[close[0]] if close else None


def did_you_mean(name: Any, names: Iterable[Any]) -> str:
    """The end of a message, '; did you mean NAME?', or nothing where no name is near."""
    near = nearest(name, names)
    return f"; did you mean {near}?" if near else ""


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; a list that holds itself
        return f"this {type(value).__name__}"


def shown(value: Any) -> str:
    """`value` as a user wrote it, cut to a length that fits a line."""
    text = {None: "null", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else None
    text = text or _repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
