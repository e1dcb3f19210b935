"""Trains the final model: the best config with fresh seeds on the sweep's images, then on all but test, then tests it.

Both trainings are sweeps of one config, in folders of their own; this file puts them in order. The test set is read
when all seeds have been trained, and nothing is chosen by what it says: the model kept is the first seed's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from analysis.final_result import FinalResult, SeedRow
from analysis.folder import load
from analysis.ranking import trial_order
from analysis.results import DONE, FAILED, REASON, SPEC_FILE, STOPPED, TRIAL, TRIALS_FILE, SweepResults
from basics.files import cut_torn_line, replace_file
from basics.json_lines import json_lines
from basics.seeds import derived_seed
from sweeps.driver import runner
from sweeps.driver.cluster.session import kept_ray
from sweeps.driver.preparation import load_data
from sweeps.driver.runner import Options
from sweeps.errors import FolderError, SpecError, TrainingError
from sweeps.evaluation.downstream import ood_images
from sweeps.evaluation.evaluator import Evaluator, evaluator_on_test
from sweeps.final.model_card import write_card
from sweeps.final.plan import Plan, plan, trained_on
from sweeps.final.result import ended, ignores_seed, result_document
from sweeps.results.provenance import differences
from sweeps.spec.document.writing import as_yaml
from sweeps.spec.document.yaml_file import BEST_FILE
from sweeps.spec.resolved import Spec
from sweeps.spec.seeds import trial_seeds
from sweeps.store.checkpoints import CHECKPOINTS
from sweeps.store.folder_lock import locked
from sweeps.tracking.final_metrics import track_tested
from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import find_model
from trainables.base import Trainable
from trainables.data import Dataset
from trainables.saving.save import save_model
from trainables.saving.saved_model import FACTS_FILE

REQUEST_FILE, TEST_FILE, RESULT_FILE = "final.json", "test.jsonl", "result.json"
REPLICATES, FINAL, MODEL = "replicates", "final", "model"

Say = Callable[[str], None]


class InterruptedTrainingError(RuntimeError):
    """A final training was interrupted in good order; everything so far is kept."""


@dataclass(frozen=True)
class Request:
    """What to train: one config with its lock (where it is from), the number of seeds, the folder, and run options."""

    best: Spec
    seeds: int
    folder: Path
    options: Options


def default_folder(best: Spec) -> Path:
    """The folder of a final training if none is given: the same for the same config, so that it can be resumed."""
    lock, name = best.lock or {}, best.short_name
    # The lock may be anybody's: its words become part of a name and never a path.
    found_by = re.sub(r"[^\w-]+", "-", f"{lock.get('sweep')}-{lock.get('trial')}")[:100]
    origin = found_by if lock else f"{derived_seed(best.document()):08x}"
    return Path("sweep-results") / f"{name}-final-{origin}"


def train(request: Request, say: Say) -> FinalResult:
    """Train, test and save, or go on where that was left, or say again what came of it.

    FolderError if the folder is another training's; InterruptedTrainingError if Ctrl-C or SIGTERM ended it.
    """
    open_folder(request)
    with locked(request.folder):
        finished = request.folder / RESULT_FILE
        if finished.exists():
            say(f"{request.folder} is finished: what follows was measured then, and the test set is not read again")
            found: FinalResult = json.loads(finished.read_text())
            return found
        return _train(request, say)


def _train(request: Request, say: Say) -> FinalResult:
    best, options = request.best, request.options
    entry = find_model(best.model, [Path(path) for path in best.model_path])
    seen = load_data(best, options.folder)
    whole = load_data(replace(best, train_size=None, final=True), options.folder)
    planned = plan(best, request.seeds, entry, (trained_on(best, len(seen.train)), len(whole.train)))
    changed = differences(best.lock, seen.content_hash) if best.lock else []
    for sentence in changed:
        say(f"not as in the sweep: {sentence}")
    say(f"{request.seeds} seeds on {planned.images[0]:,} images, judged on validation as in the sweep")
    with kept_ray():
        replicates = swept(request.folder / REPLICATES, planned.replicates, options)
        if ignores_seed(replicates):
            planned = replace(planned, final=plan(best, 1, entry, planned.images).final)
            say(f"{request.seeds} seeds gave the same in every metric: no seed dependence, so it is trained once")
        counts = f"{planned.final.seeds} seeds" if planned.final.seeds != 1 else "one seed"
        say(f"{counts} on all {planned.images[1]:,} images but test: {planned.steps}")
        final = swept(request.folder / FINAL, planned.final, options)
    if not ended(final, DONE):
        reason = next(iter(final.trials[REASON]), "")
        raise TrainingError(f"{request.folder / FINAL}: no seed came to its end ({reason}); there is no model to test")
    _save(request, planned, final, whole)
    say("the test set, once")
    tests = _tested(request, planned, final, whole)
    result = result_document(best, planned, replicates, final, tests, changed)
    kept = _model(request, planned, result["kept"], whole)
    write_card(request.folder / MODEL, result, Evaluator(whole).media(kept))
    track_tested(request.folder / FINAL, result, request.folder / MODEL, options.wandb)
    replace_file(request.folder / RESULT_FILE, _json(result))
    return result


def open_folder(request: Request) -> None:
    """Create the folder, or check that it belongs to the same request; SpecError for more than one config."""
    if request.best.space:
        searched = next(iter(request.best.space))
        raise SpecError(
            f"{searched} is still to be searched", key="parameters", valid="one config, as best.yaml has it"
        )
    folder, document = request.folder, {"spec": request.best.document(), "seeds": request.seeds}
    path = folder / REQUEST_FILE
    if path.exists():
        before = json.loads(path.read_text())
        if before["seeds"] != request.seeds:
            raise FolderError(f"{folder} was begun with --seeds {before['seeds']}; say that, or choose another --out")
        if before != json.loads(_json(document)):
            raise FolderError(f"{folder} is the final training of another config; choose another --out")
        return
    if folder.is_dir() and not all(left.name.startswith(".") for left in folder.iterdir()):
        raise FolderError(f"{folder} is not empty and holds no final training; choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, _json(document))
        replace_file(folder / BEST_FILE, as_yaml(request.best).encode())
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error.strerror}; choose another --out") from None


def swept(folder: Path, spec: Spec, options: Options) -> SweepResults:
    """The results of the sweep of the one config, which is run or resumed if it is not over."""
    if not _over(folder, spec):
        if (folder / SPEC_FILE).exists():
            outcome = runner.resume(
                folder, address=options.address, wandb=options.wandb, data_dir=options.data_dir, report=False
            )
        else:
            folder.mkdir(exist_ok=True)
            outcome = runner.run(spec, folder, replace(options, report=False))
        if outcome.interrupted:
            raise InterruptedTrainingError(f"{folder} is kept as it is; the same command goes on")
    return load(folder)


def _over(folder: Path, spec: Spec) -> bool:
    if not (folder / TRIALS_FILE).exists():
        return False
    return len(ended(load(folder), DONE, STOPPED, FAILED)) == spec.trials


def _save(request: Request, planned: Plan, final: SweepResults, whole: Dataset) -> None:
    """Keep the first seed's model; before the test set is read, so that it cannot have a say."""
    folder = request.folder / MODEL
    if (folder / FACTS_FILE).exists():
        return
    spec, trial = planned.final, ended(final, DONE)[0]
    seed = trial_seeds(spec, int(trial))[0]
    path = [Path(part) for part in spec.model_path]
    model = _model(request, planned, trial, whole)
    save_model(folder, model, spec.model, spec.arranged(spec.fixed), whole, seed=seed, search_path=path)


