"""Rows of plain values, the same for a table on a terminal and for --json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.results import CONFIG

TableRow = dict[str, Any]

WORDS = ("why", "lock")  # what a row may have at its end


def beside(shown: TableRow, config: Mapping[str, Any]) -> TableRow:
    """A row with a config: a parameter that is called like a column of ours is config/NAME."""
    return shown | {f"{CONFIG}{name}" if name in (*shown, *WORDS) else name: value for name, value in config.items()}


def plain(value: Any) -> Any:
    """A table cell as a plain Python value; None for an empty one."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "":
        return None
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
