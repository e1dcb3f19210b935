"""Reads files of JSON lines, also those that a kill, a full disk or somebody's editor has damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def json_lines(path: Path) -> Iterator[Any]:
    """What each line that is not empty holds, None of one that is no JSON; nothing of a file that is not there."""
    yield from map(parsed, text_lines(path))


def text_lines(path: Path) -> Iterator[str]:
    """The lines that are not empty."""
    if not path.is_file():
        return
    # An editor may put a byte order mark first, and a kill tear a line in the middle of a character.
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        yield from (line for line in lines if line.strip())


def parsed(line: str) -> Any:
    """What a line holds, None if it is no JSON."""
    try:
        return json.loads(line)
    except ValueError:
        return None
