"""Reports metrics from a program that a sweep runs: `from sweeps.report import report`; the standard library alone.

A program without this package appends lines of JSON to the file that the variable SWEEPS_METRICS names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

METRICS_VARIABLE = "SWEEPS_METRICS"


def report(metrics: Mapping[str, Any] | None = None, /, **named: Any) -> None:
    """Report a row of metrics, numbers or mappings of them by name; nothing where no sweep runs the program.

    TypeError for a value that is no number.
    """
    path = os.environ.get(METRICS_VARIABLE)
    if not path:
        return
    line = json.dumps({**(metrics or {}), **named}, default=float) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode())  # in one piece, as several processes may report
    finally:
        os.close(handle)
