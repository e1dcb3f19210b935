"""What W&B's mode and project come to here, found by a process of its own: `python -m sweeps.tracking.resolution MODE`.

The driver has programs started with both before there is a run, and does not import wandb itself, whose client starts
a service that would outlive it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psutil

from basics.python_process import spawn
from sweeps.tracking.mode import Mode, client, resolve_mode, switched_off
from sweeps.tracking.process import kill
from sweeps.tracking.settings import FeedSettings

DEFAULT_PROJECT = "gdsweeps"


class Resolution:
    """Begins at once; `mode` and `project` wait for it."""

    def __init__(self, settings: FeedSettings) -> None:
        self._settings, self._found = settings, dict[str, Any]()
        self._child: subprocess.Popen[bytes] | None = None
        if not switched_off(settings.mode):
            command = ["-m", "sweeps.tracking.resolution", settings.mode]
            self._child = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    @property
    def mode(self) -> Mode:
        found: Mode = self._result().get("mode", "off")
        return found

    @property
    def project(self) -> str:
        return str(self._settings.project or self._result().get("project") or DEFAULT_PROJECT)

    def _result(self) -> dict[str, Any]:
        """Empty where wandb is not there, or does not say."""
        if self._child is not None and not self._found:
            said = self._child.communicate()[0]
            self._found = json.loads(said) if said else {"mode": "offline"}
        return self._found


def main(mode: str) -> None:
    answer = os.dup(1)
    os.dup2(2, 1)  # what wandb prints belongs to nobody
    found = {"mode": resolve_mode(mode), "project": client().setup().settings.project}
    os.write(answer, json.dumps(found).encode())
    kill(psutil.Process().children(recursive=True))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
