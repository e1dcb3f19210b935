"""Runs a new sweep from its spec, or resumes one from its folder: the entry point of the driver process."""

from __future__ import annotations

import json
import math
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray import tune

from analysis.folder import load
from analysis.results import IMPORTANCE_FILE, MANIFEST_FILE, SPEC_FILE
from basics.files import replace_file
from basics.shell import command_line
from sweeps.driver.cluster.lost_nodes import LostNodes
from sweeps.driver.cluster.pending_workers import PendingWorkerNotifier
from sweeps.driver.cluster.session import ray_session
from sweeps.driver.cluster.shipped_modules import with_code
from sweeps.driver.cluster.slots import Slots
from sweeps.driver.console import LiveConsole
from sweeps.driver.damaged_manifest import read_manifest
from sweeps.driver.lanes import Lanes
from sweeps.driver.lost_rows import restore_rows
from sweeps.driver.ray_hooks import LaneCallback, LaneScheduler, LaneSearcher, SweepOver
from sweeps.driver.sweep import Sweep
from sweeps.errors import DiskFullError, FolderError, no_sweep, out_of_room
from sweeps.evaluation.downstream import ood_images
from sweeps.search.method import Status
from sweeps.spec import load_spec
from sweeps.spec.document.writing import as_yaml
from sweeps.spec.resolved import Spec
from sweeps.spec.resuming import check_unchanged
from sweeps.store.folder_lock import locked
from sweeps.store.journal_recovery import Say, open_search
from sweeps.store.manifest import manifest
from sweeps.store.sweep_folder import Store
from sweeps.tracking import Tracker, settings_of, write_best
from sweeps.worker.best_model import BestModel
from sweeps.worker.lane import Lane
from trainables import Entry, find_model
from trainables.data import Dataset, load_dataset

if TYPE_CHECKING:
    from sweeps.evaluation.extractors import RealFeatures


