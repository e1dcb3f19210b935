"""Reads a .wandb file, the transaction log of a W&B run, to its end or as far as it is written by now."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sweeps.wandb_log.internals import record

BLOCK, HEADER = 32768, 7  # the format is LevelDB's log: blocks of chunks, both the file and a chunk begin with 7 bytes
WHOLE, FIRST, LAST = 1, 2, 4  # the kinds of chunk that are a record, and that begin and end one


def records(file: Path) -> Iterator[Any]:
    """The records of a file as far as it is whole (a killed process leaves a torn end)."""
    return TransactionLog(file).new()


class TransactionLog:
    """A file that may still grow."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._position = HEADER  # behind the last whole record

    def new(self) -> Iterator[Any]:
        """The whole records since the last call."""
        with self.file.open("rb") as file:
            start = self._position - self._position % BLOCK
            file.seek(start)
            content = file.read()
        position, parts = self._position - start, b""
        while position + HEADER <= len(content):
            if BLOCK - position % BLOCK < HEADER:  # a block's end too short for a chunk is padding
                position += BLOCK - position % BLOCK
                continue
            _, size, kind = struct.unpack_from("<IHB", content, position)
            position += HEADER + size
            if kind == 0 or position > len(content):
                return
            parts = (b"" if kind in (WHOLE, FIRST) else parts) + content[position - size : position]
            if kind in (WHOLE, LAST):
                self._position, whole, parts = start + position, parts, b""
                yield record(whole)
