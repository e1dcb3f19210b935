"""Reads the .wandb files of a sweep's runs: which steps they hold, and which are not uploaded yet."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sweeps.tracking.wandb_internals import record

BLOCK, HEADER = 32768, 7  # the format is LevelDB's log: blocks of chunks, both the file and a chunk begin with 7 bytes
WHOLE, LAST = 1, 4  # the kinds of chunk that end a record


def run_id_of(sweep_id: str, trial: str) -> str:
    """The stable id of a trial's run: a resumed sweep continues its runs."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{sweep_id}-{trial}")[:128]


def fragments(wandb: Path, run_id: str) -> list[Path]:
    """The files of a run, oldest first: it gets another one each time it is resumed."""
    return sorted(wandb.glob(f"*/run-{run_id}.wandb"))


def records(file: Path) -> Iterator[Any]:
    """The records of a file as far as it is whole (a killed process leaves a torn end)."""
    content, position, parts = file.read_bytes(), HEADER, b""
    while position + HEADER <= len(content):
        if BLOCK - position % BLOCK < HEADER:  # a block's end too short for a chunk is padding
            position += BLOCK - position % BLOCK
            continue
        _, size, kind = struct.unpack_from("<IHB", content, position)
        position += HEADER + size
        if kind == 0 or position > len(content):
            return
        parts += content[position - size : position]
        if kind in (WHOLE, LAST):
            yield record(parts)
            parts = b""


def last_step(file: Path) -> int:
    """The highest step a file holds; -1 when there is none."""
    return max((r.history.step.num for r in records(file) if r.WhichOneof("record_type") == "history"), default=-1)


def mark_synced(file: Path) -> None:
    """Mark a file as uploaded, the way `wandb sync` does."""
    file.with_suffix(".wandb.synced").touch()


def is_synced(file: Path) -> bool:
    return file.with_suffix(".wandb.synced").exists()


def is_offline(file: Path) -> bool:
    return file.parent.name.startswith("offline-")


def unsynced(wandb: Path) -> list[Path]:
    """The files that no server has taken yet: offline ones, and online ones that broke off with steps in them."""
    waiting = (file for file in sorted(wandb.glob("*/run-*.wandb")) if not is_synced(file))
    return [file for file in waiting if is_offline(file) or last_step(file) >= 0]
