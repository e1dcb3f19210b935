"""Converts a row of results to W&B values: numbers for curves, lists as charts. Text goes to the run's summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wandb

from analysis import interactive
from analysis.results import CLASS_HISTOGRAM, CONFUSION, SECONDS
from analysis.rows import Row


def logged(row: Row, classes: Sequence[str]) -> dict[str, Any]:
    """The W&B values of a row."""
    values: dict[str, Any] = {**({SECONDS: row.seconds} if row.seconds is not None else {}), **row.numbers}
    if row.class_histogram:
        shares = np.asarray(row.class_histogram, float)
        values[CLASS_HISTOGRAM] = wandb.Histogram(np_histogram=(shares, np.arange(len(shares) + 1)))
    if row.confusion:
        values[CONFUSION] = wandb.Plotly(interactive.confusion_matrix(row.confusion, classes))
    return values
