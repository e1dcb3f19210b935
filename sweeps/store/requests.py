"""What another process asks of the one that runs a sweep: a file in the folder, which that one looks for.

So it works from another shell and, on a shared disk, from another machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from basics.files import replace_file

Wish = Literal["stop", "pause"]
WISHES: tuple[Wish, ...] = ("stop", "pause")
REQUEST = ".request"


def ask(folder: Path, wish: Wish) -> None:
    """Leave a request; a later one takes the place of one that nobody has heard yet."""
    replace_file(folder / REQUEST, json.dumps({"ask": wish}).encode())


def is_heard(folder: Path) -> bool:
    """Whether no request waits."""
    return not (folder / REQUEST).exists()


def take(folder: Path) -> Wish | None:
    """The request that waits, which then waits no more."""
    path = folder / REQUEST
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        found = None
    path.unlink(missing_ok=True)
    return next((wish for wish in WISHES if isinstance(found, dict) and found.get("ask") == wish), None)
