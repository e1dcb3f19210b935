"""The id that the W&B run of a trial has."""

from __future__ import annotations

import re


def run_id_of(sweep_id: str, trial: str) -> str:
    """The stable id of a trial's run: a resumed sweep continues its runs."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{sweep_id}-{trial}")[:128]
