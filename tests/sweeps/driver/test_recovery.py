"""A sweep taken up again after a file of its folder was damaged: no trial is repeated, and none is lost."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from helpers.damages import DAMAGES, with_damages
from helpers.driven_sweep import deliver, drive, next_work, open_sweep, report

from analysis.folder import load
from analysis.results import SweepResults
from analysis.rows import Row
from sweeps.search.journal import JOURNAL, storage
from sweeps.worker.messages import Attachment, Report

ENDED = ["done", "done", "failed", "done", "done"]
METHODS = ("bayes", "random", "grid")
GRID = {
    "C": {"values": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]},
    "penalty": {"values": ["l2", "none"]},
    "l1_ratio": {"value": 0.5},
    "solver": {"value": "lbfgs"},
}


def lines(method: str) -> dict[str, Any]:
    return {"method": method, "run_cap": 6} | ({"parameters": GRID} if method == "grid" else {})


def told(folder: Path) -> dict[int, tuple[object, ...]]:
    """What the journal says of each trial."""
    study = optuna.load_study(study_name=None, storage=storage(folder / JOURNAL))
    return {
        trial.number: (
            trial.params,
            trial.distributions,
            trial.state,
            trial.value,
            trial.intermediate_values,
            trial.user_attrs,
            trial.constraints,
        )
        for trial in study.get_trials(deepcopy=False)
    }


@pytest.fixture(scope="module")
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A sweep that was killed: five of six trials ended, one of them as failed, and one is at its second step."""
    folder = tmp_path_factory.mktemp("left") / "it"
    return drive(folder, trials=5, left_at=2, failing=2, **lines(request.param)), request.param


@pytest.mark.parametrize(("left", "damage"), with_damages(METHODS), indirect=["left"])
def test_the_search_is_what_it_was_whatever_happened_to_its_journal(
    left: tuple[Path, str], tmp_path: Path, damage: str
) -> None:
    before, method = left
    keys = lines(method)
    copy, sound = (Path(shutil.copytree(before, tmp_path / name)) for name in ("it", "sound"))
    DAMAGES[damage](copy / "optuna.journal")
    _, sweep, _, store = open_sweep(copy, **keys)
    open_sweep(sound, **keys)
    assert told(copy) == told(sound)
    assert [record.status for record in store.records] == [*ENDED, "running"]
    work = next_work(sweep)
    assert work is not None
    assert work.trial == "0005"
    deliver(sweep, report(work, 3, 0.5, last=True))
    assert next_work(sweep) is None
    sweep.close(interrupted=False)
    assert len(load(copy).rows) == 17
    assert load(copy).trials["status"].tolist() == [*ENDED, "done"]


@cache
def sound_results(folder: Path) -> SweepResults:
    return load(folder)


def known(sweep: SweepResults) -> list[Any]:
    """The trials, how they ended and with which config; empty cells are None, to be equal to each other."""
    configs = [column for column in sweep.trials.columns if column.startswith("config/")]
    table = sweep.trials[["trial", "status", *configs]].astype(object)
    return table.where(table.notna(), None).to_dict("records")


@pytest.mark.parametrize(("left", "damage"), with_damages(METHODS), indirect=["left"])
@pytest.mark.parametrize("name", ["trials.csv", "importance.json"])
def test_the_table_is_written_anew_from_the_journal(
    left: tuple[Path, str], tmp_path: Path, name: str, damage: str
) -> None:
    before, method = left
    keys = lines(method)
    copy = Path(shutil.copytree(before, tmp_path / "it"))
    DAMAGES[damage](copy / name)
    open_sweep(copy, **keys)[1].close(interrupted=True)
    assert known(load(copy)) == known(sound_results(before))


def values(sweep: SweepResults) -> list[tuple[str, int, float]]:
    """Of the trials that ended: the others report again what no checkpoint has."""
    rows = sweep.rows[sweep.rows["trial"] != "0005"]
    return list(zip(rows["trial"], rows["step"], rows["val/accuracy"], strict=True))


@pytest.mark.parametrize(("left", "damage"), with_damages(METHODS), indirect=["left"])
def test_lost_rows_come_back_with_their_objective(left: tuple[Path, str], tmp_path: Path, damage: str) -> None:
    before, method = left
    copy = Path(shutil.copytree(before, tmp_path / "it"))
    DAMAGES[damage](copy / "results.jsonl")
    open_sweep(copy, **lines(method))[1].close(interrupted=True)
    found, sound = load(copy), sound_results(before)
    assert values(found) == values(sound)
    assert found.trials[:5]["steps"].tolist() == sound.trials[:5]["steps"].tolist()
    assert found.trials[:5]["best/val/accuracy"].tolist() == sound.trials[:5]["best/val/accuracy"].tolist()
    assert known(found) == known(sound)


def forget_row(folder: Path, trial: str, step: int) -> None:
    path = folder / "results.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows if (row["trial"], row["step"]) != (trial, step)))


@pytest.mark.parametrize("trial", ["0001", "0005"])
def test_a_lost_row_in_the_middle_makes_no_earlier_step_the_last(tmp_path: Path, trial: str) -> None:
    """One of a trial that ended, and one of a trial that begins anew, as it has no checkpoint, and reports it late."""
    folder = drive(tmp_path / "it", trials=5, left_at=3, steps=4, run_cap=6)
    sound = Path(shutil.copytree(folder, tmp_path / "sound"))
    forget_row(folder, trial, 2)
    ends = []
    for one in (folder, sound):
        _, sweep, _, store = open_sweep(one, run_cap=6)
        work = next_work(sweep)
        assert work is not None
        for step in (1, 2, 3):
            deliver(sweep, report(work, step, (0.37 * 5 + 0.11 * step) % 1, last=step == 3))
        ends.append([(r.trial, r.steps, r.seconds, r.last, r.at_best, r.status) for r in store.records])
    assert ends[0] == ends[1]
    assert [end[1] for end in ends[0]] == [4] * 5 + [3]


