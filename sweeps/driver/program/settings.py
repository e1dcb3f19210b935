"""What the workers of a sweep of a program are given once."""

from __future__ import annotations

import os
from pathlib import Path

from sweeps.driver.program.shipping import packed
from sweeps.errors import SpecError
from sweeps.spec.resolved import FINISHED, Spec
from sweeps.tracking.mode import ANOTHERS
from sweeps.tracking.resolution import Resolution
from sweeps.tracking.settings import FeedSettings
from sweeps.wandb_log.internals import PROGRAM_ENVIRONMENT
from sweeps.worker.program.settings import ProgramSettings

FORGOTTEN = ANOTHERS | {"WANDB_DISABLED"}


def program_settings(
    spec: Spec,
    folder: Path,
    tracking: FeedSettings,
    resolution: Resolution,
    start_in: Path,
    *,
    elsewhere: bool,
    ship: bool,
) -> ProgramSettings:
    """`elsewhere`: it runs on a cluster, to which the folder travels if it is to `ship`.

    SpecError for a program that is not there, FolderError for a folder that is too large to send.
    """
    assert spec.program is not None
    check_there(spec, start_in)
    variables = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    return ProgramSettings(
        program=spec.program,
        cpus=spec.resources.cpu,
        metrics=spec.metric.names,
        sweep_id=tracking.sweep_id,
        folder=str(folder.resolve()),
        start_in=str(start_in),
        unnamed=spec.metric.name == FINISHED,
        environment=None if elsewhere else variables,
        code=packed(start_in, folder.resolve()) if elsewhere and ship else None,
        wandb=_wandb(tracking, resolution),
        keep_runs=resolution.mode != "off",
    )


def check_there(spec: Spec, start_in: Path) -> None:
    """SpecError for a program that is not there, as far as its name tells that it is a file."""
    path = spec.program.path if spec.program is not None else ""
    if path.endswith((".py", ".sh")) and not (start_in / path).is_file():
        what, valid = f"there is no file {path} in {start_in}", "a path from the folder that the sweep is run in"
        raise SpecError(what, key="program", valid=valid, source=spec.source)


def _wandb(tracking: FeedSettings, resolution: Resolution) -> dict[str, str]:
    """The variables of a program's W&B run; one that nobody wants is offline, for its numbers."""
    said = {
        "WANDB_MODE": "online" if resolution.mode == "online" else "offline",
        "WANDB_PROJECT": resolution.project,
        "WANDB_ENTITY": tracking.entity,
        "WANDB_RUN_GROUP": tracking.group or os.environ.get("WANDB_RUN_GROUP") or tracking.name,
        "WANDB_TAGS": ",".join(filter(None, [*tracking.tags, os.environ.get("WANDB_TAGS")])),
        "WANDB_NOTES": tracking.notes,
        "WANDB_JOB_TYPE": "trial",
        "WANDB_SYMLINK": "false",
        "WANDB_SILENT": "true",
        **PROGRAM_ENVIRONMENT,
    }
    return {name: value for name, value in said.items() if value}
