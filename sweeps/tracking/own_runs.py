"""Uploads the runs that programs have opened themselves, as `wandb sync` does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from basics.python_process import spawn
from sweeps.errors import TrackingError
from sweeps.tracking.wandb_files import mark_synced, unsynced_own

SECONDS = 600  # that an upload may take


def sync_own(folder: Path, trial: str) -> None:
    """Upload what the server lacks of a trial's own runs; TrackingError with the reason where it does not take one."""
    for file in unsynced_own(folder, trial):
        command = ["-m", "wandb", "sync", "--include-synced", str(file.parent)]
        child = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = child.communicate(timeout=SECONDS)[0].decode(errors="replace").strip().splitlines()
        if child.returncode:
            raise TrackingError(f"{file}: {said[-1] if said else 'wandb sync failed'}")
        mark_synced(file)
