"""The road of docs/programs.md, as it stands there: a script with wandb, one without, a shell script."""

import re
import signal
from pathlib import Path

import pytest
import yaml
from helpers.command import end, rows_of, start, sweeps, table, wait_until
from helpers.programs import gone
from helpers.repository import REPOSITORY

from sweeps.tracking.wandb_files import own_runs
from sweeps.wandb_log.transaction_log import records

pytestmark = pytest.mark.ray
GUIDE = (REPOSITORY / "docs" / "programs.md").read_text()


def block(language: str, name: str) -> str:
    found = re.search(rf"```{language}\n# {name}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found.group(1)


def write(folder: Path, **lines: object) -> None:
    (folder / "train.py").write_text(block("python", "train.py"))
    (folder / "train.sh").write_text(block("sh", "train.sh"))
    document = yaml.safe_load(block("yaml", "sweep.yaml"))
    (folder / "sweep.yaml").write_text(yaml.safe_dump(document | lines))


def test_a_shell_script_is_swept(tmp_path: Path, cluster: tuple[str, str]) -> None:
    command = ["sh", "${program}", "${args_no_hyphens}"]
    write(tmp_path, program="train.sh", command=command, run_cap=4)
    arguments = ["run", "sweep.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster]
    done = sweeps(*arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = table(tmp_path / "it").set_index("trial")
    assert set(found["status"]) <= {"done", "stopped"}
    whole = found[found["status"] == "done"]
    assert list(whole["best/val.loss"] * 5) == pytest.approx(list(whole["config/lr"]), abs=1e-3)
    steps = {(row["trial"], row["step"]) for row in rows_of(tmp_path / "it")}
    assert steps == {(trial, step) for trial, last in found["steps"].items() for step in range(1, int(last) + 1)}
    assert gone(tmp_path, 10)
    best = sweeps("best", "it", "--out", "best.yaml", folder=tmp_path)
    assert best.returncode == 0, best.stderr
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["program"] == "train.sh"
    trained = sweeps("train", "best.yaml", "--seeds", "2", "--wandb", "off", *cluster, folder=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert "in the sweep, " in trained.stderr


@pytest.mark.slow
def test_a_program_that_says_no_more_has_failed_after_its_timeout_and_is_ended(
    tmp_path: Path, cluster: tuple[str, str]
) -> None:
    write(tmp_path, program="train.sh", command=["sh", "${program}"], run_cap=2, trial_timeout="3s")
    (tmp_path / "train.sh").write_text('echo "{\\"val.loss\\": 1}" >> "$SWEEPS_METRICS"\nsleep 3600\n')
    arguments = ["run", "sweep.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster]
    done = sweeps(*arguments, folder=tmp_path)
    assert done.returncode == 1, done.stderr
    found = table(tmp_path / "it")
    assert list(found["steps"]) == [1, 1]
    assert list(found["reason"]) == ["no report for 3 seconds (trial_timeout)"] * 2
    assert gone(tmp_path, 10)


@pytest.mark.slow
@pytest.mark.parametrize("with_wandb", [True, False])
def test_a_script_is_swept_offline_and_goes_on_after_a_kill(tmp_path: Path, with_wandb: bool) -> None:
    """Two at once, on a Ray of its own."""
    write(tmp_path)
    if not with_wandb:
        script = (tmp_path / "train.py").read_text().replace("import wandb\n", "from sweeps.report import report\n")
        script = script.replace("run = wandb.init(config=vars(args))\n", "").replace("wandb.log(", "report(")
        (tmp_path / "train.py").write_text(script)
    tracked = "offline" if with_wandb else "off"
    process = start("run", "sweep.yaml", "--out", "it", "--wandb", tracked, folder=tmp_path)
    wait_until(lambda: len({row["trial"] for row in rows_of(tmp_path / "it")}) > 3 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    end(process, signal.SIGKILL)
    assert gone(tmp_path, 60)
    done = sweeps("resume", "it", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = table(tmp_path / "it").set_index("trial")
    assert len(found) == 12
    assert set(found["status"]) <= {"done", "stopped"}
    assert (found["status"] == "stopped").any()
    assert set(found.loc[found["status"] == "done", "steps"]) == {9}
    assert (tmp_path / "it" / "report.html").stat().st_size > 100_000
    assert gone(tmp_path, 10)
    for trial in found.index if with_wandb else ():
        [log] = own_runs(tmp_path / "it", trial)
        history = [record for record in records(log) if record.WhichOneof("record_type") == "history"]
        assert len(history) >= found.loc[trial, "steps"]
    assert not list((tmp_path / "it").glob(f"wandb/*/run-*-{found.index[0]}.wandb"))
