"""Words for people: the name that was probably meant, a value as its user wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 80


def nearest(name: Any, names: Iterable[Any]) -> str | None:
    """The one of `names` that `name` was probably meant to be."""
    close = difflib.get_close_matches(str(name), [str(other) for other in names], n=1, cutoff=0.5)
    return close[0] if close else None


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
