"""The command `sweeps` as a program of its own, also as `python -m sweeps.cli` where it is not installed."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress

from sweeps.cli import main


def program() -> None:
    """Run the command and leave at once: to take Ray, pandas and torch apart takes the interpreter a second."""
    code: object = None
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    if not isinstance(code, int | None):  # a sentence, which the interpreter would print
        sys.exit(str(code))
    atexit._run_exitfuncs()
    with suppress(OSError):  # a pipe that nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    program()
