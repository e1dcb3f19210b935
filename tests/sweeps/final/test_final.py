"""The final model on real Ray, from the command line, killed with real signals, and the saved model asked."""

import json
import shutil
import signal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from helpers.command import end, rows_of, start, sweeps, toy_spec, wait_until, without_time
from PIL import Image

import trainables
from trainables.data import load_test

pytestmark = pytest.mark.ray
Shared = tuple[str, str]  # arguments: the address of the cluster that all tests share
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
LOGISTIC = ("max_iter=100", "slice_iter=50", "solver=saga", "penalty=l2")


def train(folder: Path, out: str, where: Shared) -> Any:
    return sweeps("train", "best.yaml", "--seeds", "2", "--out", out, "--wandb", "off", *where, folder=folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, cluster: Shared) -> Path:
    """A folder with a sweep `it`, its best.yaml, and the final training `fin` of it, by other libraries and data."""
    root = tmp_path_factory.mktemp("final")
    settings = [part for pair in LOGISTIC for part in ("--set", pair)]
    done = sweeps(
        "run",
        "logistic_regression",
        "--trials",
        "2",
        *settings,
        "--out",
        "it",
        "--wandb",
        "off",
        "--no-report",
        *cluster,
        folder=root,
    )
    assert done.returncode == DONE, done.stderr
    assert sweeps("best", "it", "--out", "best.yaml", folder=root).returncode == DONE
    best = yaml.safe_load((root / "best.yaml").read_text())
    best["lock"]["versions"]["torch"], best["lock"]["data"]["hash"] = "0.0.1", "other"
    (root / "best.yaml").write_text(yaml.safe_dump(best))
    done = train(root, "fin", cluster)
    assert done.returncode == DONE, done.stderr
    (root / "said.txt").write_text(done.stdout + done.stderr)
    return root


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found


def test_from_a_sweep_to_the_final_model(trained: Path) -> None:
    found, lock = result(trained / "fin"), yaml.safe_load((trained / "best.yaml").read_text())["lock"]
    assert found["images"] == {"sweep": 1149, "final": 1437}
    assert [row["trial"] for row in found["each"]] == ["0000", "0001"]
    assert found["gap"]["sweep"]["mean"] == lock["score"]
    assert (found["gap"]["replicates"]["n"], found["gap"]["test"]["n"]) == (2, 2)
    assert found["test"]["test/accuracy"]["mean"] > 0.85
    assert found["gap"]["gaps"]["whole"] == pytest.approx(lock["score"] - found["test"]["test/accuracy"]["mean"])
    assert not any(name.startswith(("val/", "train/")) for name in found["test"])
    said = (trained / "said.txt").read_text()
    for words in (
        "validation, the best of 2 trials",
        "validation, fresh seeds",
        "looked",
        "the first and not the best",
    ):
        assert words in said


def test_the_figures_are_those_of_the_models(trained: Path) -> None:
    """The saved model's own accuracy, computed here from the test part, is the first seed's."""
    found, test = result(trained / "fin"), load_test("digits")
    model = trainables.load(trained / "fin" / "model")
    assert float((model.predict(test.x) == test.y).mean()) == found["each"][0]["test/accuracy"]
    assert np.trace(found["each"][0]["confusion"]) == (model.predict(test.x) == test.y).sum()
    replicates = rows_of(trained / "fin" / "replicates")
    steps = max(row["step"] for row in replicates)
    last = [row["val/accuracy"] for row in replicates if row["step"] == steps]
    assert sorted(found["gap"]["replicates"]["values"]) == sorted(last)


def test_the_final_training_measures_nothing_and_never_meets_the_test_set(trained: Path) -> None:
    rows = rows_of(trained / "fin" / "final")
    assert {name.partition("/")[0] for row in rows for name in row if "/" in name} <= {"train", "sys"}
    assert {row["train/images"] for row in rows} == {1437.0}
    names = [name for part in ("replicates", "final") for row in rows_of(trained / "fin" / part) for name in row]
    assert not [name for name in names if name.startswith("test/")]


