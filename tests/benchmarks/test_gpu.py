"""The benchmark of fused models, small and on the CPU."""

import subprocess
import sys

import pytest
from helpers.command import environment
from helpers.repository import REPOSITORY

from benchmarks.gpu import check
from trainables import MODELS

SCRIPT = REPOSITORY / "benchmarks" / "gpu.py"


def test_a_row_has_trials_an_hour_in_each_way() -> None:
    command = [sys.executable, str(SCRIPT), "MLP of width 32", "--device", "cpu", "--seconds", "0.2", "--members", "2"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = done.stdout.strip().split(" | ")
    assert cells[:2] == ["MLP of width 32", "2"]
    assert all(float(cell.replace(",", "").rstrip("x")) > 0 for cell in cells[2:])


def test_an_unknown_workload_is_one_line() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "MPL", "--device", "cpu"], env=environment(), capture_output=True)
    assert done.returncode == 2
    assert b"unknown: MPL" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_every_model_passes_its_check(model: str) -> None:
    assert model in check(model, "cpu")


@pytest.mark.gpu
@pytest.mark.parametrize("model", MODELS)
def test_every_model_passes_its_check_on_a_gpu(model: str) -> None:
    assert model in check(model, "cuda")
