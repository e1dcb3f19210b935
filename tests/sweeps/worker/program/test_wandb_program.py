"""An unmodified script that uses wandb: its config, its run, and its rows while it trains."""

from pathlib import Path

import pytest
from helpers.programs import gone, run_to_the_end, trials_of
from PIL import Image

from sweeps.spec.program.program import Program
from sweeps.wandb_log.internals import PROGRAM_ENVIRONMENT
from sweeps.wandb_log.transaction_log import records
from sweeps.worker.messages import Work

SCRIPT = """\
import argparse, time
import numpy as np
import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--net")
lr = parser.parse_args().lr
run = wandb.init(config={"lr": 7.0, "epochs": 3})
assert (run.config["lr"], run.config["net"], run.config["epochs"]) == (lr, {"depth": 2}, 3)
for epoch in range(run.config["epochs"]):
    wandb.log({"loss": lr / (epoch + 1), "val": {"acc": np.float32(0.5)}, "train/f1": 1, "text": "no number"})
    wandb.log({"samples": wandb.Image(np.zeros((4, 4, 3), np.uint8)), "rest": float("inf")})
    time.sleep(0.5)
run.summary["best"] = {"acc": 0.9}
"""
WANDB = {"WANDB_MODE": "offline", "WANDB_RUN_GROUP": "it", "WANDB_TAGS": "a,b", "WANDB_SILENT": "true"}


def test_a_script_with_wandb_is_read_as_it_logs(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    wandb = {**WANDB, **PROGRAM_ENVIRONMENT}
    trials = trials_of(tmp_path, Program("train.py"), wandb=wandb, keep_runs=True)
    reports = run_to_the_end(trials, Work("0002", {"lr": 0.6, "net": {"depth": 2}}, (0,), None))
    assert reports[-1].finished, reports[-1].failed
    rows = [report.row for report in reports if report.row is not None]
    logged = [{"loss": 0.6 / n, "val.acc": 0.5, "train/f1": 1.0} for n in (1, 2, 3)]
    found = [dict(row.numbers) for row in rows]
    assert [row.step for row in rows] == [1, 2, 3, 4]
    assert found == [*logged, logged[-1] | {"best.acc": 0.9}]
    assert rows[0].seconds is not None
    assert rows[1].seconds is not None
    assert rows[0].seconds + 0.2 < rows[1].seconds  # they were read as they came
    assert gone(tmp_path, 10)
    [log] = (tmp_path / "ray/programs/0002/wandb").glob("offline-run-*/run-*.wandb")
    [run] = [record.run for record in records(log) if record.WhichOneof("record_type") == "run"]
    assert (run.run_id, run.run_group, list(run.tags), run.display_name) == ("5eed-0002", "it", ["a", "b"], "it-0002")
    pictures = [attachment for attachment in trials.attachments if attachment.kind == "media"]
    assert {(picture.trial, picture.name) for picture in pictures} == {("0002", "samples")}
    (tmp_path / "it.png").write_bytes(pictures[0].content)
    assert Image.open(tmp_path / "it.png").size == (4, 4)


@pytest.mark.slow
def test_a_run_that_nobody_wants_is_read_and_removed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import wandb\nwandb.init()\nwandb.summary['loss'] = 2\n")
    trials = trials_of(tmp_path, Program("train.py"), wandb={**WANDB, **PROGRAM_ENVIRONMENT})
    reports = run_to_the_end(trials, Work("0000", {"lr": 1.0}, (0,), None))
    assert [dict(report.row.numbers) for report in reports if report.row is not None] == [{"loss": 2.0}]
    assert reports[-1].finished
    assert not (tmp_path / "ray/programs/0000/wandb").exists()
