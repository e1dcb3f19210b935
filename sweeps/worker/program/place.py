"""The folder that a program has for a trial: its output, its metrics, its W&B run, its checkpoint."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.results import MANIFEST_FILE, PROGRAMS_FOLDER
from basics.files import replace_file
from basics.json_lines import parsed
from sweeps.report import METRICS_VARIABLE
from sweeps.spec.program.program import Program
from sweeps.worker.program.settings import ProgramSettings

METRICS, CHECKPOINT = "metrics.jsonl", "checkpoint"
CONFIG_YAML, CONFIG_JSON = "config.yaml", "config.json"
MOST = 64 * 2**20  # bytes of a trial's folder that are brought from another machine


@dataclass(frozen=True)
class Place:
    """`is_shared`: it lies in the sweep's own folder, so that nothing of it has to be brought there."""

    folder: Path
    is_shared: bool

    def prepare(self, config: Mapping[str, Any], program: Program, *, resumed: bool) -> None:
        """Make the folder ready for a start; what an earlier start left is kept only where the program resumes."""
        if not (resumed and program.resumable):
            for name in ("wandb", CHECKPOINT):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / METRICS).unlink(missing_ok=True)
        (self.folder / CHECKPOINT).mkdir(parents=True, exist_ok=True)
        replace_file(self.folder / CONFIG_JSON, json.dumps(config, indent=2).encode())
        replace_file(self.folder / CONFIG_YAML, wandb_config(config).encode())

    @property
    def variables(self) -> dict[str, str]:
        """What tells the program of it, and its W&B client."""
        return {
            METRICS_VARIABLE: str(self.folder / METRICS),
            "SWEEPS_CHECKPOINT_DIR": str(self.folder / CHECKPOINT),
            "SWEEPS_TRIAL_DIR": str(self.folder),
            "WANDB_DIR": str(self.folder),
            "WANDB_SWEEP_PARAM_PATH": str(self.folder / CONFIG_YAML),
        }

    def files(self) -> Iterator[tuple[str, bytes]]:
        """What lies there, by path, up to as much as is brought from another machine."""
        left = MOST
        for path in sorted(self.folder.rglob("*")):
            with suppress(OSError):
                if path.is_file() and not path.is_symlink() and (left := left - path.stat().st_size) >= 0:
                    yield path.relative_to(self.folder).as_posix(), path.read_bytes()


def place_of(settings: ProgramSettings, trial: str) -> Place:
    """In the sweep's folder where this machine sees it, else in a temporary one."""
    below = Path(settings.folder)
    with suppress(OSError):
        manifest = parsed((below / MANIFEST_FILE).read_text(encoding="utf-8-sig"))
        if isinstance(manifest, dict) and manifest.get("sweep") == settings.sweep_id:
            return Place(below / PROGRAMS_FOLDER / trial, is_shared=True)
    here = Path(tempfile.gettempdir()) / f"gdsweeps-{os.getuid()}-{settings.sweep_id}"
    here.mkdir(mode=0o700, exist_ok=True)
    if here.stat().st_uid != os.getuid():
        raise PermissionError(f"{here} is another user's")
    return Place(here / trial, is_shared=False)


def wandb_config(config: Mapping[str, Any]) -> str:
    """A config as W&B's agents hand it over: YAML, of which JSON is a part."""
    lines = {"wandb_version": 1, **{name: {"desc": None, "value": value} for name, value in config.items()}}
    return "\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in lines.items()) + "\n"
