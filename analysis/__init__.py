"""Analysis of sweeps: metrics, reading results, pictures and the report. Needs neither Ray nor torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.metrics import Goal
    from analysis.results import SweepResults

# The two functions below import when they are called: a trial that computes a metric has no need of pandas.


def load(path: str | Path) -> pd.DataFrame:
    """A tidy table of the results at `path`, a row for each trial and step; see `analysis.importing.reading.load`."""
    from analysis.importing import reading

    return reading.load(path)


def read(path: str | Path, *, metric: str | None = None, goal: Goal | None = None) -> SweepResults:
    """The sweep at `path`, for the pictures and the report; see `analysis.importing.reading.read`."""
    from analysis.importing import reading

    return reading.read(path, metric=metric, goal=goal)
