"""The command `sweeps` as a program of its own, also as `python -m sweeps.cli` where it is not installed."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress

from sweeps.cli import main


def program() -> None:
    """Run the command and leave at once: to take Ray, pandas and torch apart takes the interpreter a second."""
    codes: list[object] = []
    atexit.register(_leave, codes)  # the first to be registered here, and so the last to be called
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code or 0)
        raise


def _leave(codes: list[object]) -> None:
    """End the process, where the command has ended with a number; a traceback or a sentence goes its usual way."""
    with suppress(OSError):  # a pipe that nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    if codes and isinstance(codes[0], int):
        os._exit(codes[0])


if __name__ == "__main__":
    program()