def _tested(request: Request, planned: Plan, final: SweepResults, whole: Dataset) -> list[SeedRow]:
    """A row of test metrics for each seed; one that is there already is not measured again."""
    path, spec = request.folder / TEST_FILE, planned.final
    cut_torn_line(path)
    rows: dict[str, SeedRow] = {row[TRIAL]: row for row in json_lines(path) if isinstance(row, dict) and TRIAL in row}
    evaluator = cache(lambda: _evaluator(request, spec, whole))
    for trial in ended(final, DONE):
        if trial in rows:
            continue
        rows[trial] = {TRIAL: trial, **evaluator()(_model(request, planned, trial, whole))}
        with path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(rows[trial]) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
    return [rows[trial] for trial in sorted(rows, key=trial_order)]


def _evaluator(request: Request, spec: Spec, whole: Dataset) -> Callable[[Trainable], dict[str, Any]]:
    """The evaluator of the test part; samples are judged by the extractor that the sweep used."""
    entry, options = find_model(spec.model, [Path(path) for path in spec.model_path]), request.options
    ood, real_features = ood_images(entry, whole, options.folder), None
    if entry.kind == "generative":
        from sweeps.evaluation.inception import (
            real_features_with_inception,  # torch takes seconds, and models of scikit-learn do without it
        )

        real_features = real_features_with_inception(
            spec.inception, load_data(replace(request.best, train_size=None), options.folder)
        )
    objective = request.best.metric.name
    return evaluator_on_test(
        whole, spec.dataset, data_dir=options.folder, objective=objective, ood=ood, real_features=real_features
    )


def _model(request: Request, planned: Plan, trial: str, whole: Dataset) -> Trainable:
    """The model of a seed that came to its end."""
    spec, path = planned.final, request.folder / FINAL / CHECKPOINTS / f"{trial}.pt"
    if not path.exists():
        raise FolderError(f"{path} is gone, the trained model of seed {int(trial) + 1}; choose another --out")
    work = Work(trial, spec.arranged(spec.fixed), trial_seeds(spec, int(trial)), None)
    entry = find_model(spec.model, [Path(p) for p in spec.model_path])
    running = Running(work, entry, whole, "cpu", path.read_bytes())
    running.start()
    return running.models[0]


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=2).encode()
