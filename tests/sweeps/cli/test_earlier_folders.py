"""Folders of the first version, killed in the middle: they are shown, judged, compared and gone on with."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.command import rows_of
from helpers.driven_sweep import deliver, next_work, open_sweep, report
from helpers.earlier import unpacked
from typer.testing import CliRunner

from analysis.folder import load
from sweeps.cli import app
from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import find_model
from trainables.data import load_dataset

GAN = {
    "0000": ("done", 4, 231.06192103409046, 1, "discriminator_wins"),
    "0001": ("done", 4, 230.78907224510408, 4, "mode_collapse"),
    "0002": ("stopped", 3, 239.13070627980534, 3, "noise"),
    "0003": ("running", 3, 143.8131963531761, 3, "mode_collapse"),
    "0004": ("running", 1, 186.93733492380167, 1, "generator_wins"),
}
MLP = {
    "0000": ("running", 5, 0.9409722222222222, 2),
    "0001": ("stopped", 2, 0.9583333333333334, 1),
    "0002": ("running", 1, 0.71875, 1),
}
CONFIGS = [
    {"depth": 1, "width_1": 16, "lr": 0.012966594316975411},
    {"depth": 1, "width_1": 16, "lr": 0.01365630000675297},
    {"depth": 2, "width_1": 16, "width_2": 16, "lr": 0.0002924283947722489},
]


def told(*words: object) -> Any:
    done = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def config(row: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in row if name in like or name.startswith("width")}


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("gan", tmp_path_factory.mktemp("gan"))


@pytest.fixture(scope="module")
def mlp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("mlp", tmp_path_factory.mktemp("mlp"))


def test_trials_of_a_gan_are_shown_with_their_verdicts(gan: Path) -> None:
    rows = {row["trial"]: row for row in told("show", gan)}
    columns = ("status", "steps", "gen/frechet", "best_step", "verdict")
    assert {trial: tuple(row[name] for name in columns) for trial, row in rows.items()} == GAN
    assert [(type(row["latent_dim"]), type(row["lr_g"])) for row in rows.values()] == [(int, float)] * 5
    assert rows["0002"]["latent_dim"] == 8
    assert rows["0002"]["reason"].startswith("240.997 at iteration 2 is worse than 238.104")


def test_trials_of_an_mlp_are_shown_with_the_parameters_they_have(mlp: Path) -> None:
    rows = told("show", mlp)
    columns = ("status", "steps", "val/accuracy", "best_step")
    assert {row["trial"]: tuple(row[name] for name in columns) for row in rows} == MLP
    assert [config(row, CONFIGS[2]) for row in rows] == CONFIGS


def test_the_best_is_one_that_ended_and_obeys_the_constraint(gan: Path, mlp: Path) -> None:
    [row] = told("best", gan)
    assert (row["trial"], row["gen/frechet"], row["best_step"]) == ("0001", 230.78907224510408, 4)
    [row] = told("best", mlp)
    assert (row["trial"], row["val/accuracy"], row["best_step"]) == ("0001", 0.9583333333333334, 1)
    assert config(row, CONFIGS[1]) == CONFIGS[1]


def test_the_report_has_every_trial_and_its_pictures(gan: Path) -> None:
    assert load(gan).media["step"].tolist() == [1, 2, 3, 4]
    done = CliRunner().invoke(app, ["report", str(gan)], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    page = (gan / "report.html").read_text()
    assert all(trial in page and GAN[trial][-1] in page for trial in GAN)
    pictures = {path.name for path in (gan / "figures").iterdir()}
    assert {"collapse_worst.png", "game.png", "history.png", "map.png", "timeline.png"} <= pictures


def test_they_are_compared_with_each_other(gan: Path, mlp: Path) -> None:
    first, second = told("compare", gan, mlp)
    assert (first["trials"], first["metric"], first["score"]) == (5, "gen/frechet", 230.78907224510408)
    assert (second["trials"], second["metric"], second["score"]) == (3, "val/accuracy", 0.9583333333333334)
    assert (first["collapse_rate"], second["collapse_rate"]) == (0.4, None)


def test_a_killed_sweep_goes_on_without_repeating_or_losing_a_trial(tmp_path: Path) -> None:
    folder = unpacked("mlp", tmp_path)
    before, lines = rows_of(folder), yaml.safe_load((folder / "spec.yaml").read_text())
    _, sweep, _, _ = open_sweep(folder, **{**lines, "run_cap": 4})
    works = [next_work(sweep) for _ in range(4)]
    assert works.pop() is None
    found = [(work.trial, work.resumed, dict(work.config)) for work in works if work is not None]
    assert found[:2] == [("0000", True, CONFIGS[0]), ("0002", True, CONFIGS[2])]
    assert found[2][:2] == ("0003", False)
    for work in works:
        assert work is not None
        for step in range(1, 7):  # those that are there are not written again
            deliver(sweep, report(work, step, 0.99, last=step == 6))
    rows = rows_of(folder)
    assert rows[: len(before)] == before
    steps = sorted((row["trial"], row["step"]) for row in rows)
    assert steps == [
        (t, s) for t, end in (("0000", 6), ("0001", 2), ("0002", 6), ("0003", 6)) for s in range(1, end + 1)
    ]
    assert sweep.over
    sweep.close(interrupted=False)
    assert [row["status"] for row in told("show", folder)] == ["done", "stopped", "done", "done"]


def test_a_checkpoint_of_the_first_version_is_gone_on_with(mlp: Path) -> None:
    data = load_dataset("digits", train_size=400)
    assert data.content_hash == json.loads((mlp / "manifest.json").read_text())["data"]["hash"]
    state = (mlp / "ray" / "checkpoints" / "0000.pt").read_bytes()
    running = Running(Work("0000", CONFIGS[0], (7,), None, resumed=True), find_model("mlp"), data, "cpu", state)
    running.start()
    there = running.step
    assert 1 <= there <= MLP["0000"][1]
    running.advance()
    assert running.step == there + 1
