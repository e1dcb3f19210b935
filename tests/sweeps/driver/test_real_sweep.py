"""Whole sweeps on real Ray, as a user runs them: from the command line to the files, with real signals."""

import json
import signal
import time
from pathlib import Path

import optuna
import psutil
import pytest
from helpers.command import end, rows_of, start, sweeps, sweeps_process, table, toy_spec, wait_until, without_time
from optuna.trial import TrialState

from sweeps.search.journal import JOURNAL, storage

pytestmark = pytest.mark.ray
Shared = tuple[str, str]  # arguments: the address of the cluster that all tests share
SPACE = {"drift": {"min": 0.0, "max": 1.0}}


def test_a_small_sweep_from_start_to_best_config(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "t"
    home.mkdir()
    temporary.mkdir()
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    stale = {"RAY_ADDRESS": "127.0.0.1:1"}  # an address where nothing listens must not matter
    fixed = [part for pair in ("max_iter=100", "penalty=l2", "solver=lbfgs") for part in ("--set", pair)]
    command = ("run", "logistic_regression", "--trials", "4", *fixed, "--out", "it")
    done = sweeps_process(*command, folder=tmp_path, **stale, **places)
    assert done.returncode == 0, done.stderr
    assert not (home / ".ray").exists()
    assert list(temporary.glob("*sweeps-*")) == []
    assert "4 done" in done.stderr
    assert done.stderr.index("next: sweeps best") < done.stderr.index("report: ")  # which takes a while to be drawn
    assert "Traceback" not in done.stderr

    folder = tmp_path / "it"
    for name in ("spec.yaml", "manifest.json", "results.jsonl", "trials.csv", "optuna.journal", "report.html"):
        assert (folder / name).stat().st_size, name
    assert list(folder.glob("media/0000/*_weight_maps.png"))
    assert list(folder.glob("wandb/offline-run-*"))
    trials = table(folder)
    assert (trials["best/val/accuracy"] > 0.8).any()
    assert ((trials["ended"] - trials["started"]) >= trials["seconds"]).all()
    assert trials["worker"].str.contains(":").all()

    shown = json.loads(sweeps("show", "it", "--json", folder=tmp_path).stdout)
    assert [row["trial"] for row in shown] == ["0000", "0001", "0002", "0003"]
    written = sweeps("best", "it", "--out", "best.yaml", "--json", folder=tmp_path)
    assert json.loads(written.stdout)[0]["val/accuracy"] == max(row["val/accuracy"] for row in shown)
    checked = sweeps("run", "best.yaml", "--dry-run", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    refused = sweeps("run", "best.yaml", "--out", "it", folder=tmp_path)
    assert refused.returncode == 2
    assert "holds a sweep already" in refused.stderr


def test_a_sweep_says_what_a_generative_model_is_good_for_at_its_last_step(tmp_path: Path, cluster: Shared) -> None:
    pairs = ("n_components=2", "pca_components=8", "max_iter=6", "iterations_per_step=2", "tol=1e-9")
    settings = [part for pair in pairs for part in ("--set", pair)]
    done = sweeps(
        "run",
        "gmm",
        "--trials",
        "1",
        *settings,
        "--out",
        "it",
        "--wandb",
        "off",
        "--no-report",
        *cluster,
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    first, *_, last = rows = rows_of(tmp_path / "it")
    assert {"gen/frechet", "gen/severity", "verdict", "evidence", "class_histogram", "train/loss"} <= set(first)
    assert not any(name.startswith("val/") for row in rows[:-1] for name in row)
    assert {"val/bayes_accuracy", "val/ood_auroc_permuted", "val/impute_ratio", "val/denoise_accuracy"} <= set(last)
    assert list(tmp_path.glob("it/media/0000/*_samples.png"))


GAN = ("latent_dim=8", "g_width_1=32", "d_width_1=32", "g_depth=1", "d_depth=1", "updates=400", "updates_per_step=100")


@pytest.mark.slow
def test_gans_are_judged_at_every_step_and_again_bit_for_bit_after_a_kill(tmp_path: Path, cluster: Shared) -> None:
    settings = [part for pair in (*GAN, "method=random") for part in ("--set", pair)]
    command = ("run", "gan", "--trials", "4", *settings, "--wandb", "off", "--no-report")
    straight = sweeps(*command, "--out", "straight", *cluster, folder=tmp_path)
    assert straight.returncode == 0, straight.stderr
    driver = start(*command, "--out", "cut", folder=tmp_path)
    wait_until(lambda: len(rows_of(tmp_path / "cut")) >= 6)
    end(driver, signal.SIGKILL)
    resumed = sweeps("resume", "cut", *cluster, folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr

    in_order = [
        sorted(map(without_time, rows_of(tmp_path / name)), key=lambda r: (r["trial"], r["step"]))
        for name in ("cut", "straight")
    ]
    assert in_order[0] == in_order[1]
    assert len(in_order[0]) == 16
    assert all(row["verdict"] and row["evidence"] and row["extractor"] for row in in_order[0])
    assert list(table(tmp_path / "cut")["verdict"]) == [row["verdict"] for row in in_order[0] if row["step"] == 4]
    shown = json.loads(sweeps("show", "cut", "--json", folder=tmp_path).stdout)
    assert all({"verdict", "evidence", "gen/frechet"} <= set(row) for row in shown)
    assert len(list((tmp_path / "cut" / "media" / "0000").glob("*_samples.png"))) == 4
    assert len(list((tmp_path / "cut" / "media" / "0000").glob("*_interpolation.png"))) == 3


def test_a_killed_sweep_resumed_equals_the_straight_one(tmp_path: Path, cluster: Shared) -> None:
    parameters = {**SPACE, "steps": {"value": 6}, "sleep": {"value": 0.1}}
    toy_spec(tmp_path, parameters=parameters, run_cap=6)
    straight = sweeps(
        "run", "toy.yaml", "--out", "straight", "--wandb", "off", "--no-report", *cluster, folder=tmp_path
    )
    assert straight.returncode == 0, straight.stderr

    driver = start("run", "toy.yaml", "--out", "cut", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    cut = tmp_path / "cut"
    wait_until(lambda: len(rows_of(cut)) >= 15)
    end(driver, signal.SIGKILL)
    before = rows_of(cut)
    assert len(before) < 36
    resumed = sweeps("resume", "cut", *cluster, folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr

    key = {(r["trial"], r["step"]) for r in rows_of(cut)}
    assert len(key) == len(rows_of(cut)) == 36
    in_order = [
        sorted(map(without_time, rows_of(f)), key=lambda r: (r["trial"], r["step"]))
        for f in (cut, tmp_path / "straight")
    ]
    assert in_order[0] == in_order[1]
    assert rows_of(cut)[: len(before)] == before
    assert list(table(cut)["status"]) == ["done"] * 6


def states(folder: Path) -> set[TrialState]:
    """Those that the trials have in the journal of a sweep."""
    study = optuna.load_study(study_name=None, storage=storage(folder / JOURNAL))
    return {trial.state for trial in study.trials}


@pytest.mark.slow
def test_ctrl_c_keeps_everything_and_says_how_to_go_on(tmp_path: Path, cluster: Shared) -> None:
    parameters = {**SPACE, "steps": {"value": 4}, "sleep": {"value": 0.2}}
    toy_spec(tmp_path, parameters=parameters, run_cap=8)
    driver = start("run", "toy.yaml", "--out", "it", "--wandb", "offline", "--no-report", folder=tmp_path)
    wait_until(lambda: len(rows_of(tmp_path / "it")) >= 6)
    out, err = end(driver, signal.SIGINT)
    assert driver.returncode == 130, err
    assert "sweeps resume it" in err
    assert "Traceback" not in err + out
    finished = set(table(tmp_path / "it").query("status == 'done'")["trial"])
    assert states(tmp_path / "it") <= {TrialState.COMPLETE, TrialState.WAITING}
    resumed = sweeps("resume", "it", "--wandb", "off", *cluster, folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert states(tmp_path / "it") == {TrialState.COMPLETE}
    assert finished <= set(table(tmp_path / "it").query("status == 'done'")["trial"])
    assert len(table(tmp_path / "it")) == 8
    assert len({(r["trial"], r["step"]) for r in rows_of(tmp_path / "it")}) == len(rows_of(tmp_path / "it")) == 32


def test_failures_are_statuses_and_the_sweep_goes_on(tmp_path: Path, cluster: Shared) -> None:
    toy_spec(tmp_path, parameters={**SPACE, "fault": {"values": ["raise", "nan"]}}, run_cap=10)
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert "report: none" in done.stderr
    assert not (tmp_path / "it" / "report.html").exists()
    trials = table(tmp_path / "it")
    strong = trials["config/drift"] > 0.5
    assert 0 < strong.sum() < 10
    assert (trials["status"] == strong.map({True: "failed", False: "done"})).all()
    said = {"raise": "drift is too strong for me", "nan": "train/score is nan at step 1"}
    faults = trials[strong]["config/fault"].fillna("nan")  # as which pandas reads the word
    assert all(said[fault] in r for fault, r in zip(faults, trials[strong]["reason"], strict=True))
    assert done.returncode == 1
    assert f"{strong.sum()} trials failed" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("sweeps:")


@pytest.mark.slow
def test_a_trial_that_hangs_has_failed_after_its_timeout_and_the_slot_works_again(
    tmp_path: Path, cluster: Shared
) -> None:
    toy_spec(tmp_path, parameters={**SPACE, "fault": {"value": "hang"}}, run_cap=6, trial_timeout="4s")
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    trials = table(tmp_path / "it")
    hung = trials["config/drift"] > 0.5
    assert 0 < hung.sum() < 6
    assert (trials["status"] == hung.map({True: "failed", False: "done"})).all()
    assert set(trials[hung]["reason"]) == {"no report for 4 seconds (trial_timeout)"}
    assert set(trials["steps"]) == {1, 5}
    workers = {int(worker.split(":")[1]) for worker in trials[hung]["worker"]}
    wait_until(lambda: not any(psutil.pid_exists(worker) for worker in workers))
    assert done.returncode == 1


def test_a_killed_worker_costs_nothing_but_time(tmp_path: Path, cluster: Shared) -> None:
    (tmp_path / "marks").mkdir()
    parameters = {**SPACE, "fault": {"value": "die"}, "marks": {"value": str(tmp_path / "marks")}}
    toy_spec(tmp_path, parameters=parameters, run_cap=2)
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "marks").iterdir())) == 2
    assert list(table(tmp_path / "it")["status"]) == ["done", "done"]
    assert len(rows_of(tmp_path / "it")) == 10
    printed = (tmp_path / "it" / "ray" / "workers.log").read_text()  # on another node, which shares no folder
    assert printed.count("the toy ends its worker") == 2


def test_a_poor_trial_is_stopped_early_with_its_step(tmp_path: Path, cluster: Shared) -> None:
    early = {"type": "hyperband", "min_iter": 1, "eta": 2}
    toy_spec(tmp_path, parameters=SPACE, run_cap=8, early_terminate=early)
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    trials = table(tmp_path / "it")
    stopped = trials[trials["status"] == "stopped"]
    assert 0 < len(stopped) < 8
    assert (stopped["steps"] < 5).all()
    assert stopped["reason"].str.contains("at iteration").all()
    assert trials.query("status == 'done'")["best/train/score"].max() == trials["best/train/score"].max()


@pytest.mark.slow
def test_a_worker_that_is_ended_for_want_of_memory_is_told_as_that(tmp_path: Path) -> None:
    toy_spec(tmp_path, parameters={**SPACE, "sleep": {"value": 2.0}}, run_cap=1)
    no_memory = {"RAY_memory_usage_threshold": "0.01", "RAY_memory_monitor_refresh_ms": "100"}
    done = sweeps_process(
        "run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", folder=tmp_path, **no_memory
    )
    assert done.returncode == 1, done.stderr
    assert "out of memory" in table(tmp_path / "it")["reason"][0]


@pytest.mark.slow
def test_a_worker_that_is_killed_again_and_again_is_a_failure_with_its_reason(tmp_path: Path, cluster: Shared) -> None:
    toy_spec(tmp_path, parameters={**SPACE, "fault": {"value": "die_always"}}, run_cap=1)
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert table(tmp_path / "it")["reason"][0].startswith("its worker died 4 times: it was killed or crashed")


@pytest.mark.slow
def test_a_killed_worker_leaves_no_token_in_the_home_and_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "t"
    home.mkdir()
    temporary.mkdir()
    (tmp_path / "marks").mkdir()
    dies = {"fault": {"value": "die"}, "marks": {"value": str(tmp_path / "marks")}}  # and removes nothing itself
    toy_spec(tmp_path, parameters={**SPACE, **dies}, run_cap=1)
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    done = sweeps_process("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", folder=tmp_path, **places)
    assert done.returncode == 0, done.stderr
    assert not (home / ".ray").exists()
    assert list(temporary.glob("*sweeps-*")) == []
    assert (tmp_path / "it" / "ray" / "workers.log").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_ctrl_c_pressed_twice_still_says_how_to_go_on(tmp_path: Path) -> None:
    toy_spec(tmp_path, parameters={**SPACE, "steps": {"value": 40}, "sleep": {"value": 0.2}}, run_cap=8)
    driver = start("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", folder=tmp_path)
    wait_until(lambda: len(rows_of(tmp_path / "it")) >= 4)
    driver.send_signal(signal.SIGINT)
    time.sleep(0.3)
    out, err = end(driver, signal.SIGINT)
    assert driver.returncode == 130, err
    assert "sweeps resume it" in err
    assert "Traceback" not in err + out


@pytest.mark.slow
def test_ctrl_c_while_ray_starts_says_how_to_go_on(tmp_path: Path) -> None:
    toy_spec(tmp_path, parameters=SPACE, run_cap=2)
    driver = start("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", folder=tmp_path)
    wait_until((tmp_path / "it" / "ray" / "ray.log").exists)
    out, err = end(driver, signal.SIGINT)
    assert driver.returncode == 130, err
    assert "sweeps resume it" in err
    assert "Traceback" not in err + out
