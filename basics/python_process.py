"""Starts a Python process of this project's own, with these packages in reach."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def spawn(arguments: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    """Start Python with these arguments, in a session of its own and by default without input.

    A session of its own, because Ctrl-C is for the parent, which then ends this process or lets it finish.
    """
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": _python_path(), "PYTHONSAFEPATH": "1"},
        start_new_session=True,
        **{"stdin": subprocess.DEVNULL, **streams},
    )


def _python_path() -> str:
    """A child's PYTHONPATH: finds these packages also where they are not installed."""
    home = Path(__file__).resolve().parents[1]
    inherited = os.environ.get("PYTHONPATH", "")
    return inherited if home.name.endswith("-packages") else os.pathsep.join(filter(None, [inherited, str(home)]))
