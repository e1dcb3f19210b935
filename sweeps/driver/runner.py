"""Runs a new sweep from its spec, or resumes one from its folder: the entry point of the driver process."""

from __future__ import annotations

import json
import math
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis.folder import json_document, load
from analysis.results import MANIFEST_FILE, SPEC_FILE, WARM_START
from basics.files import replace_file
from sweeps.driver.cluster.session import ray_session
from sweeps.driver.cluster.slots import Slots
from sweeps.driver.console import LiveConsole
from sweeps.driver.damaged_manifest import read_manifest, readable_spec
from sweeps.driver.going_on import AS_IT_WAS, Beyond, train_on, with_more
from sweeps.driver.listening import Listener, terminated_as_interrupted
from sweeps.driver.lost_rows import restore_rows
from sweeps.driver.preparation import load_data, shared_with_workers
from sweeps.driver.program.settings import program_settings
from sweeps.driver.report_process import ReportProcess
from sweeps.driver.sweep import Sweep
from sweeps.errors import FolderError, full_disk_named, no_sweep
from sweeps.search.importance import write_importance
from sweeps.search.method import Status
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.spec.document.writing import as_yaml
from sweeps.spec.document.yaml_file import read_yaml
from sweeps.spec.resolved import Spec
from sweeps.spec.resuming import as_it_began, check_unchanged
from sweeps.store.earlier_sweeps import keep
from sweeps.store.folder_lock import locked
from sweeps.store.journal_recovery import Say, open_search
from sweeps.store.manifest import manifest, note_end
from sweeps.store.sweep_folder import KEPT_CHECKPOINTS, Store
from sweeps.tracking.best import write_best
from sweeps.tracking.resolution import Resolution
from sweeps.tracking.settings import FeedSettings, settings_of
from sweeps.tracking.tracker import Tracker
from sweeps.worker.program.settings import ProgramSettings
from sweeps.worker.shared import Shared
from trainables import find_model
from trainables.data import Dataset


