"""Rewrites a sweep's report whenever its results change, until it has ended (`sweeps report --watch`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from analysis.report import write_report
from analysis.results import MANIFEST_FILE, ROWS_FILE, SPEC_FILE, TRIALS_FILE
from sweeps.search.importance import latest
from sweeps.store.folder_lock import is_running

EVERY = 5.0  # seconds from one page to the next, at least
SHARE = 0.2  # of the time at most goes into writing pages: the trials need the machine more
GLANCE = 0.5  # seconds between two looks at whether the sweep still runs


def watched(folder: Path) -> Iterator[Path]:
    """Yield the report each time it has been written; the last one is of a sweep that runs no more.

    ResultsError if `folder` holds no sweep.
    """
    while is_running(folder):
        if not (folder / MANIFEST_FILE).exists():  # the sweep is loading its data
            time.sleep(GLANCE)
            continue
        began, seen = time.monotonic(), _state(folder)
        yield write_report(folder, reload=EVERY, importance=latest(folder))
        until = time.monotonic() + max(EVERY, (time.monotonic() - began) / SHARE)
        while is_running(folder) and (time.monotonic() < until or _state(folder) == seen):
            time.sleep(GLANCE)
    yield write_report(folder, importance=latest(folder))


def _state(folder: Path) -> list[float]:
    """When the files a report is made from were last written."""
    paths = (folder / name for name in (SPEC_FILE, ROWS_FILE, TRIALS_FILE))
    return [path.stat().st_mtime for path in paths if path.exists()]
