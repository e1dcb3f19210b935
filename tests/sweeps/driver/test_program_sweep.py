"""Sweeps of programs on real Ray."""

from pathlib import Path

import pytest
import yaml
from helpers.command import rows_of, sweeps, table
from helpers.programs import SHELL, gone

pytestmark = pytest.mark.ray


def spec(folder: Path, **lines: object) -> Path:
    (folder / "train.sh").write_text(SHELL)
    document = {
        "program": "train.sh",
        "command": ["sh", "${program}", "${args_no_hyphens}"],
        "method": "bayes",
        "metric": {"name": "val.loss", "goal": "minimize"},
        "parameters": {"lr": {"min": 0.001, "max": 0.1}},
    }
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({**document, "run_cap": 4, **lines}))
    return path


def test_a_shell_script_is_swept(tmp_path: Path, cluster: tuple[str, str]) -> None:
    arguments = ["run", str(spec(tmp_path)), "--out", "it", "--wandb", "off", "--no-report", *cluster]
    done = sweeps(*arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = table(tmp_path / "it").set_index("trial")
    assert list(found["status"]) == ["done"] * 4
    assert found["best/val.loss"] * 5 == pytest.approx(found["config/lr"], abs=1e-3)
    assert {(row["trial"], row["step"]) for row in rows_of(tmp_path / "it")} == {
        (trial, step) for trial in found.index for step in range(1, 6)
    }
    assert gone(tmp_path, 10)
    best = sweeps("best", "it", "--out", "best.yaml", folder=tmp_path)
    assert best.returncode == 0, best.stderr
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["program"] == "train.sh"


@pytest.mark.slow
def test_a_program_that_says_no_more_has_failed_after_its_timeout_and_is_ended(
    tmp_path: Path, cluster: tuple[str, str]
) -> None:
    path = spec(tmp_path, run_cap=2, trial_timeout="3s")
    (tmp_path / "train.sh").write_text('echo "{\\"val.loss\\": 1}" >> "$SWEEPS_METRICS"\nsleep 3600\n')
    done = sweeps("run", str(path), "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert done.returncode == 1, done.stderr
    found = table(tmp_path / "it")
    assert list(found["steps"]) == [1, 1]
    assert list(found["reason"]) == ["no report for 3 seconds (trial_timeout)"] * 2
    assert gone(tmp_path, 10)
