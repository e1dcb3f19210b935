"""One W&B run per trial. Only the feed process uses this: `init` and `finish` block.

A trial's steps reach W&B once, whatever was killed in between: a run that is taken up again first looks at the
steps that its earlier files (offline) or the server (online) already hold, and passes over them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wandb
from sweeps.wandb_files import fragments, is_offline, is_synced, last_step, mark_synced, run_id_of
from sweeps.wandb_queue import FeedSettings, Layout

FINISHERS = 4  # runs finishing at once: online, a finish waits for the server
INTERRUPTED = 255  # the exit code W&B shows as a killed run


class InitError(Exception):
    """W&B could not open a run; one line that says why."""


@dataclass
class Story:
    """What the rows of a trial have said so far."""

    config: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 0
    last: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    best_step: int = 0

    def add(self, step: int, metrics: Mapping[str, float], goals: Mapping[str, str], objective: str | None) -> None:
        self.steps, self.last = step, dict(metrics)
        for name, value in metrics.items():
            if name in goals and _better(value, self.best.get(name), goals[name]):
                self.best[name] = value
                self.best_step = step if name == objective else self.best_step

    def summary(self) -> dict[str, float]:
        """`steps`, `best_step`, `last/<metric>`, `best/<metric>`: the columns of trials.csv."""
        best = {f"best/{name}": value for name, value in self.best.items()}
        last = {f"last/{name}": value for name, value in self.last.items() if name != "seconds"}
        return {"steps": self.steps, **({"best_step": self.best_step} if self.best_step else {}), **last, **best}


@dataclass
class OpenRun:
    run: Any
    delivered: int  # the last step that W&B is known to hold
    pending: int | None = None  # a step that may still get pictures


class Runs:
    """The runs of a sweep."""

    def __init__(self, folder: Path, settings: FeedSettings, *, online: bool) -> None:
        self._folder = folder
        self._settings = settings
        self._online = online
        self._goals: dict[str, str] = {}
        self._stories: dict[str, Story] = {}
        self._open: dict[str, OpenRun] = {}
        self._finishing: dict[str, Future[None]] = {}
        self._pool = ThreadPoolExecutor(FINISHERS)
        self.url: str | None = None

    @property
    def unfinished(self) -> set[str]:
        """Trials with a run that is open, or whose finish has not come through."""
        return {*self._open, *(t for t, f in self._finishing.items() if not f.done() or f.exception())}

    def remember(self, event: Mapping[str, Any]) -> None:
        """Take note of an event, whether or not it is to be delivered."""
        if event["event"] == "goal":
            self._goals[event["metric"]] = event["goal"]
        elif event["event"] == "trial_started":
            self._story(event["trial"]).config = event["config"]
        elif event["event"] == "row":
            row = event["row"]
            self._story(row["trial"]).add(row["step"], _metrics(row), self._goals, self._settings.objective)

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Pass an event on to W&B; InitError when a run cannot be opened."""
        kind = event["event"]
        if kind == "trial_started":
            self._opened(event["trial"])
        elif kind == "row":
            self._log(event["row"]["trial"], event["row"]["step"], _metrics(event["row"]))
        elif kind == "media":
            self._picture(event["trial"], event["step"], event["name"], self._folder / event["path"])
        elif kind == "trial_ended":
            self._finish(event["trial"], event["status"], event["reason"])

    def commit(self) -> None:
        """Send the steps that were held back for pictures still to come."""
        for trial in self._open.values():
            if trial.pending is not None:
                trial.run.log({}, step=trial.pending, commit=True)
                trial.delivered, trial.pending = trial.pending, None

    def close(self) -> None:
        """Finish every run; a trial that was still running is marked as such. Waits for W&B."""
        for trial in list(self._open):
            self._finish(trial, "running", "interrupted")
        self._pool.shutdown(wait=True)

    def _story(self, trial: str) -> Story:
        return self._stories.setdefault(trial, Story())

    def _opened(self, trial: str) -> OpenRun:
        if trial not in self._open:
            if trial in self._finishing:
                self._finishing.pop(trial).exception()  # waits: an id cannot be open twice
            self._open[trial] = self._init(trial)
        return self._open[trial]

    def _init(self, trial: str) -> OpenRun:
        settings, run_id = self._settings, run_id_of(self._settings.sweep_id, trial)
        earlier = fragments(Layout(self._folder).wandb, run_id)
        # What was recorded offline and not uploaded must not be overtaken: such a run goes on offline.
        online = self._online and all(is_synced(file) for file in earlier if is_offline(file))
        try:
            run = wandb.init(
                id=run_id,
                name=f"{settings.name}-{trial}",
                project=_project(settings),
                entity=settings.entity,
                group=os.environ.get("WANDB_RUN_GROUP") or settings.name,
                job_type="trial",
                tags=_tags(settings),
                notes=settings.notes,
                config={"model": settings.model, "dataset": settings.dataset, **self._story(trial).config},
                dir=str(self._folder),
                mode="online" if online else "offline",
                resume="allow",
                reinit="create_new",
                settings=quiet_settings(),
            )
        except Exception as error:  # wandb raises its own, pydantic's and OSErrors here
            raise InitError(" ".join(str(error).split())[:200] or type(error).__name__) from error
        self.url = self.url or (run.project_url if online else None)
        # Online the server knows best: what a broken-off upload left in its file is said again.
        held = [last_step(file) for file in earlier if not online or is_synced(file)]
        return OpenRun(run, max([*held, run.starting_step - 1 if online else -1]))

    def _log(self, trial: str, step: int, metrics: Mapping[str, Any]) -> None:
        opened = self._opened(trial)
        if step > opened.delivered:
            opened.run.log(dict(metrics), step=step)
            opened.pending = step

    def _picture(self, trial: str, step: int, name: str, path: Path) -> None:
        if path.exists():
            self._log(trial, step, {f"media/{name}": wandb.Image(str(path))})

    def _finish(self, trial: str, status: str, reason: str) -> None:
        run = self._opened(trial).run
        run.summary.update({"status": status, "reason": reason, **self._story(trial).summary()})
        del self._open[trial]
        exit_code = {"failed": 1, "running": INTERRUPTED}.get(status, 0)
        self._finishing[trial] = self._pool.submit(self._finished, run, exit_code)

    def _finished(self, run: Any, exit_code: int) -> None:
        run.finish(exit_code=exit_code)
        if not run.offline:  # the server has all of it: `wandb sync` need not send these files again
            for file in fragments(Layout(self._folder).wandb, run.id):
                mark_synced(file)


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
        "symlink": False,
        "init_timeout": 15.0,
        "finish_timeout": 120.0,
        "finish_timeout_raises": True,
        "x_disable_stats": True,
        "x_disable_meta": True,
        "x_disable_machine_info": True,
        "x_save_requirements": False,
        "x_transaction_log_flush_interval": 2.0,  # what a kill of everything at once can cost is read again
    }
    known = wandb.Settings.model_fields
    return wandb.Settings(**{k: v for k, v in wanted.items() if k in known and f"WANDB_{k.upper()}" not in os.environ})


def _project(settings: FeedSettings) -> str:
    return settings.project or wandb.setup().settings.project or "gdsweeps"


def _tags(settings: FeedSettings) -> list[str]:
    own = (settings.model, Path(settings.dataset).name, *settings.tags)
    # W&B takes tags of 1 to 64 characters.
    return list(dict.fromkeys(tag[:64] for tag in (*own, *(wandb.setup().settings.run_tags or ())) if tag))


def _metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("trial", "step") and value is not None}


def _better(value: float, before: float | None, goal: str) -> bool:
    if not isinstance(value, int | float) or value != value:
        return False
    return before is None or (value > before if goal == "maximize" else value < before)
