"""Sweeps simulated by their events, without training, for tracking tests; and readers of what W&B wrote."""

import io
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from PIL import Image

from analysis.report import write_report
from analysis.results import IMPORTANCE_FILE
from analysis.rows import Row
from helpers.asked import ask_one
from helpers.command import HANGS
from helpers.wandb_server import Answer, serving
from sweeps.search.method import Ending, Status
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.store.sweep_folder import Store
from sweeps.tracking.best import write_best
from sweeps.tracking.settings import settings_of
from sweeps.tracking.tracker import Tracker
from sweeps.tracking.wandb_files import fragments
from sweeps.wandb_log.run_id import run_id_of
from sweeps.wandb_log.transaction_log import records

MARK = "TRACKING_TEST"
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


def until(condition: Any, seconds: float = HANGS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


SPEC = {
    "model": "logistic_regression",
    "dataset": "digits",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {"C": {"value": 0.5}, "penalty": {"value": "l2"}, "tol": {"min": 1e-4, "max": 1e-2}},
    "project": "tests",
    "tags": ["nightly"],
    "notes": "a note",
}
CLASSES = ("cat", "dog")


class TrackedSweep:
    """A simulated sweep: search, store and tracker receive the events of trials that are not really trained.

    A second one on the same folder goes on with the sweep.
    """

    def __init__(
        self, folder: Path, said: list[str] | None = None, *, mode: str = "offline", patience: float = 60.0, **spec: Any
    ) -> None:
        of_a_model = ("model", "dataset") if "program" in spec else ()
        base = {name: line for name, line in SPEC.items() if name not in of_a_model}
        self.folder, self.spec = folder, load_spec({**base, **spec})
        (folder / "spec.yaml").write_text(yaml.safe_dump(self.spec.document()))
        document = {"sweep": "5eed", "data": {"classes": CLASSES}, "options": {}}
        (folder / "manifest.json").write_text(json.dumps(document))
        self.search, self.store = Search(self.spec, folder / "optuna.journal"), Store(folder, self.spec.metric)
        self._rows = {(row.trial, row.step) for row in self.store.existing_rows()}
        for number, config, status, reason in self.search.ended():
            self.store.known(f"{number:04d}", config, status, reason)
        self._configs = {f"{number:04d}": config for number, config in self.search.unfinished()}
        settings = settings_of(self.spec, folder, "5eed", CLASSES, mode)
        # As long as it takes: a busy machine must not fail tests of servers that do not hang.
        self.tracker = Tracker(folder, settings, patience=patience, say=([] if said is None else said).append)

    def start(self, trial: str) -> None:
        resumed = trial in self._configs
        if not resumed:
            number, self._configs[trial] = ask_one(self.search)
            assert trial == f"{number:04d}"
        for observer in (self.store, self.tracker):
            observer.trial_started(trial, self._configs[trial], resumed)

    def row(self, trial: str, step: int, accuracy: float | None = None, **more: Any) -> None:
        """A row, unless there is one of that step: a trial that goes on from a checkpoint may take steps again."""
        if (trial, step) not in self._rows:
            self._rows.add((trial, step))
            for observer in (self.store, self.tracker):
                observer.row(Row.of({**row(trial, step, accuracy), **more}))

    def feed(self, trial: str, steps: range) -> None:
        self.start(trial)
        for step in steps:
            self.row(trial, step)

    def media(self, trial: str, step: int, name: str, grey: int = 0) -> None:
        content = io.BytesIO()
        Image.new("L", (4, 4), color=grey).save(content, "PNG")
        self.store.save_media(trial, step, name, content.getvalue())
        for observer in (self.store, self.tracker):
            observer.media(trial, step, name)

    def done(self, trial: str, status: Status = "done", reason: str = "") -> None:
        best = next(record.best for record in self.store.records if record.trial == trial)
        self.search.tell(int(trial), Ending(status, best.get("val/accuracy"), reason))
        for observer in (self.store, self.tracker):
            observer.trial_ended(trial, status, reason)

    def end(self, interrupted: bool = False, report: bool = False) -> None:
        """The end of the sweep, as the runner goes about it."""
        for observer in (self.store, self.tracker):
            observer.close(interrupted)
        (self.folder / IMPORTANCE_FILE).write_text(json.dumps(self.search.importance()))
        if report:
            write_report(self.folder)
        write_best(self.folder)
        self.tracker.end()


def row(trial: str, step: int, accuracy: float | None = None) -> dict[str, Any]:
    accuracy = step / 100 if accuracy is None else accuracy
    return {"trial": trial, "step": step, "seconds": step / 10, "train/loss": 1 / step, "val/accuracy": accuracy}


def of_kind(folder: Path, trial: str, kind: str) -> list[Any]:
    """A run's records of one kind, over all its files."""
    files = fragments(folder / "wandb", run_id_of("5eed", trial))
    found = [record for file in files for record in records(file)]
    return [getattr(record, kind) for record in found if record.WhichOneof("record_type") == kind]


def histories(folder: Path, trial: str) -> list[dict[str, Any]]:
    """What was logged, a mapping a step."""
    return [nest(history.item) for history in of_kind(folder, trial, "history")]


def nest(items: Iterable[Any]) -> dict[str, Any]:
    """Records of single values as the mapping they are of."""
    found: dict[str, Any] = {}
    for item in items:
        *outer, last = [item.key] if item.key else item.nested_key
        place = found
        for name in outer:
            if not isinstance(place.get(name), dict):
                place[name] = {}
            place = place[name]
        place[last] = json.loads(item.value_json)
    return found


def steps_of(folder: Path, trial: str) -> list[int]:
    return [history.step.num for history in of_kind(folder, trial, "history")]


def config_of(folder: Path, trial: str) -> dict[str, Any]:
    return {item.key: json.loads(item.value_json) for item in of_kind(folder, trial, "run")[-1].config.update}


def summary_of(folder: Path, trial: str) -> dict[str, Any]:
    return nest(item for summary in of_kind(folder, trial, "summary") for item in summary.update)
