"""Reads the .wandb files of a sweep's runs: which steps they hold, and which are not uploaded yet."""

from __future__ import annotations

from pathlib import Path

from analysis.results import PROGRAMS_FOLDER
from sweeps.wandb_log.transaction_log import records


def fragments(wandb: Path, run_id: str) -> list[Path]:
    """The files of a run, oldest first: it gets another one each time it is resumed."""
    return sorted(wandb.glob(f"*/run-{run_id}.wandb"))


def own_runs(folder: Path, trial: str = "*") -> list[Path]:
    """The files of the runs that a sweep's programs have opened themselves, of one trial or of all."""
    found = folder.glob(f"{PROGRAMS_FOLDER}/{trial}/wandb/*/run-*.wandb")
    return sorted(file for file in found if not file.parent.is_symlink())


def is_over(file: Path) -> bool:
    """Whether a run has come to its end, and not only what is written of it."""
    return any(record.WhichOneof("record_type") == "exit" for record in records(file))


def last_step(file: Path) -> int:
    """The highest step a file holds; -1 when there is none."""
    return max((r.history.step.num for r in records(file) if r.WhichOneof("record_type") == "history"), default=-1)


def mark_synced(file: Path) -> None:
    """Mark a file as uploaded, the way `wandb sync` does."""
    file.with_suffix(".wandb.synced").touch()


def is_synced(file: Path) -> bool:
    return file.with_suffix(".wandb.synced").exists()


def is_offline(file: Path) -> bool:
    return file.parent.name.startswith("offline-")


def unsynced(wandb: Path) -> list[Path]:
    """The files that no server has taken yet: offline ones, and online ones that broke off with steps in them."""
    waiting = (file for file in sorted(wandb.glob("*/run-*.wandb")) if not is_synced(file))
    return [file for file in waiting if is_offline(file) or last_step(file) >= 0]


def unsynced_own(folder: Path, trial: str = "*") -> list[Path]:
    """Those of programs' own runs: offline ones, and online ones that were killed."""
    waiting = (file for file in own_runs(folder, trial) if not is_synced(file))
    return [file for file in waiting if is_offline(file) or not is_over(file)]
