"""Ways to damage a file (cut off, garbage, ...), by name, for tests of reading damaged folders."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest


def _missing(path: Path) -> None:
    path.unlink()


def _rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return rewrite


def _in_the_middle(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    half = len(lines) // 2
    return b"".join([*lines[:half], b'}\x07\xff,"{ no line;\x00 of ours\n', *lines[half:]])


DAMAGES: dict[str, Callable[[Path], None]] = {
    "missing": _missing,
    "empty": _rewritten(lambda content: b""),
    "cut at half": _rewritten(lambda content: content[: len(content) // 2]),
    "zeros at the end": _rewritten(lambda content: content[: len(content) * 3 // 4] + bytes(len(content) // 4)),
    "garbage": _rewritten(lambda content: bytes(range(255, 0, -1)) * 9),
    "a garbage line": _rewritten(_in_the_middle),
    "a byte order mark": _rewritten(lambda content: b"\xef\xbb\xbf" + content),
    "another document": _rewritten(lambda content: b"[1, 2]\n"),
}


def with_damages(things: Iterable[str]) -> list[Any]:
    """Every thing with every damage, as parameters of a test; two in three of them are slow tests.

    The others have every thing and, of three things or more, every damage as well: a field in three of each row and
    column.
    """
    return [
        pytest.param(thing, damage, marks=[pytest.mark.slow] if (row + column) % 3 else [])
        for row, thing in enumerate(things)
        for column, damage in enumerate(DAMAGES)
    ]