@dataclass(frozen=True)
class Options:
    """How to run, as opposed to what: kept in the manifest, so that `resume` needs no flags."""

    address: str | None = None
    wandb: str = "auto"  # auto, online, offline or off
    data_dir: str | None = None
    report: bool = True  # whether the page of pictures is written at the end

    @property
    def folder(self) -> Path | None:
        """The folder of data sets, if it was named."""
        return Path(self.data_dir) if self.data_dir else None


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended."""

    folder: Path
    counts: Counter[Status]
    interrupted: bool
    report: Path | None


def run(spec: Spec, folder: Path, options: Options, say: Say = lambda line: None) -> Outcome:
    """Run a new sweep in `folder`; `say` is told what makes its numbers doubtful."""
    with locked(folder):
        data = load_data(spec, options)
        for doubt in data.doubts:
            say(doubt)
        sweep_id = secrets.token_hex(4)
        _write_manifest(spec, folder, options, data, sweep_id)
        _write_spec(folder, spec)
        return _run(spec, folder, options, data, sweep_id)


def resume(
    folder: Path, changes: Mapping[str, Any] | None = None, say: Say = lambda line: None, **overrides: Any
) -> Outcome:
    """Go on with the sweep in `folder`, its spec with `changes`, which are kept, and its options with `overrides`.

    FolderError if there is no sweep or its data is not what it was, SpecError for a change that may not be made. `say`
    is told what of the folder was damaged, and what was done about it.
    """
    if not (folder / SPEC_FILE).exists():
        raise no_sweep(folder, SPEC_FILE)
    with locked(folder):
        spec = load_spec(folder / SPEC_FILE, changes)
        document = read_manifest(folder, say)
        if "spec" in document:  # older sweeps did not keep it
            check_unchanged(document["spec"], spec, str(folder / SPEC_FILE))
        given = {**document["options"], **{k: v for k, v in overrides.items() if v is not None}}
        options = Options(**{k: v for k, v in given.items() if k in Options.__dataclass_fields__})
        data = load_data(spec, options)
        if "data" not in document:
            _write_manifest(spec, folder, options, data, document["sweep"])
        elif data.content_hash != document["data"]["hash"]:
            raise FolderError(
                f"{folder}: {data.name} is not the data this sweep began with; its results would not compare"
            )
        if changes:
            _write_spec(folder, spec)
        return _run(spec, folder, options, data, document["sweep"], say)


def _write_spec(folder: Path, spec: Spec) -> None:
    replace_file(folder / SPEC_FILE, as_yaml(spec).encode())


def _write_manifest(spec: Spec, folder: Path, options: Options, data: Dataset, sweep_id: str) -> None:
    document = {**manifest(spec, data, sweep_id), "options": asdict(options), "spec": spec.document()}
    replace_file(folder / MANIFEST_FILE, json.dumps(document, indent=2, default=str).encode())


def load_data(spec: Spec, options: Options) -> Dataset:
    """What the trials of `spec` are given."""
    data = load_dataset(spec.dataset, data_dir=options.folder, train_size=spec.train_size, classes=spec.classes)
    return data.whole() if spec.final else data


def _run(
    spec: Spec, folder: Path, options: Options, data: Dataset, sweep_id: str, say: Say = lambda line: None
) -> Outcome:
    settings = settings_of(spec, folder, sweep_id, data.classes, options.wandb)
    with _full_disk_named(folder), Tracker(folder, settings) as tracker:
        store, interrupted = _swept(spec, folder, options, data, tracker, say)
        report = _report(folder) if options.report else None
        if tracker.on:
            write_best(folder)
    counts = Counter(record.status for record in store.records)
    return Outcome(folder, counts, interrupted, report)


def _swept(spec: Spec, folder: Path, options: Options, data: Dataset, tracker: Tracker, say: Say) -> tuple[Store, bool]:
    """Run trials until the sweep is over, or interrupted."""
    entry = find_model(spec.model, [Path(path) for path in spec.model_path])
    left = load(folder)
    search = open_search(left, spec, say)
    restore_rows(left, search, say)
    store = Store(folder, spec.metric, keep=spec.trials or 0) if spec.final else Store(folder, spec.metric)
    with ray_session(options.address, folder / "ray" / "ray.log"), _terminated_as_interrupted():
        total = None if search.size == math.inf else int(search.size)
        slots = Slots(spec.resources, may_grow=options.address is not None)
        console = LiveConsole(objective=spec.metric, total=total, slots=slots())
        sweep = Sweep(spec, search, store, [tracker, console])
        sweep.restore(store.existing_rows())
        for record in store.records:
            console.known(record)
        try:
            if not sweep.over:
                shared = {
                    "entry": with_code(spec.model, entry),
                    "data": data,
                    "ood": ood_images(entry, data, options.folder),
                    "real_features": _real_features(spec, entry, data, options, store),
                    "wanted": spec.metric.names,
                    "best_model": BestModel.of(spec) if tracker.on and not spec.final else None,
                }
                _fit(sweep, spec, folder, shared, slots, console.say)
        finally:
            interrupted = not sweep.over
            sweep.close(interrupted)
            replace_file(folder / IMPORTANCE_FILE, json.dumps(search.importance()).encode())
    return store, interrupted


def _real_features(spec: Spec, entry: Entry, data: Dataset, options: Options, store: Store) -> RealFeatures | None:
    """The extractor and features of real images; None if the model does not sample or no images are held out.

    FolderError if the sweep's scores so far are another extractor's: they would not compare.
    """
    if entry.kind != "generative" or not len(data.val):
        return None
    from sweeps.evaluation.extractors import (
        judge_folder,  # torch takes seconds, and sweeps of scikit-learn do without it
    )
    from sweeps.evaluation.inception import real_features_with_inception

    whole = load_dataset(spec.dataset, data_dir=options.folder, classes=spec.classes) if spec.train_size else data
    real_features = real_features_with_inception(spec.inception, data, whole)
    if others := store.extractors - {real_features.extractor.name}:
        raise FolderError(
            f"{store.folder}: its scores are the extractor {min(others)}'s, and here is "
            f"{real_features.extractor.name}: they do not compare; go on where it began, "
            f"or bring {judge_folder()} from there"
        )
    return real_features


def _report(folder: Path) -> Path:
    from analysis.report import write_report  # draws with matplotlib, which nobody should wait for at the start

    return write_report(folder)


def _fit(
    sweep: Sweep, spec: Spec, folder: Path, shared: Mapping[str, Any], slots: Slots, say: Callable[[str], None]
) -> None:
    """Let Ray Tune run the sweep until it is over or interrupted; `shared` is what every trial is given."""
    trainable = tune.with_parameters(Lane, cpus=spec.resources.cpu, **shared)
    trainable = tune.with_resources(trainable, {"cpu": spec.resources.cpu, "gpu": spec.resources.gpu})
    lanes, lost_nodes = Lanes(sweep, slots), LostNodes(sweep.forgive)
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=LaneSearcher(lanes),
            scheduler=LaneScheduler(lanes, lost_nodes),
            num_samples=-1,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            storage_path=str((folder / "ray").resolve()),
            name="tune",
            verbose=0,
            stop=SweepOver(lanes),
            callbacks=[LaneCallback(lanes), PendingWorkerNotifier(slots, say), lost_nodes],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # ours are sent as attachments
        ),
    )
    try:
        tuner.fit()
    finally:
        lanes.close()


@contextmanager
def _full_disk_named(folder: Path) -> Iterator[None]:
    """DiskFullError in place of whatever a full disk ends a sweep with."""
    try:
        yield
    except Exception as error:
        full = out_of_room(error)
        if full is None:
            raise
        raise DiskFullError(
            f"{full.filename or folder}: no space left on its disk; every row written so far is kept. "
            f"Make room, then go on with: {command_line('resume', folder)}"
        ) from error


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Treat SIGTERM (a batch system's notice) like Ctrl-C, which Ray Tune turns into an orderly end."""
    before = signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
