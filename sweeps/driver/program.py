"""What the workers of a sweep of a program are given once."""

from __future__ import annotations

import os
from pathlib import Path

from sweeps.errors import SpecError
from sweeps.spec.resolved import FINISHED, Spec
from sweeps.tracking.mode import ANOTHERS, resolve_mode
from sweeps.tracking.settings import FeedSettings
from sweeps.wandb_log.internals import PROGRAM_ENVIRONMENT
from sweeps.worker.program.settings import ProgramSettings


def program_settings(
    spec: Spec, folder: Path, tracking: FeedSettings, start_in: Path, address: str | None, *, ship: bool
) -> ProgramSettings:
    """SpecError for a program that is not there."""
    assert spec.program is not None
    if spec.program.path.endswith((".py", ".sh")) and not (start_in / spec.program.path).is_file():
        what = f"there is no file {spec.program.path} in {start_in}"
        raise SpecError(
            what, key="program", valid="a path from the folder that the sweep is run in", source=spec.source
        )
    before = dict(os.environ)
    mode = resolve_mode(tracking.mode)
    return ProgramSettings(
        program=spec.program,
        cpus=spec.resources.cpu,
        metrics=spec.metric.names,
        sweep_id=tracking.sweep_id,
        folder=str(folder.resolve()),
        start_in=str(start_in),
        unnamed=spec.metric.name == FINISHED,
        environment={name: value for name, value in before.items() if name not in FORGOTTEN}
        if address is None
        else None,
        wandb=_wandb(tracking, "online" if mode == "online" else "offline"),
        keep_runs=mode != "off",
    )


FORGOTTEN = ANOTHERS | {"WANDB_DISABLED"}


def _wandb(tracking: FeedSettings, mode: str) -> dict[str, str]:
    """The variables of a program's W&B run; one that nobody wants is offline, for its numbers."""
    said = {
        "WANDB_MODE": mode,
        "WANDB_PROJECT": tracking.project,
        "WANDB_ENTITY": tracking.entity,
        "WANDB_RUN_GROUP": tracking.group or os.environ.get("WANDB_RUN_GROUP") or tracking.name,
        "WANDB_TAGS": ",".join(tracking.tags) or None,
        "WANDB_NOTES": tracking.notes,
        "WANDB_JOB_TYPE": "trial",
        "WANDB_SYMLINK": "false",
        "WANDB_SILENT": "true",
        **PROGRAM_ENVIRONMENT,
    }
    return {name: value for name, value in said.items() if value}
