"""Programs' own runs in W&B: there is no second one, and they go to the server with the others."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.tracked import TrackedSweep, logged_in, steps_of
from helpers.wandb_server import Accepting

from sweeps.tracking.resolution import Resolution
from sweeps.tracking.settings import settings_of
from sweeps.tracking.sync import sync
from sweeps.tracking.wandb_files import is_synced, own_runs, unsynced_own

pytestmark = pytest.mark.usefixtures("mark")
SCRIPT = "import wandb; wandb.init(project='tests'); wandb.log({'loss': 1}); wandb.log({'loss': 2})"


def run_by_itself(folder: Path, trial: str) -> None:
    """What a program leaves that has called `wandb.init`."""
    place = folder / "ray" / "programs" / trial
    place.mkdir(parents=True)
    own = {"WANDB_MODE": "offline", "WANDB_DIR": str(place), "WANDB_RUN_ID": f"5eed-{trial}", "WANDB_SILENT": "true"}
    subprocess.run([sys.executable, "-c", SCRIPT], env={**os.environ, **own}, check=True)


@pytest.mark.slow
def test_a_programs_own_run_is_the_trials_and_is_synced_with_the_others(folder: Path) -> None:
    said = list[str]()
    sweep = TrackedSweep(folder, said, program="train.py")
    run_by_itself(folder, "0000")
    for trial in ("0000", "0001"):
        sweep.feed(trial, range(1, 4))
        sweep.done(trial)
    sweep.end()
    assert (steps_of(folder, "0000"), steps_of(folder, "0001")) == ([], [1, 2, 3])
    assert [line.split(";")[0] for line in said] == ["W&B: 3 runs are recorded offline"]  # one is the sweep's
    [own] = own_runs(folder)
    server = Accepting()
    with logged_in(server):
        assert sync(folder, 4, said.append) == 0, said
    assert (server.steps("5eed-0000"), server.steps("5eed-0001")) == ([0, 1], [1, 2, 3])
    assert is_synced(own)
    assert unsynced_own(folder) == []
    best = server.artifacts.named("best-config")
    assert best is not None
    assert b"program: train.py" in best.files["best.yaml"]


@pytest.mark.parametrize(
    ("mode", "project", "found"),
    [
        ("offline", None, ("offline", "gdsweeps")),
        pytest.param("online", "mine", ("offline", "mine"), marks=pytest.mark.slow),  # nobody is logged in
        ("off", None, ("off", "gdsweeps")),
    ],
)
def test_the_mode_and_project_of_programs_are_found_by_a_process_of_its_own(
    folder: Path, mode: str, project: str | None, found: tuple[str, str]
) -> None:
    settings = settings_of(TrackedSweep(folder, mode="off", program="train.py").spec, folder, "5eed", (), mode)
    resolution = Resolution(replace(settings, project=project))
    assert (resolution.mode, resolution.project) == found
