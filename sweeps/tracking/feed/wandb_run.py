"""A W&B run: opened without console output, each step logged once and in order. May block, so only children use it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import wandb

from sweeps.tracking.resolution import DEFAULT_PROJECT
from sweeps.tracking.settings import FeedSettings
from sweeps.wandb_log.internals import SETTINGS

STEP_AXIS = "step"
SUMMARIES = {"maximize": "max,last", "minimize": "min,last"}


class InitError(Exception):
    """W&B could not open a run; one line that says why."""


class OpenRun:
    """An open run of W&B. A step is held back until the next one or `commit`: it may still get pictures."""

    def __init__(self, run: Any, held: int) -> None:
        self.run = run
        self._held = held  # the last step that W&B is known to have
        self._pending: int | None = None
        self._declared: set[str] = set()

    def log(self, step: int, values: Mapping[str, Any], goals: Mapping[str, str], axis: str = STEP_AXIS) -> None:
        """Add values to a step, each charted over `axis`; nothing where W&B has that step already."""
        if self._pending is not None and step > self._pending:
            self._held = self._pending
        if step <= self._held:
            return
        self._declare([n for n, v in values.items() if isinstance(v, int | float)], goals, axis)
        self.run.log({axis: step, **values}, step=step)
        self._pending = step

    def commit(self) -> None:
        """Send the step that was held back for pictures still to come."""
        if self._pending is not None:
            self.run.log({}, step=self._pending, commit=True)
            self._held, self._pending = self._pending, None

    def add_tags(self, tags: Iterable[str]) -> None:
        """Add tags to the run's, of which an interruption's is no longer true."""
        kept = [tag for tag in self.run.tags or () if tag != "running"]
        self.run.tags = _labels((*kept, *tags))

    def _declare(self, names: Iterable[str], goals: Mapping[str, str], axis: str) -> None:
        for name in set(names) - self._declared - {axis}:
            self._declared.add(name)
            self.run.define_metric(name, step_metric=axis, step_sync=False, summary=SUMMARIES.get(goals.get(name, "")))


def open_run(
    settings: FeedSettings, run_id: str, name: str, config: Mapping[str, Any], folder: Path, *, online: bool, job: str
) -> Any:
    """The W&B run of that id, new or taken up again, with its files below `folder`; InitError where W&B opens none."""
    try:
        return wandb.init(
            id=run_id,
            name=name,
            project=project_of(settings),
            entity=settings.entity,
            group=settings.group or os.environ.get("WANDB_RUN_GROUP") or settings.name,
            job_type=job,
            tags=_tags(settings),
            notes=settings.notes,
            config={"model": settings.model, "dataset": settings.dataset, "sweep": settings.sweep_id, **config},
            dir=str(folder),
            mode="online" if online else "offline",
            resume="allow",
            reinit="create_new",
            settings=quiet_settings(),
        )
    except Exception as error:  # wandb raises its own, pydantic's and OSErrors here
        raise InitError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def project_of(settings: FeedSettings) -> str:
    return str(settings.project or wandb.setup().settings.project or DEFAULT_PROJECT)


def quiet_settings() -> Any:
    """Settings that keep W&B to what it is told: no console, code, git, or statistics of the driver's machine.

    Names that the installed wandb does not know are left out, and so are those that the environment sets.
    """
    wanted: dict[str, Any] = {
        "silent": True,
        "console": "off",
        "save_code": False,
        "disable_code": True,
        "disable_git": True,
        "disable_job_creation": True,
        "sagemaker_disable": True,  # there it would take the job's name for the id of every run
        "symlink": False,
        "init_timeout": 15.0,
        "finish_timeout": 120.0,
        "finish_timeout_raises": True,
        **SETTINGS,
    }
    known = wandb.Settings.model_fields
    return wandb.Settings(**{k: v for k, v in wanted.items() if k in known and f"WANDB_{k.upper()}" not in os.environ})


def _tags(settings: FeedSettings) -> tuple[str, ...]:
    own = (settings.model, Path(settings.dataset).name, *settings.tags)
    return _labels((*own, *(wandb.setup().settings.run_tags or ())))


def _labels(tags: Iterable[str]) -> tuple[str, ...]:
    """Each tag once, of the 1 to 64 characters that W&B takes."""
    return tuple(dict.fromkeys(tag[:64] for tag in tags if tag))
