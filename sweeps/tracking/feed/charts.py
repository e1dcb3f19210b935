"""Converts a row of results to W&B values: numbers for curves, lists as charts. Text goes to the run's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import wandb

from analysis import interactive
from analysis.results import CLASS_HISTOGRAM, CONFUSION
from sweeps.tracking.feed.trial_history import numbers


def logged(row: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """The W&B values of a row."""
    values: dict[str, Any] = {"seconds": row["seconds"], **numbers(row)}
    if row.get(CLASS_HISTOGRAM):
        shares = np.asarray(row[CLASS_HISTOGRAM], float)
        values[CLASS_HISTOGRAM] = wandb.Histogram(np_histogram=(shares, np.arange(len(shares) + 1)))
    if row.get(CONFUSION):
        values[CONFUSION] = wandb.Plotly(interactive.confusion_matrix(row[CONFUSION], classes))
    return values
