"""The row of a reporting interval: means over its updates, or the reason why there are none."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from trainables.base import DivergedError


def means(names: Sequence[str], table: Tensor, done: int, rows_per_update: int = 1) -> dict[str, float]:
    """Means of a table (rows, quantities) by name; DivergedError names the first that is not finite and its update.

    `done` updates were made before the table's first row. The table comes to the CPU here: one transfer an interval,
    so that a GPU is not waited for at every update.
    """
    table = table.double().cpu()
    for row, values in enumerate(table.tolist() if not table.isfinite().all() else []):
        for name, value in zip(names, values, strict=True):
            if not math.isfinite(value):
                raise DivergedError(f"{name} is {value} at update {done + row // rows_per_update + 1}")
    return dict(zip(names, table.mean(0).tolist(), strict=True))
