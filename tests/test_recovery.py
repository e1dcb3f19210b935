"""A sweep taken up again after a file of its folder was damaged: no trial is repeated, and none is lost."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from driven_sweep import drive, open_sweep, report
from test_damaged_folders import DAMAGES

from analysis.folder import load
from sweeps.search import Search

ENDED = ["done", "done", "failed", "done", "done"]
METHODS = ("bayes", "random", "grid")
GRID = {
    "C": {"values": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]},
    "penalty": {"values": ["l2", "none"]},
    "l1_ratio": {"value": 0.5},
    "solver": {"value": "lbfgs"},
}


def lines(method: str) -> dict[str, Any]:
    return {"method": method, "run_cap": 6} | ({"parameters": GRID} if method == "grid" else {})


def told(folder: Path, search: Search) -> dict[int, tuple[object, ...]]:
    """What the search knows of each trial."""
    study = search._study
    return {
        trial.number: (
            trial.params,
            trial.distributions,
            trial.state,
            trial.value,
            trial.intermediate_values,
            trial.user_attrs,
            trial.constraints,
        )
        for trial in study.get_trials(deepcopy=False)
    }


@pytest.fixture(scope="module", params=METHODS)
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A sweep that was killed: five of six trials ended, one of them as failed, and one is at its second step."""
    folder = tmp_path_factory.mktemp("left") / "it"
    return drive(folder, trials=5, left_at=2, failing=2, **lines(request.param)), request.param


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_search_is_what_it_was_whatever_happened_to_its_journal(
    left: tuple[Path, str], tmp_path: Path, damage: str
) -> None:
    before, method = left
    keys = lines(method)
    copy, sound = (Path(shutil.copytree(before, tmp_path / name)) for name in ("it", "sound"))
    DAMAGES[damage](copy / "optuna.journal")
    _, sweep, search, store = open_sweep(copy, **keys)
    assert told(copy, search) == told(sound, open_sweep(sound, **keys)[2])
    assert [record.status for record in store.records] == [*ENDED, "running"]
    work = sweep.next()
    assert work is not None
    assert work.trial == "0005"
    sweep.reported(report(work, 3, 0.5, last=True))
    assert sweep.next() is None
    sweep.close(interrupted=False)
    assert len(load(copy).rows) == 17
    assert load(copy).trials["status"].tolist() == [*ENDED, "done"]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["trials.csv", "results.jsonl", "importance.json"])
def test_the_table_is_written_anew_from_the_journal(
    left: tuple[Path, str], tmp_path: Path, name: str, damage: str
) -> None:
    before, method = left
    keys = lines(method)
    copy = Path(shutil.copytree(before, tmp_path / "it"))
    DAMAGES[damage](copy / name)
    open_sweep(copy, **keys)[1].close(interrupted=True)
    table, sound = load(copy).trials, load(before).trials
    configs = [column for column in sound if column.startswith("config/")]
    assert table[["trial", "status", *configs]].equals(sound[["trial", "status", *configs]])