@dataclass(frozen=True)
class Options:
    """How to run, as opposed to what: kept in the manifest, so that `resume` needs no flags."""

    address: str | None = None
    wandb: str = "auto"  # auto, online, offline or off
    data_dir: str | None = None
    report: bool = True  # whether the page of pictures is written at the end
    start_in: str | None = None  # the folder that a program is started in
    ship: bool = True  # whether that travels to the nodes of a cluster

    @property
    def folder(self) -> Path | None:
        """The folder of data sets, if it was named."""
        return Path(self.data_dir) if self.data_dir else None


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended; `why` is what ended it before its time, in words; `report` is the page, or where it will be in
    a few seconds if it is not `drawn` yet."""

    folder: Path
    counts: Counter[Status]
    interrupted: bool
    report: Path | None = None
    why: str = ""
    drawn: bool = True


Ended = Callable[[Outcome], None]


def run(
    spec: Spec,
    folder: Path,
    options: Options,
    say: Say = lambda line: None,
    ended: Ended = lambda outcome: None,
    *,
    wait: bool = True,
) -> Outcome:
    """Run a new sweep in `folder`.

    `say` is told what makes its numbers doubtful, `ended` how it ended, as soon as its results are on disk; `wait`: for
    the report as well, which otherwise a process of its own may still be drawing.
    """
    with locked(folder):
        data = load_data(spec, options.folder) if spec.program is None else None
        earlier = keep(folder, spec, data.content_hash if data is not None else None)
        for line in (*(data.doubts if data is not None else ()), *earlier):
            say(line)
        sweep_id = secrets.token_hex(4)
        write_manifest(spec, folder, options, data, sweep_id, earlier)
        _write_spec(folder, spec)
        return _run(spec, folder, options, data, sweep_id, ended, wait)


def resume(
    folder: Path,
    changes: Mapping[str, Any] | None = None,
    say: Say = lambda line: None,
    ended: Ended = lambda outcome: None,
    *,
    wait: bool = True,
    beyond: Beyond = AS_IT_WAS,
    **overrides: Any,
) -> Outcome:
    """Go on with the sweep in `folder`, its spec with `changes`, which are kept, and its options with `overrides`.

    `beyond`: how far it goes on beyond its end. FolderError if there is no sweep or its data is not what it was,
    SpecError for a change that may not be made. `say` is told what of the folder was damaged, and what was done about
    it; `ended` and `wait` as in `run`.
    """
    if not (folder / SPEC_FILE).exists() and not json_document(folder / MANIFEST_FILE, []).get("spec"):
        raise no_sweep(folder, SPEC_FILE)
    with locked(folder):
        document = read_manifest(folder, say)
        source = readable_spec(folder, document.get("spec"), say)
        changed = as_it_began(document.get("spec") or read_yaml(folder / SPEC_FILE)) | dict(changes or {})
        spec = load_spec(source, changed)
        if "spec" in document:  # older sweeps did not keep it
            check_unchanged(document["spec"], spec, str(folder / SPEC_FILE))
        given = {**document["options"], **{k: v for k, v in overrides.items() if v is not None}}
        options = Options(**{k: v for k, v in given.items() if k in Options.__dataclass_fields__})
        data = load_data(spec, options.folder) if spec.program is None else None
        if "spec" not in document or (data is not None and "data" not in document):
            write_manifest(spec, folder, options, data, document["sweep"])
        elif data is not None and data.content_hash != document["data"]["hash"]:
            raise FolderError(
                f"{folder}: {data.name} is not the data this sweep began with; its results would not compare"
            )
        if beyond.more:
            spec = with_more(folder, spec, changed, beyond.more, say)
        if changes or beyond.more or not isinstance(source, Path):
            _write_spec(folder, spec)
        if beyond.trials:
            train_on(folder, spec, beyond, say)
        return _run(spec, folder, options, data, document["sweep"], ended, wait, say)


def _write_spec(folder: Path, spec: Spec) -> None:
    replace_file(folder / SPEC_FILE, as_yaml(spec).encode())


def write_manifest(
    spec: Spec, folder: Path, options: Options, data: Dataset | None, sweep_id: str, earlier: Sequence[str] = ()
) -> None:
    """Keep what a sweep is and how it is run, beside its spec."""
    document = {**manifest(spec, data, sweep_id), "options": asdict(options), "spec": spec.document()}
    document |= {WARM_START: list(earlier)} if earlier else {}
    replace_file(folder / MANIFEST_FILE, json.dumps(document, indent=2, default=str).encode())


def _run(
    spec: Spec,
    folder: Path,
    options: Options,
    data: Dataset | None,
    sweep_id: str,
    ended: Ended,
    wait: bool,
    say: Say = lambda line: None,
) -> Outcome:
    settings = settings_of(spec, folder, sweep_id, data.classes if data is not None else (), options.wandb)
    report = ReportProcess(folder)
    with full_disk_named(folder), Tracker(folder, settings) as tracker:
        left = load(folder)
        search = open_search(left, spec, say)
        restore_rows(left, search, say)
        kept = spec.trials or 0 if spec.final else KEPT_CHECKPOINTS
        store = Store(folder, spec.metric, kept, search.needs, spec.contenders.top if spec.contenders else 1)
        outcome = _swept(_Parts(spec, folder, options, data, settings, tracker, search, store), report, ended)
        if tracker.on:
            write_best(folder)
        if options.report and not wait and not tracker.on:  # to W&B goes what the process computes besides
            outcome = replace(outcome, report=report.page, drawn=False)
        elif options.report:
            outcome = replace(outcome, report=report.wait())
        elif tracker.on:
            write_importance(folder)  # which W&B shows, and the report's process has written elsewhere
    return outcome


@dataclass(frozen=True)
class _Parts:
    """What of a sweep a run has in hand, in the order in which it is made."""

    spec: Spec
    folder: Path
    options: Options
    data: Dataset | None
    settings: FeedSettings
    tracker: Tracker
    search: Search
    store: Store


def _swept(parts: _Parts, report: ReportProcess, ended: Ended) -> Outcome:
    """Run trials until the sweep is over, or interrupted; Ray is started only if there are any."""
    spec, search, store = parts.spec, parts.search, parts.store
    console = LiveConsole(objective=spec.metric, total=None)
    sweep = Sweep(spec, search, store, [parts.tracker, console])
    rows = list(store.existing_rows())
    sweep.restore(rows)
    console.total = None if sweep.planned == math.inf else int(sweep.planned)
    sweep.retell(rows, parts.tracker)
    for record in store.records:
        console.known(record)
    sweep.stop_waiting()
    with terminated_as_interrupted(), ExitStack() as ray:
        try:
            if not sweep.over:
                note_end(parts.folder, None)
                _run_trials(parts, sweep, console, report, ray)
        finally:
            interrupted = not sweep.over
            sweep.close(interrupted)
        counts = Counter(record.status for record in store.records)
        end = None if interrupted else sweep.ended_by
        why = "; ".join(filter(None, (end.reason, sweep.missing))) if end is not None else ""
        outcome = Outcome(parts.folder, counts, interrupted, why=why)
        note_end(parts.folder, None if interrupted else outcome.why)
        if parts.options.report:
            report.draw()  # while Ray goes down
        ended(outcome)
    return outcome


def _run_trials(parts: _Parts, sweep: Sweep, console: LiveConsole, report: ReportProcess, ray: ExitStack) -> None:
    """Start Ray, which `ray` ends, and have it run what is left of the sweep."""
    spec, options = parts.spec, parts.options
    # Ray waits for its processes when it starts, and this thread imports what is needed next.
    imports = threading.Thread(target=import_module, args=("sweeps.driver.fitting",))
    imports.start()
    resolution = Resolution(parts.settings) if spec.program is not None else None
    ray.enter_context(ray_session(options.address, parts.folder / "ray" / "ray.log"))
    slots = Slots(spec.resources, may_grow=options.address is not None)
    console.slots = slots()
    shared = _shared(parts, resolution)
    imports.join()
    from sweeps.driver.fitting import fit

    listener = Listener(parts.folder, sweep, console.say)
    prepare = report.prepare if options.report else lambda: None
    fit(sweep, slots, parts.folder, shared, console.say, listener, prepare, spec.trial_timeout)


def _shared(parts: _Parts, resolution: Resolution | None) -> Shared | ProgramSettings:
    """What every worker is given once."""
    spec, options = parts.spec, parts.options
    if resolution is not None:
        start_in = Path(options.start_in or Path.cwd())
        where = {"elsewhere": options.address is not None, "ship": options.ship}
        return program_settings(spec, parts.folder, parts.settings, resolution, start_in, **where)
    entry = find_model(spec.model, [Path(path) for path in spec.model_path])
    assert parts.data is not None
    return shared_with_workers(spec, entry, parts.data, options.folder, parts.store, save_best=parts.tracker.on)
