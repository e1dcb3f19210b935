"""Sweeps that are only told, not run: what the tracking tests feed, and how they read what W&B wrote."""

import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from wandb_server import Answer, serving

from sweeps.spec.resolved import Objective, Tracking
from sweeps.tracking import Tracker
from sweeps.tracking.files import fragments, records, run_id_of

MARK = "TRACKING_TEST"
OBJECTIVE = Objective("val/accuracy", "maximize")
KEY = "0123456789abcdef" * 3


@contextmanager
def logged_out(home: Path) -> Iterator[str]:
    """W&B as on a machine without login; what is started inside carries a mark, and is gone when the block ends."""
    mark = uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            patch.delenv(name)
        for name, value in {"HOME": str(home), "NETRC": str(home / "netrc"), MARK: mark}.items():
            patch.setenv(name, value)
        yield mark
    assert until(lambda: not marked(mark)), marked(mark)


@contextmanager
def logged_in(answer: Answer) -> Iterator[None]:
    """Logged in at a server that answers like this."""
    with serving(answer) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_BASE_URL", address)
        patch.setenv("WANDB_API_KEY", KEY)
        yield


def marked(mark: str) -> list[psutil.Process]:
    """The processes that carry this test's environment, wandb's service among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def until(condition: Any, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def tracker(folder: Path, said: list[str] | None = None, **options: Any) -> Tracker:
    settings: dict[str, Any] = {
        "sweep_id": "5eed",
        "name": "digits-sweep",
        "model": "logistic_regression",
        "dataset": "digits",
        "tracking": Tracking(project="tests", tags=("nightly",), notes="a note"),
        "objective": OBJECTIVE,
        "mode": "offline",
        "patience": 60.0,  # a busy machine must not fail these tests; the servers that hang have their own
        "say": (said if said is not None else []).append,
    }
    return Tracker(folder, **{**settings, **options})


def row(trial: str, step: int, accuracy: float | None = None) -> dict[str, Any]:
    accuracy = step / 100 if accuracy is None else accuracy
    return {"trial": trial, "step": step, "seconds": step / 10, "train/loss": 1 / step, "val/accuracy": accuracy}


def feed(tracker: Tracker, trial: str, steps: range, resumed: bool = False) -> None:
    tracker.trial_started(trial, {"C": 0.5, "penalty": "l2"}, resumed)
    for step in steps:
        tracker.row(row(trial, step))


def of_kind(folder: Path, trial: str, kind: str) -> list[Any]:
    """A run's records of one kind, over all its files."""
    files = fragments(folder / "wandb", run_id_of("5eed", trial))
    found = [record for file in files for record in records(file)]
    return [getattr(record, kind) for record in found if record.WhichOneof("record_type") == kind]


def steps_of(folder: Path, trial: str) -> list[int]:
    return [history.step.num for history in of_kind(folder, trial, "history")]


def config_of(folder: Path, trial: str) -> dict[str, Any]:
    return {item.key: json.loads(item.value_json) for item in of_kind(folder, trial, "run")[-1].config.update}


def summary_of(folder: Path, trial: str) -> dict[str, Any]:
    items = [item for summary in of_kind(folder, trial, "summary") for item in summary.update]
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
