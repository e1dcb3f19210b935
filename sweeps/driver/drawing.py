"""A process that draws a sweep's report: it imports what that takes while trials still run, and draws while Ray ends.

python -m sweeps.driver.drawing FOLDER    then a line on standard input, when the sweep is over
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from analysis.report import write_report
from sweeps.driver.report_process import GO
from sweeps.search.importance import write_importance


def main(folder: Path) -> None:
    """Import, wait for the word, draw; nothing without it, for then the driver was killed or its sweep failed."""
    importlib.import_module("optuna.importance")  # which `write_importance` takes seconds to import when it is called
    if sys.stdin.buffer.readline() != GO:
        return
    write_importance(folder)
    write_report(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
