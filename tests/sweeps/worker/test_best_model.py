"""The best trial's model as its worker saves it and the store keeps it."""

from pathlib import Path
from typing import Any

import numpy as np
from helpers.contract import digits

from analysis.rows import Row
from sweeps.spec import load_spec
from sweeps.spec.resolved import Objective
from sweeps.store.sweep_folder import MODELS, Store
from sweeps.worker.best_model import BestModel
from sweeps.worker.messages import Work
from trainables import MODELS as REGISTRY
from trainables import load

CONFIG = {"C": 0.1}


def finished(data: Any) -> Any:
    model = REGISTRY["logistic_regression"].build(CONFIG, data, seed=0)
    while not model.finished:
        model.step()
    return model


def test_a_worker_saves_a_model_that_is_better_than_those_before(tmp_path: Path) -> None:
    data = digits(200)
    model, best_model = finished(data), BestModel.of(load_spec("logistic_regression"))

    def saved(trial: str, *values: float, resumed: bool = False, verdict: str = "") -> dict[str, bytes]:
        work = Work(trial, CONFIG, (0,), None, resumed)
        found: list[dict[str, Any]] = [{"val/accuracy": value, "verdict": verdict} for value in values] or [{}]
        rows = [Row.of({"trial": trial, "step": step, **row}) for step, row in enumerate(found, start=1)]
        ends = [False] * (len(rows) - 1) + [True]
        return [best_model.files(work, model, data, row, finished=end) for row, end in zip(rows, ends, strict=True)][-1]

    first = saved("0000", 0.5, 0.8, 0.6)
    assert saved("0001", 0.7) == {}
    assert saved("0002", 0.9) != {}
    assert saved("0003", 0.9) == {}
    assert saved("0004", 0.1, resumed=True) != {}  # what it had before is not known here
    assert saved("0005", 0.89) == {}
    assert saved("0006") == {}
    assert saved("0007", 1.0, verdict="mode_collapse") == {}  # whatever its score
    for name, content in first.items():
        (tmp_path / name).write_bytes(content)
    assert np.array_equal(load(tmp_path).predict(data.val.x), model.predict(data.val.x))


def test_of_equal_trials_the_earlier_is_kept_whichever_ends_first() -> None:
    data = digits(200)
    model, best_model = finished(data), BestModel.of(load_spec("logistic_regression"))
    row = Row("0000", 1, numbers={"val/accuracy": 0.5})
    saved = [bool(best_model.files(Work(t, CONFIG, (0,), None), model, data, row, finished=True)) for t in "213"]
    assert saved == [True, True, False]


def test_a_trial_that_fails_for_want_of_the_constraints_metric_stands_in_nobodys_way() -> None:
    data = digits(200)
    constraint = {"name": "val/log_loss", "max": 1.0}
    best_model = BestModel.of(load_spec({"model": "logistic_regression", "constraint": constraint}))

    def saved(trial: str, **values: float) -> bool:
        row = Row.of({"trial": trial, "step": 1, **{n.replace("_", "/", 1): value for n, value in values.items()}})
        return bool(best_model.files(Work(trial, CONFIG, (0,), None), finished(data), data, row, finished=True))

    assert not saved("0000", val_accuracy=0.9)
    assert not saved("0001", val_accuracy=0.9)
    assert saved("0002", val_accuracy=0.5, val_log_loss=0.9)


def test_what_cannot_be_saved_is_left_out() -> None:
    data = digits(200)
    model, best_model = finished(data), BestModel.of(load_spec("logistic_regression"))
    work = Work("0000", {**CONFIG, "cv_folds": 2}, (0,), None)
    assert best_model.files(work, model, data, Row("0000", 1, numbers={"val/accuracy": 0.5}), finished=True) == {}


def test_a_sweep_keeps_the_model_of_its_best_trial(tmp_path: Path) -> None:
    store = Store(tmp_path, Objective("val/accuracy", "maximize"))

    def kept() -> list[str]:
        return sorted(path.name for path in (tmp_path / MODELS).iterdir())

    for trial, value in (("0000", 0.5), ("0001", 0.9), ("0002", 0.7)):
        store.trial_started(trial, {}, False)
        store.row(Row(trial, 1, 0.1, {"val/accuracy": value}))
        store.save_model(trial, "model.json", b"{}")
    store.trial_ended("0000", "done", "")
    assert kept() == ["0000", "0001", "0002"]
    store.trial_ended("0001", "done", "")
    store.trial_ended("0002", "stopped", "")
    assert kept() == ["0001"]
    store.trial_started("0003", {}, False)
    store.row(Row("0003", 1, 0.1, {"val/accuracy": 1.0}, verdict="frozen"))
    store.trial_ended("0003", "done", "")
    assert kept() == ["0001"]
    store.close(False)
