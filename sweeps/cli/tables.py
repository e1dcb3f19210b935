"""Prints rows as a table on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from basics.terminal import printable


def print_table(rows: Sequence[Mapping[str, Any]], order: Sequence[str] = ()) -> None:
    """One line a row; a column for each key of any row, in `order`. Nothing is cut when stdout is no terminal."""
    if not rows:
        print("nothing to show", file=sys.stderr)
        return
    table = Table(box=None, pad_edge=False)
    there = dict.fromkeys(name for row in rows for name in row)
    columns = [name for name in dict.fromkeys([*order, *there]) if name in there]
    for name in columns:
        table.add_column(escape(printable(name)), overflow="fold")
    for row in rows:
        table.add_row(*(escape(printable(_text(row.get(name)))) for name in columns))
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    console.print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