def test_a_lost_last_row_comes_back_with_what_the_judge_said(tmp_path: Path) -> None:
    """Without its verdict the collapsed trial would be the best."""
    folder, keys = tmp_path / "it", {"model": "gan", "method": "random", "metric": {"name": "gen/frechet_pixels"}}
    _, sweep, _, store = open_sweep(folder, run_cap=2, **keys)
    for frechet, verdict in ((2.0, "healthy"), (1.0, "mode_collapse")):
        work = next_work(sweep)
        assert work is not None
        said = {"verdict": verdict, "evidence": ["2 of 10 classes", "KL 2.1"], "gen/severity": 0.9}
        row = {"trial": work.trial, "step": 1, "seconds": 0.1, "gen/frechet_pixels": frechet}
        deliver(sweep, Report(work.trial, "cpu", Row.of(row | said), finished=True))
    sweep.close(interrupted=True)
    before = [(r.verdict, r.evidence, r.at_best) for r in store.records]
    (folder / "results.jsonl").unlink()
    _, sweep, _, store = open_sweep(folder, run_cap=2, **keys)
    sweep.close(interrupted=True)
    assert [(r.verdict, r.evidence, r.at_best) for r in store.records] == before
    assert load(folder).best == "0000"
    assert load(folder).rows["evidence"].tolist() == [["2 of 10 classes", "KL 2.1"]] * 2


def checkpoint(folder: Path, trial: str, steps: int, ending: str = ".pt") -> Path:
    """A checkpoint of a trial after so many steps, as a worker writes it."""
    rows = [{"val/accuracy": step / 10, "train/loss": 1 / step} for step in range(1, steps + 1)]
    path = folder / "ray" / "checkpoints" / f"{trial}{ending}"
    more = {"step": steps, "seconds": 7.5, "trained": [rows[-1]], "rows": [rows[-1]], "earlier": [rows[:-1]]}
    torch.save({"models": [{"weights": torch.arange(5000.0)}], **more}, path)
    return path


def test_a_checkpoint_gives_back_all_numbers_of_the_rows_before_it(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=1, left_at=1, run_cap=2)
    checkpoint(folder, "0001", 2)
    (folder / "results.jsonl").unlink()
    _, sweep, _, store = open_sweep(folder, run_cap=2)
    work = next_work(sweep)
    assert work is not None
    assert store.checkpoint(work.trial) is not None
    rows = load(folder).rows
    assert rows[rows["trial"] == "0001"]["train/loss"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("damage", sorted({*DAMAGES} - {"missing"}))
def test_a_damaged_checkpoint_starts_its_trial_again(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drive(tmp_path / "it", trials=1, left_at=2, run_cap=2)
    DAMAGES[damage](checkpoint(folder, "0001", 2))
    _, sweep, _, store = open_sweep(folder, run_cap=2)
    assert "0001.pt: damaged" in capsys.readouterr().out
    work = next_work(sweep)
    assert work is not None
    assert (work.trial, store.checkpoint("0001")) == ("0001", None)
    for step in (1, 2, 3):
        deliver(sweep, report(work, step, 0.5, last=step == 3))
    assert [record.status for record in store.records] == ["done", "done"]
    assert len(load(folder).rows) == 6


@pytest.mark.parametrize("damage", sorted({*DAMAGES}))
def test_a_damaged_checkpoint_costs_no_more_than_the_steps_since_the_one_before_it(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = drive(tmp_path / "it", trials=1, left_at=2, run_cap=2)
    before = checkpoint(folder, "0001", 1, ".pt.before").read_bytes()
    DAMAGES[damage](checkpoint(folder, "0001", 2))
    _, sweep, _, store = open_sweep(folder, run_cap=2)
    assert "goes on from the one before it" in capsys.readouterr().out
    work = next_work(sweep)
    assert work is not None
    assert store.checkpoint(work.trial) == before
    for step in (2, 3):
        deliver(sweep, report(work, step, 0.5, last=step == 3))
    assert [record.status for record in store.records] == ["done", "done"]
    assert len(load(folder).rows) == 6
    assert not (folder / "ray" / "checkpoints" / "0001.pt.before").exists()


def test_of_two_damaged_checkpoints_the_trial_starts_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = drive(tmp_path / "it", trials=1, left_at=2, run_cap=2)
    for ending in (".pt", ".pt.before"):
        DAMAGES["cut at half"](checkpoint(folder, "0001", 2, ending))
    _, sweep, _, store = open_sweep(folder, run_cap=2)
    assert "starts again" in capsys.readouterr().out
    work = next_work(sweep)
    assert work is not None
    assert store.checkpoint(work.trial) is None


def test_a_trial_that_runs_keeps_two_checkpoints_and_one_that_ended_one(tmp_path: Path) -> None:
    _, sweep, _, store = open_sweep(tmp_path / "it", run_cap=1)
    work = next_work(sweep)
    assert work is not None
    kept = tmp_path / "it" / "ray" / "checkpoints"
    for step in (1, 2, 3):
        state = Attachment(work.trial, step, "checkpoint", "state", bytes([step]))
        deliver(sweep, report(work, step, 0.5, last=step == 3), [state])
        there = {path.name: path.read_bytes() for path in kept.iterdir()}
        assert there == {
            1: {"0000.pt": b"\x01"},
            2: {"0000.pt": b"\x02", "0000.pt.before": b"\x01"},
            3: {"0000.pt": b"\x03"},
        }.get(step)
    assert store.checkpoint("0000") == b"\x03"
