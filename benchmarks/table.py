"""Tables in a Markdown page: filled row by row, where a row is known by its first cell, or replaced as a whole."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path


def put_row(page: Path, heading: str, cells: Sequence[str]) -> None:
    """Replace the row of the table below `heading` that begins with cells[0], or add it; ValueError if no table."""
    lines = page.read_text().splitlines()
    start = _table(lines, heading)
    end = next((i for i in range(start, len(lines)) if not lines[i].startswith("|")), len(lines))
    row = f"| {' | '.join(cells)} |"
    known = [i for i in range(start + 2, end) if lines[i].startswith(f"| {cells[0]} |")]
    if known:
        lines[known[0]] = row
    else:
        lines.insert(end, row)
    page.write_text("\n".join(lines) + "\n")


def _table(lines: Sequence[str], heading: str) -> int:
    """The line of the header of the first table below `heading`."""
    below = False
    for number, line in enumerate(lines):
        if line.startswith("#"):
            below = line.lstrip("# ") == heading
        elif below and line.startswith("|"):
            return number
    raise ValueError(f"no table below a heading {heading!r}")


def put_part(page: Path, name: str, text: str) -> None:
    """Replace what stands between the comments `name` and "end"; ValueError if they are not there."""
    before, start, rest = page.read_text().partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    if not start or not end:
        raise ValueError(f"{page}: no part between the comments {name} and end")
    page.write_text(f"{before}{start}{text}\n{end}{after}")


def print_part(doc: str | None, name: str, parts: Mapping[str, Callable[[int], Iterator[str]]]) -> None:
    """The command line of a benchmark of several tables: print one, a row as soon as it is measured, or put it into a
    page, between the comments `name: PART` and "end". Each of `parts` gives its rows for a number of seeds."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--part", choices=parts, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--page", type=Path, help="write the table into the page, in place of the one it has")
    arguments = parser.parse_args()
    rows = []
    for row in parts[arguments.part](arguments.seeds):
        print(row, flush=True)
        rows.append(row)
    if arguments.page:
        put_part(arguments.page, f"{name}: {arguments.part}", "\n".join(rows))
