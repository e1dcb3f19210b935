"""What the search says of its parameters once it is over."""

import json
import os
from pathlib import Path

import optuna
import pytest
from helpers.command import sweeps
from helpers.driven_sweep import drive
from helpers.sweep_folder import FakeTrial, build_sweep
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from analysis.metrics import Goal
from sweeps.search.importance import MIN_TRIALS, importance, latest, write_importance


def trial(number: int, state: TrialState = TrialState.COMPLETE, sign: int = 1) -> FrozenTrial:
    """One in which `matters` is all that matters."""
    params = {"matters": (number * 0.618) % 1, "idle": (number * 0.414) % 1}
    value = sign * params["matters"]
    return create_trial(
        params=params,
        distributions=dict.fromkeys(params, FloatDistribution(0, 1)),
        value=value if state == TrialState.COMPLETE else None,
        state=state,
        intermediate_values={1: value - sign, 2: value} if state == TrialState.PRUNED else {},
    )


@pytest.mark.parametrize(("goal", "sign"), [("maximize", 1), ("maximize", -1), ("minimize", 1)])
def test_what_matters_has_the_larger_share_whichever_way_is_better(goal: Goal, sign: int) -> None:
    found = importance([trial(n, sign=sign) for n in range(60)], goal)
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert found["shares"]["matters"] > 0.8
    assert (found["trials"], found["top"]) == (60, 6)


def test_stopped_trials_count_with_their_best_value_and_failed_ones_not() -> None:
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING]
    trials = [trial(n, states[n % 4]) for n in range(60)]
    found = importance(trials, "maximize")
    assert found["trials"] == 30
    completed = importance([trial(n) for n in range(60) if n % 4 < 2], "maximize")
    assert found["shares"] == pytest.approx(completed["shares"])


def test_a_failed_trial_that_optuna_was_told_pruned_does_not_count_either() -> None:
    failed = [trial(n, TrialState.PRUNED) for n in range(60, 90)]
    for each in failed:
        each.set_user_attr("status", "failed")
    sound = [trial(n) for n in range(60)]
    assert importance(sound + failed, "maximize") == importance(sound, "maximize")


@pytest.mark.parametrize("count", [0, MIN_TRIALS - 1])
def test_of_few_trials_nothing_is_said(count: int) -> None:
    assert importance([trial(n) for n in range(count)], "minimize") == {}


def test_nor_of_trials_that_are_all_alike() -> None:
    same = [create_trial(params={"p": 0.5}, distributions={"p": FloatDistribution(0, 1)}, value=1.0)] * 20
    assert importance(same, "minimize") == {}


def search_in(folder: Path, count: int) -> Path:
    """A journal of so many trials as a killed sweep leaves it, with its last line torn."""
    storage = JournalStorage(JournalFileBackend(str(folder / "optuna.journal")))
    study = optuna.create_study(storage=storage, direction="maximize")
    study.add_trials([trial(n) for n in range(count)])
    with (folder / "optuna.journal").open("a") as journal:
        journal.write('{"op_code": 8, "tri')
    return folder


def test_the_journal_of_a_killed_sweep_says_it_too(tmp_path: Path) -> None:
    found = latest(search_in(tmp_path, 30))
    assert found is not None
    assert found["shares"] == pytest.approx(importance([trial(n) for n in range(30)], "maximize")["shares"])


def test_a_file_that_is_as_new_is_not_computed_anew(tmp_path: Path) -> None:
    search_in(tmp_path, 30)
    written = tmp_path / "importance.json"
    written.write_text(json.dumps({}))
    assert latest(tmp_path) is None
    os.utime(written, (0, 0))
    assert latest(tmp_path) is not None


def test_where_there_is_no_search_nothing_is_known(tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    (tmp_path / "optuna.journal").touch()
    assert latest(tmp_path) is None


@pytest.mark.slow
def test_the_report_of_a_killed_sweep_has_it(tmp_path: Path) -> None:
    trials = [FakeTrial({"matters": 0.1 * n}, [{"val/accuracy": 0.1 * n}]) for n in range(10)]
    parameters = {"matters": {"min": 0.0, "max": 1.0}, "idle": {"min": 0.0, "max": 1.0}}
    search_in(build_sweep(tmp_path / "it", trials, {"model": "toy:Toy", "parameters": parameters}), 30)
    done = sweeps("report", "it", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "What told the top 5 of 30 trials apart most: matters" in (tmp_path / "it" / "report.html").read_text()


def test_it_is_written_where_the_folder_has_none_or_an_older_one(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=12)
    before = (folder / "importance.json").read_bytes()
    (folder / "importance.json").unlink()
    write_importance(folder)
    assert json.loads((folder / "importance.json").read_bytes()) == json.loads(before)