def test_a_second_call_says_the_same_and_does_not_read_the_test_set(trained: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (trained / "fin").rglob("*") if path.is_file()}
    gone = {"SWEEPS_DATA": str(trained / "nowhere")}
    again = sweeps("train", "best.yaml", "--seeds", "2", "--out", "fin", "--json", folder=trained, **gone)
    assert again.returncode == DONE
    assert "is finished" in again.stderr
    assert "the test set is not read again" in again.stderr
    assert json.loads(again.stdout) == result(trained / "fin")
    after = {path: path.stat().st_mtime_ns for path in (trained / "fin").rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if p.name != ".lock"} == {
        p: t for p, t in before.items() if p.name != ".lock"
    }


def test_the_card_says_what_the_model_is_and_what_it_is_not(trained: Path) -> None:
    folder = trained / "fin" / "model"
    card, found = (folder / "README.md").read_text(), result(trained / "fin")
    for words in (
        "# logistic_regression on digits",
        "Trained on 1,437 images of 1x8x8, 10 classes: train and validation together",
        "the model of the first, 0000, not the best",
        f"{found['test']['test/accuracy']['mean']:.4g}",
        "## The optimism gap",
        "validation, the best of 2 trials",
        "It is weakest at",
        "Licence of the data: CC BY 4.0",
        "sweeps predict MODEL_DIR",
        "| solver | saga |",
        "none is a pickle",
    ):
        assert words in card, words
    for name in ("gap.png", "weight_maps.png", "confusion.png"):
        assert f"]({name})" in card
        assert Image.open(folder / name).size[0] > 100


def test_what_is_not_as_in_the_sweep_is_said(trained: Path) -> None:
    said = (trained / "said.txt").read_text()
    assert "not as in the sweep: torch is" in said
    assert "not as in the sweep: the data digits is not what the sweep saw" in said
    assert len(result(trained / "fin")["changed"]) >= 2


def test_another_request_for_the_same_folder_is_refused(trained: Path) -> None:
    seeds = sweeps("train", "best.yaml", "--seeds", "3", "--out", "fin", folder=trained)
    assert (seeds.returncode, seeds.stderr.count("\n")) == (WRONG, 2)
    assert "fin was begun with --seeds 2; say that, or choose another --out" in seeds.stderr
    other = yaml.safe_load((trained / "best.yaml").read_text())
    other["parameters"]["tol"] = {"value": 0.01}
    (trained / "other.yaml").write_text(yaml.safe_dump(other))
    config = sweeps("train", "other.yaml", "--seeds", "2", "--out", "fin", folder=trained)
    assert config.returncode == WRONG
    assert "is the final training of another config" in config.stderr
    sweep = sweeps("train", "best.yaml", "--out", "it", folder=trained)
    assert sweep.returncode == WRONG
    assert "is not empty and holds no final training" in sweep.stderr


def test_a_spec_that_is_still_to_be_searched_is_refused(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text("model: mlp\nparameters: {lr: {values: [0.1, 0.2]}}\nrun_cap: 3\n")
    done = sweeps("train", "it.yaml", folder=tmp_path)
    assert done.returncode == WRONG
    assert "lr is still to be searched" in done.stderr
    assert not (tmp_path / "sweep-results").exists()


def toy_best(folder: Path, **values: Any) -> None:
    """A best.yaml of the toy model, best at its third step of five, found elsewhere and with other libraries."""
    values = {"drift": 0.5, "steps": 5, "sleep": 0.0, "fault": "none", "marks": "", **values}
    lock = {"sweep": "abcd", "trial": "0001", "trials": 4, "metric": "train/score", "goal": "maximize", "score": 9.0}
    lock |= {"step": 3, "steps": 5, "versions": {"torch": "0.0.1"}, "data": {"name": "digits", "hash": "other"}}
    parameters = {name: {"value": value} for name, value in values.items()}
    toy_spec(folder, parameters=parameters, lock=lock).rename(folder / "best.yaml")


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, cluster: Shared) -> Path:
    """A folder with a toy's best.yaml and the final training `straight` of it, never interrupted."""
    root = tmp_path_factory.mktemp("toy")
    toy_best(root, sleep=0.3)
    done = train(root, "straight", cluster)
    assert done.returncode == DONE, done.stderr
    return root


def reached(folder: Path, rows: int) -> bool:
    return len(rows_of(folder)) >= rows


