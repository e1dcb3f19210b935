"""What may change in a spec while its sweep is interrupted, and what is refused in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.asked import ask_one
from helpers.command import rows_of, sweeps, toy_spec

from sweeps.driver.runner import resume
from sweeps.errors import SpecError
from sweeps.search.method import Ending
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.spec.resuming import check_unchanged

BEGAN: dict[str, Any] = {
    "model": "logistic_regression",
    "dataset": "digits",
    "method": "bayes",
    "name": "first",
    "parameters": {"C": {"min": 0.1, "max": 1.0}, "penalty": {"values": ["l2", "l1"]}},
    "run_cap": 15,
    "seed": 3,
}
TAKEN = [
    {"run_cap": 40},
    {"run_cap": None, "budget": {"seconds": 60, "steps": 9}},
    {"resources": {"cpu": 2}},
    {"early_terminate": {"type": "hyperband", "min_iter": 2}},
    {"early_terminate": [{"type": "median"}, {"type": "no_improvement", "trials": 9}]},
    {"metric": {"name": "val/accuracy", "target": 0.9}},
    {"name": "second", "description": "more of it"},
    {"project": "p", "entity": "e", "group": "g", "tags": ["t"], "notes": "n", "alert_failure_rate": 0.5},
]
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "seed": ({"seed": 4}, "seed: 3 when the sweep began, 4 now"),
    "method": ({"method": "random"}, "method: 'tpe' when the sweep began, 'random' now"),
    "metric": (
        {"metric": {"name": "val/log_loss"}},
        "metric.name: 'val/accuracy' when the sweep began, 'val/log_loss'",
    ),
    "replicates": ({"replicates": 2}, "replicates: 1 when the sweep began, 2 now"),
    "train_size": ({"train_size": 100}, "train_size: not there when the sweep began, 100 now"),
    "range": (
        {"parameters": {**BEGAN["parameters"], "C": {"min": 0.1, "max": 5.0}}},
        "parameters.C.max: 1.0 when the sweep began, 5.0 now",
    ),
    "choices": (
        {"parameters": {**BEGAN["parameters"], "penalty": {"values": ["l2", "none"]}}},
        "parameters.penalty.values: ['l2', 'l1'] when the sweep began, ['l2', 'none'] now",
    ),
}


def began() -> dict[str, Any]:
    """The document as a manifest brings it back."""
    found: dict[str, Any] = json.loads(json.dumps(load_spec(BEGAN).document()))
    return found


@pytest.mark.parametrize("changes", [{}, *TAKEN])
def test_how_far_and_where_it_goes_on_may_change(changes: dict[str, Any]) -> None:
    check_unchanged(began(), load_spec({**BEGAN, **changes}), "it")


@pytest.mark.parametrize("what", REFUSED)
def test_what_it_compares_may_not(what: str) -> None:
    changes, said = REFUSED[what]
    with pytest.raises(SpecError) as error:
        check_unchanged(began(), load_spec({**BEGAN, **changes}), "it/spec.yaml")
    assert str(error.value).startswith(f"it/spec.yaml: {said}")
    assert "\n" not in str(error.value)
    assert "run_cap" in str(error.value)


def asked(folder: Path, trials: int, **changes: Any) -> list[int]:
    search = Search(load_spec({**BEGAN, **changes}), folder / "optuna.journal")
    numbers = []
    for _ in range(trials):
        numbers.append(ask_one(search)[0])
        search.tell(numbers[-1], Ending("done", 0.5, ""))
    return numbers


def test_a_sweep_of_another_name_goes_on_with_its_own_trials(tmp_path: Path) -> None:
    assert asked(tmp_path, 3) == [0, 1, 2]
    assert asked(tmp_path, 2, name="second") == [3, 4]
    assert asked(tmp_path, 1, name=None) == [5]


def test_other_choices_than_the_journals_are_one_line_also_without_a_manifest_that_says(tmp_path: Path) -> None:
    asked(tmp_path, 1)
    with pytest.raises(
        SpecError, match=r"parameters\.penalty\.values: \['l2', 'l1'\] when the sweep began, \['l2', 'no"
    ):
        asked(tmp_path, 1, **REFUSED["choices"][0])


def test_a_resume_reads_what_its_sweep_began_with(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump({**BEGAN, "seed": 4}))
    (tmp_path / "manifest.json").write_text(
        json.dumps({"sweep": "abcd0123", "options": {}, "data": {}, "spec": began()})
    )
    for changes in (None, {"run_cap": 40}):
        with pytest.raises(SpecError, match=r"spec\.yaml: seed: 3 when the sweep began, 4 now"):
            resume(tmp_path, changes)
    with pytest.raises(SpecError, match=r"parameters\.C"):
        resume(tmp_path, {"seed": 3, "C": 0.5})
    assert yaml.safe_load((tmp_path / "spec.yaml").read_text())["seed"] == 4  # what is refused is not kept


@pytest.mark.ray
@pytest.mark.slow
def test_more_trials_from_the_command_line_and_another_name_in_the_spec(
    tmp_path: Path, cluster: tuple[str, str]
) -> None:
    toy_spec(tmp_path, parameters={"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 1}}, run_cap=2)
    ran = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    before, path = rows_of(tmp_path / "it"), tmp_path / "it" / "spec.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "name": "another"}))
    more = sweeps("resume", "it", "--trials", "4", *cluster, folder=tmp_path)
    assert more.returncode == 0, more.stderr
    assert yaml.safe_load(path.read_text())["run_cap"] == 4
    rows = rows_of(tmp_path / "it")
    assert rows[:2] == before
    assert sorted(row["trial"] for row in rows) == ["0000", "0001", "0002", "0003"]
