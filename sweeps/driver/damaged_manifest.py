"""Reads manifest and spec of a sweep to be resumed, or restores them where a file is damaged or missing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.folder import json_document
from analysis.results import MANIFEST_FILE, SPEC_FILE
from basics.shell import command_line
from sweeps.errors import FolderError, SpecError
from sweeps.spec.document.yaml_file import read_yaml
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


def readable_spec(folder: Path, began: Mapping[str, Any] | None, say: Say) -> Path | Mapping[str, Any]:
    """Where to read the spec of a sweep to be resumed: its file, or what it `began` with if there is none.

    FolderError for a file that is no YAML: it may be somebody's edit, so that nothing is put in its place.
    """
    path = folder / SPEC_FILE
    if began and not path.exists():
        say(f"{path}: gone, written anew from {MANIFEST_FILE}, as the sweep began")
        return began
    try:
        read_yaml(path)
    except SpecError as error:
        if not began:
            raise
        again = command_line("resume", folder)
        what = f"correct it, or remove it: then '{again}' takes the spec from {MANIFEST_FILE}"
        raise FolderError(f"{error.at(str(path))}; {what}") from None
    return path
