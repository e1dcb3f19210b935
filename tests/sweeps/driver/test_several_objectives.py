"""Sweeps for several metrics, of real models: killed and resumed, built anew from their rows, and on Ray."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import rows_of, sweeps
from helpers.driven_sweep import open_sweep
from helpers.in_process import Workers

from analysis.folder import load
from sweeps.search.journal import JOURNAL
from trainables.data import load_dataset

SPEC: dict[str, Any] = {
    "model": "mlp",
    "method": "tpe",
    "metric": [{"name": "val/accuracy"}, {"name": "val/calibration_error"}],
    "constraint": [{"name": "val/log_loss", "max": 2.0}, {"name": "val/accuracy_gap", "max": 0.5}],
    "early_terminate": {"type": "asha", "min_iter": 1, "eta": 2},
    "sampler": {"n_startup_trials": 3},
    "budget": {"steps": 3},
    "run_cap": 8,
    "parameters": {
        "depth": {"value": 1},
        "updates": {"value": 30},
        "updates_per_step": {"value": 10},
        "width_1": {"min": 8, "max": 16},
        "lr": {"distribution": "log_uniform_values", "min": 1e-3, "max": 1e-1},
    },
}


def swept(folder: Path, *left: int) -> list[tuple[Any, ...]]:
    """How each trial of a sweep ended whose process was killed after so many steps each time, and its numbers."""
    data = load_dataset("digits", train_size=200)
    for steps in (*left, None):
        spec, sweep, search, _ = open_sweep(folder, **SPEC)
        Workers(spec, data, left=steps).run(sweep)
    sweep.close(interrupted=False)
    found = load(folder)
    assert {tuple(values) for _, _, values in search.reported()} == {
        (row["val/accuracy"], row["val/calibration_error"]) for row in found.rows.to_dict("records")
    }
    ends = found.trials[["trial", "status", "reason", "best_step", "last/val/accuracy"]]
    return [tuple(line) for line in ends.astype(str).itertuples(index=False)]


def test_killed_and_resumed_it_comes_to_what_the_straight_one_does(tmp_path: Path) -> None:
    straight = swept(tmp_path / "straight")
    assert len(straight) == 8
    assert {status for _, status, *_ in straight} == {"done", "stopped"}
    assert any("by the fronts of val/accuracy, val/calibration_error" in reason for _, _, reason, *_ in straight)
    assert swept(tmp_path / "cut", 2, 7) == straight


def test_a_lost_journal_is_built_anew_with_its_vectors(tmp_path: Path) -> None:
    swept(tmp_path)
    before = open_sweep(tmp_path, **SPEC)[2]
    told = [(trial.values, trial.constraints) for trial in before._all()]
    reported = list(before.reported())
    (tmp_path / JOURNAL).unlink()
    anew = open_sweep(tmp_path, **SPEC)[2]
    assert [(trial.values, trial.constraints) for trial in anew._all()] == told
    assert list(anew.reported()) == reported


@pytest.mark.ray
@pytest.mark.slow
def test_from_the_command_line_to_the_final_model(tmp_path: Path, cluster: tuple[str, str]) -> None:
    lines = {
        "model": "decision_tree",
        "method": "nsga2",
        "metric": [{"name": "val/accuracy"}, {"name": "seconds"}],
        "constraint": [{"name": "val/calibration_error", "max": 0.9}],
        "sampler": {"population_size": 2},
        "run_cap": 4,
    }
    (tmp_path / "spec.yaml").write_text(json.dumps(lines))
    quiet = (*cluster, "--wandb", "off")
    done = sweeps("run", "spec.yaml", "--out", "it", "--no-report", *quiet, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "on the front, best" in done.stderr
    assert len(rows_of(tmp_path / "it")) == 4
    found = sweeps("best", "it", "--prefer", "seconds", "--out", "best.yaml", "--json", folder=tmp_path)
    front = json.loads(found.stdout)
    assert [row["seconds"] for row in front] == sorted(row["seconds"] for row in front)
    trained = sweeps("train", "best.yaml", "--seeds", "1", "--out", "final", "--json", *quiet, folder=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["lock"]["front"].keys() == {"val/accuracy", "seconds"}