@pytest.mark.slow
@pytest.mark.parametrize("parts", [("final",), ("replicates", "final")], ids="-".join)
def test_killed_and_started_again_it_equals_the_straight_one(
    parts: tuple[str, ...], straight: Path, cluster: Shared
) -> None:
    out = "killed-in-" + "-".join(parts)
    killed = straight / out
    for part, many in ((part, {"replicates": 1, "final": 2}[part]) for part in parts):
        process = start("train", "best.yaml", "--seeds", "2", "--out", out, "--wandb", "off", folder=straight)
        wait_until(partial(reached, killed / part, many))
        end(process, signal.SIGKILL)
        assert not (killed / "test.jsonl").exists()
    resumed = train(straight, out, cluster)
    assert resumed.returncode == DONE, resumed.stderr

    for part in ("replicates", "final"):
        rows = [sorted(map(repr, map(without_time, rows_of(straight / name / part)))) for name in ("straight", out)]
        assert rows[0] == rows[1]
        assert len(rows[0]) == 2 * 3  # two seeds to the best step, nothing twice
    first, second = result(straight / "straight"), result(killed)
    for part in ("gap", "test", "each", "config", "steps", "kept"):
        assert first[part] == second[part], part
    hashes = [json.loads((straight / name / "model" / "model.json").read_text()) for name in ("straight", out)]
    assert hashes[0] == hashes[1]
    assert first["gap"]["gaps"].keys() == {"selection"}  # there is no train/score of a test set


@pytest.mark.slow
def test_killed_in_the_test_set_it_reads_only_what_was_not_read(trained: Path, cluster: Shared) -> None:
    folder = trained / "torn"
    shutil.copytree(trained / "fin", folder)
    whole, lines = result(folder), (folder / "test.jsonl").read_text().splitlines(keepends=True)
    (folder / "result.json").unlink()  # as a kill would have left it: one seed tested, then damage, the second row torn
    marked = json.loads(lines[0]) | {"test/accuracy": 0.125}
    (folder / "test.jsonl").write_text(json.dumps(marked) + "\nno row\n" + lines[1][:20])
    (folder / "model" / "README.md").unlink()
    again = train(trained, "torn", cluster)
    assert again.returncode == DONE, again.stderr
    assert [row["test/accuracy"] for row in result(folder)["each"]] == [0.125, whole["each"][1]["test/accuracy"]]
    assert (folder / "model" / "README.md").exists()


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    toy_best(tmp_path, sleep=0.5)
    process = start("train", "best.yaml", "--seeds", "2", "--out", "it", "--wandb", "off", folder=tmp_path)
    wait_until(lambda: len(rows_of(tmp_path / "it" / "replicates")) >= 1)
    _, said = end(process, signal.SIGINT)
    assert process.returncode == INTERRUPTED
    assert "the same command goes on" in said


def test_seeds_that_fail_are_said_and_all_of_them_end_it(tmp_path: Path, cluster: Shared) -> None:
    toy_best(tmp_path, fault="raise", drift=0.9)
    done = train(tmp_path, "it", cluster)
    assert done.returncode == FAILED
    assert (
        "no seed came to its end (RuntimeError: drift is too strong for me); there is no model to test" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "it" / "test.jsonl").exists()


@pytest.mark.slow
def test_a_model_without_seed_dependence_is_trained_once(tmp_path: Path, cluster: Shared) -> None:
    spec = {
        "model": "gaussian_nb",
        "dataset": "digits",
        "method": "random",
        "parameters": {"var_smoothing": {"value": 0.01}},
    }
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(spec))
    done = sweeps("train", "best.yaml", "--seeds", "3", "--out", "fin", "--wandb", "off", *cluster, folder=tmp_path)
    assert done.returncode == DONE, done.stderr
    assert "3 seeds gave the same in every metric" in done.stderr
    found, test = result(tmp_path / "fin"), load_test("digits")
    assert ([row["trial"] for row in found["each"]], found["seedless"]) == (["0000"], True)
    accuracy, fresh = found["test"]["test/accuracy"], found["gap"]["replicates"]
    assert (accuracy["n"], accuracy["images"], fresh["n"], fresh["images"]) == (1, len(test.y), 3, 288)
    for span in (accuracy, fresh):
        assert 0 < span["low"] < span["mean"] < span["high"] < 1
    assert "trained once" in (tmp_path / "fin" / "model" / "README.md").read_text()
