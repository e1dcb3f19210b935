"""The command line without a sweep: listings, help, and what happens to those who ask for the wrong thing."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.command import sweeps, sweeps_process
from helpers.sweep_folder import FakeTrial, build_sweep

from sweeps.driver.new_folder import new_folder
from sweeps.errors import FolderError
from sweeps.spec import load_spec

HEAVY = ("ray", "torch", "optuna", "sklearn", "pandas", "matplotlib", "wandb")
WRONG = {
    "unknown model": (["run", "logistic_regresion"], ["logistic_regression"]),
    "unknown dataset": (["run", "gan", "--dataset", "fashion_mnits"], ["dataset", "fashion_mnist"]),
    "no such spec": (["run", "there-is-none.yaml"], ["there-is-none.yaml"]),
    "not a setting": (["run", "gan", "--set", "updates"], ["--set updates", "KEY=VALUE"]),
    "unknown key": (["run", "gan", "--set", "lr_gg=0.1"], ["lr_gg", "lr_g"]),
    "wrong type": (["run", "gan", "--set", "latent_dim=many"], ["latent_dim"]),
    "out of range": (["run", "logistic_regression", "--set", "C=-1"], ["C"]),
    "unknown wandb mode": (["run", "gan", "--wandb", "onlin"], ["onlin", "offline"]),
    "no trials": (["run", "gan", "--trials", "0"], ["run_cap"]),
    "no sweep to resume": (["resume", "nowhere"], ["nowhere", "spec.yaml"]),
    "no sweep to show": (["show", "nowhere"], ["nowhere"]),
    "no sweep to report": (["report", "nowhere"], ["nowhere"]),
    "no folder to list": (["list", "nowhere"], ["nowhere"]),
    "no space": (["spaces"], ["MODEL"]),
    "unknown space": (["spaces", "gann"], ["gan"]),
}


AS_A_PROCESS = [
    ("unknown model", sweeps_process),
    pytest.param("not a setting", sweeps_process, marks=pytest.mark.slow),
    pytest.param("no sweep to report", sweeps_process, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(
    ("case", "called"),
    [*((case, sweeps) for case in WRONG), *AS_A_PROCESS],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(case: str, called: Callable[..., Any], tmp_path: Path) -> None:
    arguments, said = WRONG[case]
    done = called(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert all(words in done.stderr for words in said), done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())


def test_help_and_a_wrong_option_load_nothing_heavy(tmp_path: Path) -> None:
    check = f"import sys; import sweeps.cli; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("given", "kept"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_threads_sleep_while_they_wait_unless_the_user_says_otherwise(given: dict[str, str], kept: str) -> None:
    ask = "import atexit, os, sweeps.cli as c; atexit.register(lambda: print(os.environ['OMP_WAIT_POLICY'])); c.main()"
    others = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", ask, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=others | given)
    assert done.stdout.splitlines()[-1] == kept


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "resume",
        "list",
        "show",
        "best",
        "train",
        "sample",
        "predict",
        "report",
        "models",
        "datasets",
        "spaces",
        "doctor",
    ],
)
def test_every_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    done = sweeps(command, "--help", folder=tmp_path)
    assert done.returncode == 0
    assert f"Example: sweeps {command}" in done.stdout


@pytest.mark.parametrize("command", ["models", "datasets", "doctor"])
def test_json_is_one_document_and_nothing_else(command: str, tmp_path: Path) -> None:
    rows = json.loads(sweeps(command, "--json", folder=tmp_path).stdout)
    assert rows
    assert all(isinstance(row, dict) for row in rows)


def test_a_space_is_shown_with_its_conditions(tmp_path: Path) -> None:
    rows = {row["parameter"]: row for row in json.loads(sweeps("spaces", "gan", "--json", folder=tmp_path).stdout)}
    assert rows["lr_g"]["distribution"] == "log_uniform_values"
    assert rows["g_width_2"]["when"] == {"g_depth": {"min": 2}}


def test_the_schema_is_json(tmp_path: Path) -> None:
    schema = json.loads(sweeps("spaces", "--schema", folder=tmp_path).stdout)
    assert {"model", "parameters", "early_terminate"} <= set(schema["properties"])


def test_a_dry_run_prints_a_spec_that_is_a_spec(tmp_path: Path) -> None:
    first = sweeps("run", "gan", "--set", "budget.steps=3", "--trials", "2", "--dry-run", folder=tmp_path)
    (tmp_path / "again.yaml").write_text(first.stdout)
    again = sweeps("run", "again.yaml", "--dry-run", folder=tmp_path)
    assert yaml.safe_load(again.stdout) == yaml.safe_load(first.stdout)
    assert yaml.safe_load(first.stdout)["budget"]["steps"] == 3


def test_best_ranks_by_any_metric_and_names_the_nearest(tmp_path: Path) -> None:
    steps = [{"val/accuracy": 0.5, "val/log_loss": 0.25}, {"val/accuracy": 0.75, "val/log_loss": 0.5}]
    better = [{"val/accuracy": 0.5, "val/log_loss": 0.5}, {"val/accuracy": 0.625, "val/log_loss": 0.125}]
    build_sweep(tmp_path / "it", [FakeTrial({"C": 1.0}, steps), FakeTrial({"C": 2.0}, better)])
    by_default = json.loads(sweeps("best", "it", "--json", folder=tmp_path).stdout)
    by_loss = json.loads(sweeps("best", "it", "--metric", "val/log_loss", "--json", folder=tmp_path).stdout)
    assert (by_default[0]["C"], by_loss[0]["C"]) == (1.0, 2.0)
    both = json.loads(sweeps("best", "it", "--top", "2", "--json", folder=tmp_path).stdout)
    assert [row["val/accuracy"] for row in both] == [0.75, 0.625]
    wrong = sweeps("best", "it", "--metric", "val/acuracy", folder=tmp_path)
    assert wrong.returncode == 2
    assert "did you mean val/accuracy?" in wrong.stderr


def test_a_command_that_is_printed_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    place = tmp_path / "it's; a sweep"
    place.mkdir()
    (place / "spec.yaml").write_text("model: gan\n")
    with pytest.raises(FolderError) as raised:
        new_folder(load_spec("gan"), place)
    said = str(raised.value).partition("go on with ")[2].partition(", or choose")[0]
    assert shlex.split(said) == ["sweeps", "resume", str(place)]


def test_sweeps_are_listed_wherever_they_lie_but_for_hidden_folders_and_those_of_a_sweep(tmp_path: Path) -> None:
    inside = ["one/ray/copy", "one/media/copy", "one/wandb/copy", ".trash/old", "one/.git/copy"]
    listed = ["one", "one/replicates", "ray/two"]
    for name in (*listed, *inside):
        build_sweep(tmp_path / "all" / name, [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.9}])])
    found = json.loads(sweeps("list", "all", "--json", folder=tmp_path).stdout)
    assert [row["sweep"] for row in found] == [f"all/{name}" for name in listed]


@pytest.mark.parametrize("code", [*(pytest.param(code, marks=pytest.mark.slow) for code in (None, 0, 3)), "no licence"])
def test_a_command_in_this_process_ends_as_one_of_its_own(code: int | str | None, tmp_path: Path) -> None:
    (tmp_path / "quits.py").write_text(f"raise SystemExit({code!r})")
    command = ("run", "quits:Model", "--dry-run")
    here, there = sweeps(*command, folder=tmp_path), sweeps_process(*command, folder=tmp_path)
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)
