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


class Tail:
    """A file of JSON lines that grows."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0

    def skip(self) -> None:
        """Pass over what is there."""
        self._read = self._path.stat().st_size if self._path.exists() else 0

    def lines(self) -> Iterator[dict[str, Any]]:
        """The whole lines since the last call that are JSON mappings."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            found = parsed(line)
            if isinstance(found, dict):
                yield found
