"""Reads the manifest of a sweep to be resumed, or restores what it needs where the file is damaged or missing."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from analysis.folder import json_document
from analysis.results import MANIFEST_FILE
from sweeps.store.journal_recovery import Say
from sweeps.tracking.queue import Layout
from sweeps.tracking.settings import read_settings


def read_manifest(folder: Path, say: Say) -> dict[str, Any]:
    """The manifest; of a damaged one only `sweep` and `options`, as far as other files hold them."""
    found = json_document(folder / MANIFEST_FILE, [])
    if isinstance(found.get("sweep"), str) and isinstance(found.get("options"), dict):
        return found
    path = folder / MANIFEST_FILE
    say(f"{path}: damaged or gone, written anew; whether the data is what it was cannot be told, options are defaults")
    try:
        sweep_id = read_settings(Layout(folder)).sweep_id  # so that W&B's runs go on
    except (OSError, ValueError, KeyError, TypeError):
        sweep_id = secrets.token_hex(4)
    return {"sweep": sweep_id, "options": {}}
