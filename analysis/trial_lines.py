"""Reads trials.csv even if damaged: lines cut short, garbage between them, or saved again by a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from analysis.results import TRIAL, trial_name

DELIMITERS = ",;\t"  # a spreadsheet writes what its language asks for
NUMBER = re.compile(r"-?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)  # as it does with the decimal point


def trial_lines(path: Path) -> tuple[list[str], list[list[str]], int]:
    """The columns, the lines that have a cell for each of them, and how many lines have not; none without a file.

    Columns are empty where the file is no table of trials.
    """
    if not path.is_file():
        return [], [], 0
    text = path.read_bytes().replace(b"\0", b"").decode("utf-8-sig", errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    found = _records(text, delimiter)
    if not found or TRIAL not in found[0]:
        return [], [], sum(map(bool, text.splitlines()))
    columns = found[0]
    if any(len(cells) != len(columns) for cells in found):
        # An odd quote swallows the lines after it: one line at a time loses no other. None of ours holds a line break.
        found = [cells for line in text.splitlines() for cells in _records(line, delimiter)]
    whole = [cells for cells in found[1:] if len(cells) == len(columns)]
    name = columns.index(TRIAL)
    return columns, [_ours(cells, name, delimiter) for cells in whole], len(found) - 1 - len(whole)


def as_csv(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """The same with commas."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *lines])
    return text.getvalue()


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return [cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(cells)]
    except csv.Error:
        return [] if text.count("\n") < 2 else [c for line in text.splitlines() for c in _records(line, delimiter)]


def _ours(cells: list[str], name: int, delimiter: str) -> list[str]:
    if delimiter != ",":
        cells = [cell.replace(",", ".") if NUMBER.fullmatch(cell) else cell for cell in cells]
    # A spreadsheet drops leading zeros.
    trial = trial_name(cells[name]) if cells[name].isdecimal() else cells[name]
    return [*cells[:name], trial, *cells[name + 1 :]]
