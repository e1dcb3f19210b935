"""Restores rows that are missing in a damaged results.jsonl, from checkpoints, the journal and the table of trials.

A checkpoint has all numbers of the steps before it, the journal the objectives of every step, and the table what the
last step came to.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from analysis.folder import is_row
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
from basics.files import cut_torn_line, replace_file, set_aside
from basics.json_lines import text_lines
from sweeps.search.search import Search
from sweeps.store.checkpoints import BEFORE, CHECKPOINTS, STATE
from sweeps.store.journal_recovery import Say
from sweeps.worker.replicates import merged

Key = tuple[str, int]  # trial and step
Part = dict[str, Any]  # of a row's document: what one of the three knows of it
DAMAGED = (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, UnpicklingError, EOFError)


def restore_rows(sweep: SweepResults, search: Search, say: Say) -> None:
    """Append the missing rows to results.jsonl; a damaged checkpoint is renamed, and the one before it taken."""
    if any(str(sweep.folder / ROWS_FILE) in line for line in sweep.damage):
        _put_garbage_aside(sweep.folder / ROWS_FILE, say)
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


def _put_garbage_aside(path: Path, say: Say) -> None:
    """Keep the rows alone of a file that has other lines too, and itself under another name."""
    if not path.is_file():
        return
    cut_torn_line(path)
    lines = list(text_lines(path))
    rows = [line for line in lines if is_row(line)]
    if len(rows) < len(lines):
        damaged = path.with_name(f"{path.name}.damaged")
        shutil.copyfile(path, damaged)
        replace_file(path, "".join(rows).encode())
        say(f"{path}: {counted(len(lines) - len(rows), 'line')} that were no rows are taken out; see {damaged.name}")


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
    kept = folder / CHECKPOINTS
    for trial in sorted({path.name.split(".")[0] for end in (STATE, BEFORE) for path in kept.glob(f"*{end}")}):
        found |= _of_trial(kept, trial, there, say)
    return found


def _of_trial(kept: Path, trial: str, there: set[Key], say: Say) -> dict[Key, Part]:
    """The rows in a trial's last checkpoint; if it is damaged or gone, in the one before, which takes its place."""
    last, before = kept / f"{trial}{STATE}", kept / f"{trial}{BEFORE}"
    state = "damaged" if last.exists() else "gone"
    if last.exists():
        try:
            return dict(_rows_in(last, there))
        except DAMAGED:
            set_aside(last)
    goes_on = "goes on from the one before it" if before.exists() else "starts again"
    say(f"{last}: {state}, so that trial {trial} {goes_on} if it has not ended")
    if not before.exists():
        return {}
    before.replace(last)
    return _of_trial(kept, trial, there, say)


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
