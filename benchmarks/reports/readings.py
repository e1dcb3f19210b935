"""Numbers out of loaded sweeps, as the claims ask for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.results import CONFIG, DONE, LAST, STATUS, STEP, TRIAL, SweepResults

Vector = NDArray[np.float64]


def finished(sweep: SweepResults) -> pd.DataFrame:
    """The trials that were trained to their end, in their order, with plain index."""
    return sweep.trials[sweep.trials[STATUS] == DONE].reset_index(drop=True)


def where(sweep: SweepResults, **config: Any) -> pd.DataFrame:
    """The finished trials with these values of parameters."""
    table = finished(sweep)
    for name, value in config.items():
        table = table[table[CONFIG + name] == value]
    return table


def last(sweep: SweepResults, metric: str, **config: Any) -> float:
    """The metric at the last step, averaged over the finished trials with these values of parameters."""
    return float(where(sweep, **config)[LAST + metric].mean())


def steps_of(sweep: SweepResults, trial: str, metric: str) -> Vector:
    """The metric at every step of a trial."""
    rows = sweep.rows[sweep.rows[TRIAL] == trial].sort_values(STEP)
    return rows[metric].to_numpy(dtype=float)


def paired(a: Vector, b: Vector) -> tuple[float, float]:
    """Mean of a - b and its standard error, of values that belong together (the same fold, the same setting)."""
    difference = a - b
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def share_error(share: float, n: int) -> float:
    """Standard error of a share of n independent cases, never under that of one case in n."""
    return float(max(np.sqrt(share * (1 - share) / n), 1 / n))


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    return f"{100 * difference:+.1f} points"
