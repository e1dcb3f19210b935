"""Imports the CSV export of a W&B chart: a column `RUN - METRIC` for each run, the first column is the x axis.

Over steps, or another axis of whole numbers that no run has twice, the axis says the step. Over time, or any other
axis, the step is the column `RUN - _step` where the export has it, or else the number of the run's point, so that no
point is lost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.results import SECONDS, STEP, TRIAL, ResultsError

Record = dict[str, Any]
Points = dict[int, Record]  # of a run: its values by the line they stand in

COLUMN = re.compile(r"(.+) - (.+)")
BOUNDS = ("__MIN", "__MAX")
OWN_STEP = "_step"
EPOCH = 1e8  # a number of seconds above this is a date
MILLISECONDS = 1e11  # and above this one in thousandths


def is_chart(records: Sequence[Mapping[str, Any]]) -> bool:
    axis = next(iter(records[0]), "") if records else ""
    return not COLUMN.fullmatch(axis) and any(COLUMN.fullmatch(key) for record in records[:20] for key in record)


def rows(file: Path, records: Sequence[Record]) -> Iterator[Record]:
    """A row for each point of each run; ResultsError for an axis that is neither numbers nor times."""
    axis = next(iter(records[0]))
    runs = _points(record for record in records if axis in record)
    places = [_place(file, axis, record[axis]) for record in records if axis in record]
    is_time = "time" in axis.lower()
    steps = {run: _steps(points, places) for run, points in runs.items()}
    if not is_time and all(_are_steps([places[line] for line in points]) for points in runs.values()):
        steps = {run: {line: int(places[line]) for line in points} for run, points in runs.items()}
    for run, points in runs.items():
        began = min(places[line] for line in points)
        since = began if began > EPOCH else 0.0
        for line, values in points.items():
            measured = {name: value for name, value in values.items() if name != OWN_STEP}
            seconds = {SECONDS: places[line] - since} if is_time else {}
            yield {TRIAL: run, STEP: steps[run][line], **seconds, **measured}


def _points(records: Iterable[Record]) -> dict[str, Points]:
    """Of each run the lines in which it has a value."""
    runs: dict[str, Points] = defaultdict(dict)
    for line, record in enumerate(records):
        for key, value in record.items():
            match = COLUMN.fullmatch(key)
            if match and not key.endswith(BOUNDS):
                runs[match[1]].setdefault(line, {})[match[2]] = value
    measured = {run: {n: v for n, v in points.items() if v.keys() - {OWN_STEP}} for run, points in runs.items()}
    return {run: points for run, points in measured.items() if points}


def _place(file: Path, axis: str, value: Any) -> float:
    """A place on the axis: a number, and of a date its seconds."""
    number = pd.to_numeric(value, errors="coerce")
    if pd.isna(number):
        date = pd.to_datetime(value, errors="coerce", utc=True)
        if pd.isna(date):
            raise ResultsError(f"{file}: {axis} is neither a number nor a time: {str(value)[:60]}")
        return float(date.timestamp())
    return float(number) / (1000 if number > MILLISECONDS and "time" in axis.lower() else 1)


def _are_steps(places: Sequence[float]) -> bool:
    return all(place.is_integer() for place in places) and len(set(places)) == len(places)


def _steps(points: Points, places: Sequence[float]) -> dict[int, int]:
    own = [float(values[OWN_STEP]) for values in points.values() if OWN_STEP in values]
    if len(own) == len(points) and _are_steps(own):
        return {line: int(step) for line, step in zip(points, own, strict=True)}
    return dict(zip(sorted(points, key=lambda line: places[line]), count(1), strict=False))
