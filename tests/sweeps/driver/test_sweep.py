"""A sweep's state without a cluster: order of truth, restarts, early stopping, failures."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.driven_sweep import deliver, next_work

from analysis.folder import load
from analysis.judge.findings import Finding
from analysis.ranking import BestStep, rank
from analysis.rows import Row
from sweeps.driver.sweep import RESTARTS, Sweep
from sweeps.errors import FolderError
from sweeps.search.journal import storage
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.store.folder_lock import locked
from sweeps.store.sweep_folder import Store
from sweeps.worker.messages import Attachment, Report, Work


class Listener:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def trial_started(self, trial: str, config: Any, resumed: bool) -> None:
        self.heard.append(("started", trial, resumed))

    def replicates(self, trial: str, of: str, seed: int) -> None: ...

    def row(self, row: Row) -> None:
        self.heard.append(("row", row.trial, row.step))

    def media(self, trial: str, step: int, name: str) -> None:
        self.heard.append(("media", trial, step, name))

    def trial_ended(self, trial: str, status: str, reason: str) -> None:
        self.heard.append(("ended", trial, status))

    def close(self, interrupted: bool) -> None:
        self.heard.append(("closed", interrupted))


def make(folder: Path, **keys: Any) -> tuple[Sweep, Store, Listener]:
    document = {"model": "logistic_regression", "dataset": "digits", "method": "random", "run_cap": 3, **keys}
    spec = load_spec(document)
    (folder / "spec.yaml").write_text("{}")
    store, listener = Store(folder, spec.metric), Listener()
    sweep = Sweep(spec, Search(spec, folder / "optuna.journal"), store, [listener])
    sweep.restore(store.existing_rows())
    return sweep, store, listener


def report(work: Work, step: int, accuracy: float | None, *, finished: bool = False, failed: str = "") -> Report:
    row = {"trial": work.trial, "step": step, "seconds": 0.1 * step, "val/accuracy": accuracy}
    if accuracy is None:
        row = {"trial": work.trial, "step": step, "seconds": 0.1, "train/loss": 1.0}
    return Report(work.trial, "cpu", None if failed else Row.of(row), finished, failed)


def started(sweep: Sweep) -> Work:
    work = next_work(sweep)
    assert work is not None
    return work


def test_three_trials_run_to_their_end(tmp_path: Path) -> None:
    sweep, store, listener = make(tmp_path)
    for value in (0.5, 0.75, 0.25):
        work = started(sweep)
        assert not deliver(sweep, report(work, 1, value / 2))
        assert deliver(sweep, report(work, 2, value, finished=True))
    assert sweep.over
    assert next_work(sweep) is None
    sweep.close(interrupted=False)
    best = rank(store.records, ["maximize"])[0]
    assert (best.trial, best.best["val/accuracy"], best.at_best) == ("0001", 0.75, BestStep(0.75, 2))
    assert listener.heard[0] == ("started", "0000", False)
    assert listener.heard[-1] == ("closed", False)
    assert [r.status for r in store.records] == ["done"] * 3


def test_the_last_verdict_is_kept_and_survives_a_resume(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path)
    work = started(sweep)
    for step, (verdict, sentences) in enumerate([("noise", ["no class"]), ("blurred", ["soft", "dull"])], start=1):
        found = report(work, step, 0.5)
        assert found.row is not None
        found.row = replace(found.row, verdict=verdict, evidence=tuple(sentences), class_histogram=[0.25, 0.75])
        deliver(sweep, found)
    sweep.close(interrupted=True)
    again = make(tmp_path)[1]
    for kept in (store, again):
        assert (kept.records[0].verdict, kept.records[0].evidence) == ("blurred", "soft; dull")
    read = load(tmp_path)
    assert read.trials["verdict"].tolist() == ["blurred"]
    assert read.rows["class_histogram"].tolist() == [[0.25, 0.75]] * 2


def test_where_and_when_trials_ran_survives_a_resume(tmp_path: Path) -> None:
    sweep, _, _ = make(tmp_path)
    for number in range(2):
        found = report(started(sweep), 1, 0.5, finished=number == 0)
        found.worker, found.started, found.ended = "node:7", 100.5, 102.25 + number
        deliver(sweep, found)
    sweep.close(interrupted=True)
    again, store, _ = make(tmp_path)
    again.close(interrupted=True)
    table = load(tmp_path).trials
    assert (store.records[0].device, table["worker"][0]) == ("cpu", "node:7")
    assert table[["started", "ended"]].to_numpy()[0].tolist() == [100.5, 102.25]


def test_each_trial_has_seeds_of_its_own_that_follow_from_the_sweeps(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, _, _ = make(tmp_path / "a", replicates=2)
    again, _, _ = make(tmp_path / "b", replicates=2)
    works = [started(first), started(first)]
    assert len({seed for work in works for seed in work.seeds}) == 4
    assert started(again).seeds == works[0].seeds


def test_a_failed_trial_keeps_its_reason_and_the_sweep_goes_on(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path)
    work = started(sweep)
    assert deliver(sweep, report(work, 1, None, failed="diverged: loss is nan at step 1"))
    assert store.records[0].status == "failed"
    assert store.records[0].reason == "diverged: loss is nan at step 1"
    assert next_work(sweep) is not None


def test_a_trial_without_the_objective_fails_and_says_what_it_reported(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path)
    assert deliver(sweep, report(started(sweep), 1, None, finished=True))
    assert "never reported the objective val/accuracy; it reported train/loss" in store.records[0].reason


def test_a_dead_worker_is_replaced_from_the_checkpoint_a_few_times(tmp_path: Path) -> None:
    sweep, store, listener = make(tmp_path, run_cap=1)
    work = started(sweep)
    deliver(sweep, report(work, 1, 0.5), [Attachment(work.trial, 1, "checkpoint", "state", b"at step 1")])
    for _ in range(RESTARTS):
        sweep.lost(work.trial, "the worker was killed")
        again = started(sweep)
        assert (again.trial, again.seeds, again.resumed) == (work.trial, work.seeds, True)
        assert sweep.checkpoint(work.trial) == b"at step 1"
    assert not sweep.over
    sweep.lost(work.trial, "the worker was killed")
    assert sweep.over
    assert store.records[0].reason.startswith(f"its worker died {RESTARTS + 1} times")
    assert listener.heard.count(("started", "0000", True)) == RESTARTS


def test_a_node_that_is_lost_is_no_restart(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path, run_cap=1)
    work = started(sweep)
    for _ in range(RESTARTS + 2):
        sweep.lost(work.trial, "its worker is out of reach")
        work = started(sweep)
        sweep.forgive(work.trial)
    deliver(sweep, report(work, 1, 0.5, finished=True))
    assert store.records[0].status == "done"


def test_rows_that_a_restart_repeats_are_written_once(tmp_path: Path) -> None:
    sweep, _, _ = make(tmp_path, run_cap=1)
    work = started(sweep)
    for step in (1, 2):
        deliver(sweep, report(work, step, 0.1 * step))
    sweep.lost(work.trial, "killed")
    again = started(sweep)
    for step in (1, 2, 3):
        deliver(sweep, report(again, step, 0.1 * step, finished=step == 3))
    sweep.close(interrupted=False)
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert len(lines) == 3


def test_a_sweep_taken_up_again_knows_what_ended_and_what_did_not(tmp_path: Path) -> None:
    first, _, _ = make(tmp_path)
    done = started(first)
    deliver(first, report(done, 1, 0.9, finished=True))
    cut = started(first)
    deliver(first, report(cut, 1, 0.4), [Attachment(cut.trial, 1, "checkpoint", "state", b"one step")])
    with (tmp_path / "results.jsonl").open("a") as rows:
        rows.write('{"trial": "0001", "st')  # a kill in mid-line

    second, store, listener = make(tmp_path)
    work = started(second)
    assert (work.trial, dict(work.config), work.resumed) == (cut.trial, dict(cut.config), True)
    assert second.checkpoint(cut.trial) == b"one step"
    deliver(second, report(work, 2, 0.6, finished=True))
    deliver(second, report(started(second), 1, 0.2, finished=True))
    assert second.over
    second.close(interrupted=False)
    assert [(r.trial, r.status, r.best["val/accuracy"]) for r in store.records] == [
        ("0000", "done", 0.9),
        ("0001", "done", 0.6),
        ("0002", "done", 0.2),
    ]
    assert ("row", "0001", 1) not in listener.heard
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 4


def test_when_its_time_is_up_a_sweep_lets_trials_end_and_starts_no_more(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path, budget={"seconds": 1})
    work = started(sweep)
    time.sleep(1.1)
    assert next_work(sweep) is None
    assert not sweep.over
    assert deliver(sweep, report(work, 1, 0.5, finished=True))
    assert sweep.over
    assert [record.status for record in store.records] == ["done"]


def test_the_time_counts_over_resumes(tmp_path: Path) -> None:
    sweep, _, _ = make(tmp_path, budget={"seconds": 1})
    work = started(sweep)
    time.sleep(0.6)
    sweep.close(interrupted=True)
    again, _, _ = make(tmp_path, budget={"seconds": 1})
    assert started(again).trial == work.trial  # what was begun is brought to its end
    assert not again.over
    time.sleep(0.6)
    assert next_work(again) is None


def test_the_restarts_of_a_trial_count_over_resumes(tmp_path: Path) -> None:
    for _ in range(RESTARTS):
        sweep, _, _ = make(tmp_path, run_cap=1)
        sweep.lost(started(sweep).trial, "out of memory")
        sweep.close(interrupted=True)
    sweep, store, _ = make(tmp_path, run_cap=1)
    sweep.lost(started(sweep).trial, "out of memory")
    assert sweep.over
    assert store.records[0].reason == f"its worker died {RESTARTS + 1} times: out of memory"


def test_early_termination_stops_the_worse_and_says_why(tmp_path: Path) -> None:
    early = {"type": "hyperband", "min_iter": 1, "eta": 2}
    sweep, store, _ = make(tmp_path, early_terminate=early, run_cap=4)
    works = [started(sweep) for _ in range(4)]
    over = {w.trial: False for w in works}
    for step in (1, 2, 3):
        for work, value in zip(works, (0.9, 0.8, 0.2, 0.1), strict=True):
            if not over[work.trial]:
                over[work.trial] = deliver(sweep, report(work, step, value, finished=step == 3))
    statuses = [record.status for record in store.records]
    assert statuses[0] == "done"
    assert statuses[3] == "stopped"
    assert "0.1" in store.records[3].reason


def test_failed_trials_set_no_marks_also_after_a_resume(tmp_path: Path) -> None:
    early = {"type": "hyperband", "min_iter": 2, "eta": 2}
    sweep, _, _ = make(tmp_path, early_terminate=early, run_cap=12)
    for _ in range(4):  # as good as none that is sound, and then they fail
        work = started(sweep)
        deliver(sweep, report(work, 1, 0.9))
        deliver(sweep, report(work, 2, 0.95))
        deliver(sweep, report(work, 3, None, failed="diverged: loss is nan at step 3"))
    for resumed in (False, True):
        if resumed:
            sweep.close(interrupted=True)
            sweep = make(tmp_path, early_terminate=early, run_cap=12)[0]
        work = started(sweep)
        deliver(sweep, report(work, 1, 0.5))
        assert not deliver(sweep, report(work, 2, 0.6))
        assert deliver(sweep, report(work, 3, 0.7, finished=True))
    assert [record.status for record in sweep._store.records] == ["failed"] * 4 + ["done"] * 2


def test_a_config_that_fails_is_told_and_a_worker_that_dies_is_not_the_configs_fault(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path)
    deliver(sweep, report(started(sweep), 1, None, failed="ValueError: no such solver"))
    work = started(sweep)
    for _ in range(RESTARTS):
        sweep.lost(work.trial, "it was killed")
        started(sweep)
    sweep.lost(work.trial, "it was killed")
    told = optuna.load_study(study_name=None, storage=storage(tmp_path / "optuna.journal")).trials
    assert [t.state.name for t in told] == ["PRUNED", "FAIL"]
    assert [record.status for record in store.records] == ["failed"] * 2


def judged(work: Work, step: int, verdict: str, severity: float, *, finished: bool = False) -> Report:
    row = {"trial": work.trial, "step": step, "seconds": 0.1 * step, "gen/frechet_pixels": 1.0 / step}
    said = {"gen/severity": severity, "verdict": verdict, "evidence": ["2 of 10 classes", "KL 2.1"]}
    return Report(work.trial, "cpu", Row.of(row | said), finished)


def gans(folder: Path, **keys: Any) -> tuple[Sweep, Store, Listener]:
    return make(folder, model="gan", metric={"name": "gen/frechet_pixels"}, **keys)


def test_a_trial_that_stays_collapsed_is_stopped_in_words(tmp_path: Path) -> None:
    sweep, store, listener = gans(tmp_path, early_terminate={"type": "collapse", "patience": 2})
    work = started(sweep)
    assert not deliver(sweep, judged(work, 1, "noise", 1.0))
    assert not deliver(sweep, judged(work, 2, "noise", 1.0))  # which a generator that has just begun is
    assert not deliver(sweep, judged(work, 3, "mode_collapse", 0.9))
    assert deliver(sweep, judged(work, 4, "mode_collapse", 0.95))
    assert store.records[0].status == "stopped"
    assert store.records[0].reason == "mode_collapse, 2 times in a row and no better, severity 0.95: 2 of 10 classes"
    assert listener.heard[-1] == ("ended", "0000", "stopped")


def test_a_collapse_that_passes_or_is_mild_stops_nothing(tmp_path: Path) -> None:
    sweep, _, _ = gans(tmp_path, early_terminate={"type": "collapse", "patience": 2})
    work = started(sweep)
    course = [("mode_collapse", 0.95), ("mode_collapse", 0.9), ("healthy", 0.1), ("low_diversity", 0.8)]
    course += [("mode_collapse", 0.6), ("mode_collapse", 0.6), ("blurred", 1.0), ("memorised", 1.0)]
    assert not any(deliver(sweep, judged(work, step, *found)) for step, found in enumerate(course, start=1))


def test_a_collapse_behind_noise_stops_a_trial_by_its_own_strength(tmp_path: Path) -> None:
    sweep, store, _ = gans(tmp_path, early_terminate={"type": "collapse", "patience": 1, "severity": 0.8})
    work = started(sweep)
    for step, (strength, stopped) in enumerate([(0.7, False), (0.85, True)], start=1):
        report = judged(work, step, "noise", 1.0)
        assert report.row is not None
        found = (Finding("noise", 1.0), Finding("mode_collapse", strength))
        assert bool(deliver(sweep, replace(report, row=replace(report.row, findings=found)))) == stopped
    assert store.records[0].reason.startswith("noise +mode_collapse, once, severity 0.85")
    assert load(tmp_path).trials["findings"].tolist() == ["noise 1.00; mode_collapse 0.85"]


def test_patience_survives_a_resume_and_goes_with_bands(tmp_path: Path) -> None:
    early = {"type": "hyperband", "min_iter": 1, "patience": 2, "severity": 0.5}
    sweep, _, _ = gans(tmp_path, early_terminate=early)
    deliver(sweep, judged(started(sweep), 1, "mode_collapse", 0.6))
    sweep.close(interrupted=True)
    again, store, _ = gans(tmp_path, early_terminate=early)
    assert deliver(again, judged(started(again), 2, "mode_collapse", 0.6))
    assert "mode_collapse, 2 times in a row" in store.records[0].reason


def test_the_best_is_the_best_that_keeps_the_constraint(tmp_path: Path) -> None:
    sweep, store, _ = gans(tmp_path, constraint={"name": "gen/severity", "max": 0.5})
    for severities in ((0.9, 0.9), (0.9, 0.2), (0.2, 0.9)):  # by the best step, which is the second
        work = started(sweep)
        deliver(sweep, judged(work, 1, "healthy", severities[0]))
        deliver(sweep, judged(work, 2, "healthy", severities[1], finished=True))
    assert rank(store.records, ["minimize"])[0].trial == "0001"
    violations = [record.at_best.violations[0] for record in store.records if record.at_best is not None]
    assert violations == [pytest.approx(v - 0.5) for v in (0.9, 0.2, 0.9)]


def test_a_trial_without_the_metric_of_the_constraint_fails_and_says_so(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path, constraint={"name": "val/log_loss", "max": 1.0})
    assert deliver(sweep, report(started(sweep), 1, 0.5, finished=True))
    assert store.records[0].reason == "its best step has no val/log_loss, which the constraint is on"


def test_only_the_best_few_ended_trials_keep_their_state(tmp_path: Path) -> None:
    sweep, store, _ = make(tmp_path, run_cap=8)
    for i in range(8):
        work = started(sweep)
        attachment = Attachment(work.trial, 1, "checkpoint", "state", b"state")
        deliver(sweep, report(work, 1, i / 10, finished=True), [attachment])
    assert [store.checkpoint(f"{i:04d}") is not None for i in range(8)] == [False] * 3 + [True] * 5


def test_two_drivers_cannot_share_a_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(FolderError, match="another process"), locked(tmp_path):
        pass


def test_what_the_store_writes_the_analysis_reads(tmp_path: Path) -> None:
    sweep, _, _ = make(tmp_path)
    for value in (0.5, 0.75, 0.25):
        work = started(sweep)
        deliver(
            sweep, report(work, 1, value, finished=True), [Attachment(work.trial, 1, "media", "weight_maps", b"png")]
        )
    sweep.close(interrupted=False)
    loaded = load(tmp_path)
    assert list(loaded.trials["trial"]) == ["0000", "0001", "0002"]
    assert list(loaded.trials["best/val/accuracy"]) == [0.5, 0.75, 0.25]
    assert list(loaded.trials["config/C"]) == [r.config["C"] for r in sweep._store.records]
    assert list(loaded.media["name"]) == ["weight_maps"] * 3
