"""Metrics of a GAN's training history: means over the last quarter, oscillation and growth of its losses.

Functions of the rows a trial has reported so far (mappings of name to float), oldest first; NaN where no row has the
metric. "Late" is the last quarter, at least
three rows: what the samples that are judged came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

History = Sequence[Mapping[str, float]]
LATE, FEWEST = 0.25, 3


def late(history: History, name: str) -> float:
    """Mean of the metric `name` over the last quarter of the rows."""
    values = series(history, name)
    return float(values[-late_rows(len(values)) :].mean()) if len(values) else math.nan


def late_rows(n: int) -> int:
    return max(FEWEST, math.ceil(LATE * n))


def oscillation(history: History, name: str = "train/loss_g") -> float:
    """Share of turning points in the series of a metric: 0 of a steady one, 2/3 of independent values, 1 of a zigzag;
    NaN under 3 rows."""
    steps = np.sign(np.diff(series(history, name)))
    return float((steps[1:] * steps[:-1] < 0).mean()) if len(steps) > 1 else math.nan


def growth(history: History, name: str) -> float:
    """Growth of |name|: its mean over the last quarter over the median of the first; 1 where there is nothing to
    compare."""
    values = np.abs(series(history, name))
    first = np.median(values[: late_rows(len(values))]) if len(values) else 0.0
    return float(values[-late_rows(len(values)) :].mean() / first) if first > 0 else 1.0


def series(history: History, name: str) -> NDArray[np.float64]:
    """The values of `name` in the rows that have it."""
    return np.array([row[name] for row in history if row.get(name) is not None], np.float64)
