"""Every file of a sweep's folder, damaged in every way, under the commands that go on with it or serve it."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.command import sweeps
from helpers.damages import DAMAGES
from helpers.driven_sweep import drive

from analysis.folder import load
from sweeps.driver.runner import Options, write_manifest
from sweeps.spec import load_spec
from trainables.data import load_dataset

BEST = "0005"
CHECKPOINT = f"ray/checkpoints/{BEST}.pt"
FILES = (
    "spec.yaml",
    "manifest.json",
    "results.jsonl",
    "trials.csv",
    "optuna.journal",
    "configs.jsonl",
    "importance.json",
    CHECKPOINT,
)
QUICK = {("spec.yaml", "missing"), ("manifest.json", "a byte order mark"), ("results.jsonl", "a garbage line")}
CASES = [
    pytest.param(name, damage, marks=[] if (name, damage) in QUICK else [pytest.mark.slow])
    for name in FILES
    for damage in DAMAGES
]
RESUME = ("resume", "it", "--no-report", "--wandb", "off")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that is over, with a manifest of its data and a checkpoint: Ray need not start to resume it."""
    folder = drive(tmp_path_factory.mktemp("root") / "sound")
    spec = load_spec(folder / "spec.yaml")
    write_manifest(spec, folder, Options(wandb="off", report=False), load_dataset("digits"), "5eed")
    rows = [{"val/accuracy": (0.37 * int(BEST) + 0.11 * step) % 1} for step in (1, 2, 3)]
    more = {"step": 3, "seconds": 1.5, "trained": [rows[-1]], "rows": [rows[-1]], "earlier": [rows[:-1]]}
    torch.save({"models": [{"weights": torch.arange(500.0)}], **more}, folder / CHECKPOINT)
    return folder


@pytest.fixture
def it(tmp_path: Path, sound: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "it"))


def known(folder: Path) -> tuple[Any, ...]:
    """Trials, their ends and steps, the rows there are, and the winner."""
    found = load(folder)
    trials = list(zip(found.trials["trial"], found.trials["status"], found.trials["steps"], strict=True))
    return trials, sorted(zip(found.rows["trial"], found.rows["step"], strict=True)), found.best


@pytest.mark.parametrize(("name", "damage"), CASES)
def test_a_resume_brings_everything_back_or_says_in_a_line_what_to_do(
    it: Path, sound: Path, name: str, damage: str
) -> None:
    DAMAGES[damage](it / name)
    done = sweeps(*RESUME, folder=it.parent)
    if name == "spec.yaml" and damage not in ("missing", "a byte order mark"):  # it may be somebody's edit
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "it/spec.yaml" in done.stderr
        assert "takes the spec from manifest.json" in done.stderr
        (it / name).unlink()
        done = sweeps(*RESUME, folder=it.parent)
    assert done.returncode == 0, done.stderr
    assert known(it) == known(sound)
    assert load(it).damage == () or name == "importance.json"  # which the next report writes anew
    rows = (it / "results.jsonl").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == len({(row["trial"], row["step"]) for row in map(json.loads, rows)}) == 36
    again = sweeps(*RESUME, folder=it.parent)
    assert again.returncode == 0, again.stderr
    assert known(it) == known(sound)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "damage"), CASES)
def test_the_study_is_served_or_a_line_says_why_not(it: Path, name: str, damage: str) -> None:
    DAMAGES[damage](it / name)
    with socket.socket() as taken:  # else it would be served until somebody ends it
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = sweeps("dashboard", "it", "--port", str(taken.getsockname()[1]), folder=it.parent)
    assert done.returncode == 2
    assert any(said in done.stderr for said in ("choose another --port", "builds it anew", "holds no sweep"))
    assert "choose another --port" in done.stderr or name == "optuna.journal"


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_said_of_a_damaged_spec_or_of_lost_rows_names_the_file(it: Path, damage: str) -> None:
    for name in ("spec.yaml", "results.jsonl"):
        shutil.copytree(it, it.parent / name)
        DAMAGES[damage](it.parent / name / name)
        done = sweeps("show", name, "--json", folder=it.parent)
        assert done.returncode == 0, done.stderr
        if damage != "a byte order mark":
            assert f"{name}/{name}" in done.stderr
