"""Restores rows that are missing in a damaged results.jsonl, from checkpoints, the journal and the table of trials.

A checkpoint has all numbers of the steps before it, the journal the objective of every step, and the table what the
last step came to.
"""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from analysis.folder import load
from analysis.formatting import counted
from analysis.results import LAST, ROWS_FILE, SECONDS, STEP, TRIAL, SweepResults
from basics.files import cut_torn_line, set_aside
from sweeps.search.search import Search
from sweeps.store.journal_recovery import Say
from sweeps.worker.replicates import merged

Rows = dict[tuple[str, int], dict[str, Any]]


def restore_rows(folder: Path, search: Search, say: Say) -> None:
    """Append the missing rows to results.jsonl; a damaged checkpoint is renamed, so that its trial starts again."""
    sweep, found = load(folder), defaultdict[tuple[str, int], dict[str, Any]](dict)
    whole = _of_checkpoints(folder, say)
    ended = {f"{number:04d}" for number, *_ in search.ended()}  # the others report again what no checkpoint has
    for key, row in [*_of_journal(search).items(), *_of_table(sweep).items()]:
        if key[0] in ended:
            found[key] |= row
    for key, row in whole.items():
        found[key] |= row
    there = set(zip(sweep.rows[TRIAL], sweep.rows[STEP], strict=True))
    lost = sorted(found.keys() - there)
    if not lost:
        return
    path = folder / ROWS_FILE
    cut_torn_line(path)
    with path.open("a", encoding="utf-8") as lines:
        lines.writelines(json.dumps({TRIAL: key[0], STEP: key[1]} | found[key]) + "\n" for key in lost)
    partly = sum(key not in whole for key in lost)
    rest = f"; of {partly} of them only the objective, or what the table has of a last step" if partly else ""
    say(f"{path}: {counted(len(lost), 'row')} had been lost and are brought back{rest}")


def _of_checkpoints(folder: Path, say: Say) -> Rows:
    found: Rows = {}
    for path in sorted((folder / "ray" / "checkpoints").glob("*.pt")):
        try:
            found |= {(path.stem, step): row for step, row in _rows_in(path)}
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, UnpicklingError, EOFError):
            set_aside(path)
            say(f"{path}: damaged, so that trial {path.stem} starts again if it has not ended")
    return found


def _rows_in(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of the steps up to a checkpoint; raises one of several errors if the file is damaged."""
    import torch  # takes seconds, and a sweep without checkpoints does without it

    with zipfile.ZipFile(path) as archive:
        if (broken := archive.testzip()) is not None:
            raise ValueError(f"{broken} is not as it was written")
    saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    histories = [[*earlier, last] for earlier, last in zip(saved["earlier"], saved["rows"], strict=True)]
    for step in range(1, saved["step"] + 1):
        now = [history[step - 1] for history in histories if len(history) >= step]
        yield step, merged(now) | ({SECONDS: round(saved["seconds"], 3)} if step == saved["step"] else {})


def _of_journal(search: Search) -> Rows:
    return {(f"{number:04d}", step): {search.objective: value} for number, step, value in search.reported()}


def _of_table(sweep: SweepResults) -> Rows:
    found: Rows = {}
    lines: Any = sweep.trials.to_dict("records")
    for line in lines:
        last = {name.removeprefix(LAST): line[name] for name in line if name.startswith(LAST)}
        numbers = {name: float(value) for name, value in {SECONDS: line[SECONDS], **last}.items() if value == value}
        if line["steps"] >= 1:
            found[line[TRIAL], int(line["steps"])] = numbers
    return found
