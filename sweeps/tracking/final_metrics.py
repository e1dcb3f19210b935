"""Test metrics of a final training for W&B: stored in the sweep's folder and added to its runs after it has ended."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from analysis.final_result import SeedRow, Tested
from basics.files import replace_file
from sweeps.tracking.queue import Event, Layout
from sweeps.tracking.settings import read_settings
from sweeps.tracking.tracker import PATIENCE, Tracker

TESTED_FILE = "tested.json"


def track_tested(folder: Path, result: Tested, model: Path, mode: str, patience: float = PATIENCE) -> None:
    """Store the `result` of a final training in its sweep's `folder`, and send it to W&B if the sweep was tracked."""
    trials = {row["trial"]: _numbers(row) for row in result["each"]}
    document = {"trials": trials, "sweep": _means(result), "model": os.path.relpath(model, folder)}
    replace_file(folder / TESTED_FILE, json.dumps(document).encode())
    layout = Layout(folder.resolve())
    if layout.settings.exists():
        with Tracker(folder, replace(read_settings(layout), mode=mode), patience=patience) as tracker:
            tracker.tested(tested_events(folder))
            tracker.close(interrupted=False)


def tested_events(folder: Path) -> list[Event]:
    """One event per seed and one for all, if the final training in `folder` has been tested."""
    if not (folder / TESTED_FILE).exists():
        return []
    found = json.loads((folder / TESTED_FILE).read_text(encoding="utf-8"))
    trials = [{"event": "tested", "trial": trial, "values": values} for trial, values in found["trials"].items()]
    return [*trials, {"event": "tested", "values": found["sweep"], "model": found["model"]}]


def _means(result: Tested) -> dict[str, float]:
    """The mean of each test metric over the seeds, with the ends of its interval, and the gap in its parts."""
    test = {name: numbers["mean"] for name, numbers in result["test"].items()}
    for name, numbers in result["test"].items():
        ends = {f"{name}.low": numbers.get("low"), f"{name}.high": numbers.get("high")}
        test |= {end: value for end, value in ends.items() if value is not None and name.count("/") == 1}
    return {**test, **{f"gap/{part}": much for part, much in result["gap"]["gaps"].items()}}


def _numbers(row: SeedRow) -> dict[str, float]:
    return {name: value for name, value in row.items() if isinstance(value, int | float)}
