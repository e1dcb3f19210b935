"""Restores rows that are missing in a damaged results.jsonl, from checkpoints, the journal and the table of trials.

A checkpoint has all numbers of the steps before it, the journal the objectives of every step, and the table what the
last step came to.
"""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from analysis.formatting import counted
from analysis.judge.findings import findings_in
from analysis.results import (
    EVIDENCE,
    FINDINGS,
    LAST,
    ROWS_FILE,
    SECONDS,
    SEVERITY,
    STEP,
    TRIAL,
    VERDICT,
    SweepResults,
    sentences_in,
    trial_name,
)
from analysis.rows import Row
from basics.files import cut_torn_line, set_aside
from sweeps.search.search import Search
from sweeps.store.journal_recovery import Say
from sweeps.store.sweep_folder import CHECKPOINTS
from sweeps.worker.replicates import merged

Key = tuple[str, int]  # trial and step
Part = dict[str, Any]  # of a row's document: what one of the three knows of it


def restore_rows(sweep: SweepResults, search: Search, say: Say) -> None:
    """Append the missing rows to results.jsonl; a damaged checkpoint is renamed, so that its trial starts again."""
    there: set[Key] = set(zip(sweep.rows[TRIAL], sweep.rows[STEP], strict=True))
    whole = _of_checkpoints(sweep.folder, there, say)
    ended = {trial_name(number) for number, *_ in search.ended()}  # the others report again what no checkpoint has
    partly = (pair for pair in chain(_of_journal(search), _of_table(sweep)) if pair[0][0] in ended)
    found = defaultdict[Key, Part](dict)
    for key, row in chain(partly, whole.items()):
        if key not in there:
            found[key] |= row
    if found:
        _append(sweep.folder / ROWS_FILE, found, whole.keys(), say)


def _append(path: Path, found: Mapping[Key, Part], whole: Collection[Key], say: Say) -> None:
    lost = sorted(found)
    cut_torn_line(path)
    with path.open("a", encoding="utf-8") as lines:
        rows = (Row.of({TRIAL: key[0], STEP: key[1]} | found[key]) for key in lost)
        lines.writelines(json.dumps(row.document()) + "\n" for row in rows)
    partly = sum(key not in whole for key in lost)
    rest = f"; of {partly} of them only the objective, or what the table has of a last step" if partly else ""
    say(f"{path}: {counted(len(lost), 'row')} had been lost and are brought back{rest}")


def _of_checkpoints(folder: Path, there: set[Key], say: Say) -> dict[Key, Part]:
    found: dict[Key, Part] = {}
    for path in sorted((folder / CHECKPOINTS).glob("*.pt")):
        try:
            found |= dict(_rows_in(path, there))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, UnpicklingError, EOFError):
            set_aside(path)
            say(f"{path}: damaged, so that trial {path.stem} starts again if it has not ended")
    return found


def _rows_in(path: Path, there: set[Key]) -> Iterator[tuple[Key, Part]]:
    """The rows of the steps up to a checkpoint that are not there; one of several errors if the file is damaged."""
    import torch  # takes seconds, and a sweep without checkpoints does without it

    with zipfile.ZipFile(path) as archive:
        if (broken := archive.testzip()) is not None:
            raise ValueError(f"{broken} is not as it was written")
    saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    histories = [[*earlier, last] for earlier, last in zip(saved["earlier"], saved["rows"], strict=True)]
    for step in range(saved.get("begun", 0) + 1, saved["step"] + 1):
        if (path.stem, step) not in there:
            now = [history[step - 1] for history in histories if len(history) >= step]
            at_its_end = {SECONDS: round(saved["seconds"], 3)} if step == saved["step"] else {}
            yield (path.stem, step), merged(now) | at_its_end


def _of_journal(search: Search) -> Iterator[tuple[Key, Part]]:
    for number, step, values in search.reported():
        yield (trial_name(number), step), dict(zip(search.objectives, values, strict=True))


def _judged(line: Mapping[str, Any]) -> Part:
    """What the table has of the last step in words; of the findings no sentences."""
    found = [finding.document() for finding in findings_in(line[FINDINGS])]
    return {VERDICT: line[VERDICT], FINDINGS: found, EVIDENCE: sentences_in(line[EVIDENCE])}


def _of_table(sweep: SweepResults) -> Iterator[tuple[Key, Part]]:
    lines: Any = sweep.trials.to_dict("records")
    for line in lines:
        last = {name.removeprefix(LAST): line[name] for name in line if name.startswith(LAST)}
        numbers = {name: float(value) for name, value in {SECONDS: line[SECONDS], **last}.items() if value == value}
        words = _judged(line) if SEVERITY in numbers else {}
        if line["steps"] >= 1:
            yield (line[TRIAL], int(line["steps"])), numbers | words
