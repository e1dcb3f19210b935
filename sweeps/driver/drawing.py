"""A process that draws a sweep's report: it imports what that takes while trials still run, and draws while Ray ends.

python -m sweeps.driver.drawing FOLDER    then a line on standard input, when the sweep is over
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from analysis.report import write_report
from analysis.results import IMPORTANCE_FILE
from basics.files import replace_file
from sweeps.driver.report_process import GO
from sweeps.search.importance import latest


def main(folder: Path) -> None:
    """Import, wait for the word, draw; nothing without it, for then the driver was killed or its sweep failed."""
    importlib.import_module("optuna.importance")  # which `latest` takes seconds to import when it is called
    if sys.stdin.buffer.readline() != GO:
        return
    found = latest(folder)
    if found is not None:
        replace_file(folder / IMPORTANCE_FILE, json.dumps(found).encode())
    write_report(folder, importance=found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
