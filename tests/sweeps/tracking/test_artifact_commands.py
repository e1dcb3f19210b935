"""The best config of a tracked sweep, asked of a W&B server by name: shown, and trained to the final model."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.command import sweeps
from helpers.sweep_folder import FakeTrial, build_sweep
from helpers.tracked import TrackedSweep, logged_in, logged_out
from helpers.wandb_server import Accepting

from sweeps.errors import SpecError
from sweeps.final.best_config import best_trials

BEST = "someone/tests/best-config:latest"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accepting]:
    """A server that has a sweep of two trials, logged in at; the working folder of its users is `users`."""
    folder, server = tmp_path_factory.mktemp("tracked") / "sweep", Accepting()
    folder.mkdir()
    with logged_out(folder.parent / "home"), logged_in(server):
        sweep = TrackedSweep(folder, mode="online")
        for trial, last in (("0000", 4), ("0001", 3)):
            sweep.feed(trial, range(1, last))
            sweep.done(trial)
        sweep.end()
        yield server


def login() -> dict[str, str]:
    return {name: os.environ[name] for name in ("WANDB_BASE_URL", "WANDB_API_KEY", "HOME", "NETRC")}


@pytest.mark.slow
def test_an_artifact_shows_its_config_figures_and_lock(server: Accepting, tmp_path: Path) -> None:
    done = sweeps("best", BEST, "--json", folder=tmp_path, **login())
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["trial"], row["val/accuracy"], row["best_step"], row["penalty"]) == ("0000", 0.03, 3, "l2")
    assert (row["lock"]["sweep"], row["lock"]["trials"]) == ("5eed", 2)
    assert "the best of 2 trials of the sweep 5eed by val/accuracy" in done.stderr
    written = sweeps("best", BEST, "--out", "best.yaml", folder=tmp_path, **login())
    assert written.returncode == 0, written.stderr
    assert "lock" not in written.stdout
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["lock"] == row["lock"]
    local = sweeps("best", "best.yaml", "--json", folder=tmp_path)
    assert json.loads(local.stdout) == [row]


def test_there_is_nothing_to_rank_in_one_config(tmp_path: Path) -> None:
    best = tmp_path / "best.yaml"
    best.write_text(yaml.safe_dump({"model": "logistic_regression", "parameters": {"C": {"value": 0.5}}}))
    assert best_trials(str(best)).rows == [
        {"penalty": "l2", "C": 0.5, "why": "it has no lock, so nobody knows where it is from", "lock": {}}
    ]
    wanted: list[dict[str, Any]] = [{"metric": "val/accuracy"}, {"top": 2}, {"front": "val/accuracy,seconds"}]
    for asked in wanted:
        with pytest.raises(SpecError, match="it holds one config, so there is nothing to rank"):
            best_trials(str(best), **asked)
    best.write_text(yaml.safe_dump({"model": "logistic_regression"}))
    with pytest.raises(SpecError, match="penalty is still to be searched"):
        best_trials(str(best))


@pytest.mark.slow
@pytest.mark.ray
def test_an_artifact_is_trained_to_the_final_model(server: Accepting, tmp_path: Path, cluster: tuple[str, str]) -> None:
    done = sweeps("train", BEST, "--seeds", "1", "--wandb", "off", "--out", "fin", *cluster, folder=tmp_path, **login())
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "fin" / "result.json").read_text())
    assert found["lock"]["sweep"] == "5eed"
    assert found["test"]["test/accuracy"]["mean"] > 0.8
    assert (tmp_path / "fin" / "model" / "model.json").exists()
    for_wandb = json.loads((tmp_path / "fin" / "final" / "tested.json").read_text())
    assert for_wandb["sweep"]["test/accuracy"] == found["test"]["test/accuracy"]["mean"]


EVIL = "from pathlib import Path\nPath(__file__).with_name('RAN').touch()\nclass Model:\n    pass\n"


def of_an_evil_model(**lines: Any) -> str:
    document = {"model": "evil:Model", "parameters": {"depth": {"value": 3}}, **lines}
    return yaml.safe_dump({**document, "metric": {"name": "val/accuracy", "goal": "maximize"}, "lock": {"trial": "7"}})


def test_an_artifacts_code_is_neither_unpacked_nor_imported(tmp_path: Path) -> None:
    server = Accepting()
    spec = of_an_evil_model(model_path=".").encode()
    server.artifacts.add("best-config", {"best.yaml": spec, "evil.py": EVIL.encode()})
    with logged_out(tmp_path / "home"), logged_in(server):
        shown = sweeps("best", BEST, "--json", "--out", "best.yaml", folder=tmp_path, **login())
        trained = sweeps("train", BEST, "--wandb", "off", folder=tmp_path, **login())
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)[0]["depth"] == 3
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["parameters"] == {"depth": {"value": 3}}
    assert (trained.returncode, trained.stderr.count("\n")) == (2, 1)
    assert "no module evil" in trained.stderr
    assert [*tmp_path.rglob("evil.py"), *tmp_path.rglob("RAN")] == []


def test_a_config_is_shown_without_its_models_code(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(EVIL)
    (tmp_path / "best.yaml").write_text(of_an_evil_model())
    rows = best_trials(str(tmp_path / "best.yaml")).rows
    assert (rows[0]["trial"], rows[0]["depth"]) == ("7", 3)
    trials = [FakeTrial({"depth": 3}, [{"val/accuracy": 0.5}])]
    spec = {"model": "evil:Model", "dataset": "digits", "parameters": {"depth": {"values": [3, 4]}}}
    metric = {"metric": {"name": "val/accuracy", "goal": "maximize"}}
    folder = build_sweep(tmp_path / "sweep", trials, {**spec, **metric, "model_path": str(tmp_path)})
    assert best_trials(str(folder)).spec().fixed == {"depth": 3}
    assert not (tmp_path / "RAN").exists()
