"""The second phase of a sweep: the best trials run again with other seeds, and the ranking knows."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import sweeps, toy_spec
from helpers.driven_sweep import deliver, next_work, open_sweep, report

from analysis.folder import load
from analysis.ranking import leader
from analysis.report.summary import summarise
from analysis.results import MANIFEST_FILE
from basics.seeds import derived_seed
from sweeps.driver.sweep import Sweep
from sweeps.results.provenance import best_spec
from sweeps.results.ranking import by_metric
from sweeps.spec import Spec, SpecError, load_spec
from sweeps.spec.resuming import check_unchanged
from sweeps.spec.seeds import trial_seeds
from sweeps.tracking.feed.trial_history import TrialHistories
from sweeps.tracking.replay import replay
from sweeps.tracking.settings import FeedSettings
from sweeps.worker.messages import Report, Work

KEYS: dict[str, Any] = {"method": "random", "run_cap": 6, "replicates": {"top": 2, "seeds": 3}}
FIRST = (0.5, 0.9, 0.8, 0.6, 0.7, 0.4)  # by trial
AGAIN = {"0001": (0.55, 0.6), "0002": (0.78, 0.76)}  # the winner was lucky


def value_of(spec: Spec, work: Work) -> float:
    """By trial and seed, as if it were trained."""
    for trial, others in AGAIN.items():
        for k, value in enumerate(others, 1):
            if work.seeds == (derived_seed("trial", spec.seed, int(trial), k),):
                return value
    return FIRST[int(work.trial)]


def run(folder: Path, works: int = 99, **keys: Any) -> tuple[Sweep, list[Work]]:
    """Up to so many trials to their end, one after the other; the sweep is closed as if interrupted then."""
    spec, sweep, _, _ = open_sweep(folder, **{**KEYS, **keys})
    (folder / MANIFEST_FILE).write_text(json.dumps({"sweep": "abcd", "data": {"name": "digits"}}))
    done: list[Work] = []
    while len(done) < works and (work := next_work(sweep)) is not None:
        done.append(work)
        value = value_of(spec, work)
        deliver(sweep, report(work, 1, value - 0.1, last=False))
        deliver(sweep, report(work, 2, value, last=True))
    sweep.close(interrupted=not sweep.over)
    return sweep, done


def test_the_best_run_again_with_the_seeds_of_replicates(tmp_path: Path) -> None:
    sweep, works = run(tmp_path)
    assert sweep.over
    assert [work.trial for work in works] == [f"{n:04d}" for n in range(10)]
    wide = load_spec({**sweep_spec(), "replicates": 3})
    assert [work.seeds[0] for work in works[6:]] == [trial_seeds(wide, n)[k] for k in (1, 2) for n in (1, 2)]
    assert [work.config for work in works[6:]] == [works[n].config for n in (1, 2, 1, 2)]
    table = load(tmp_path)
    assert table.replicates == {"0006": "0001", "0007": "0002", "0008": "0001", "0009": "0002"}
    assert [int(seed) for seed in table.trials["seed"].dropna()] == [1, 1, 2, 2]


def sweep_spec() -> dict[str, Any]:
    return {"model": "logistic_regression", "dataset": "digits", "method": "random", "run_cap": 6}


def test_one_ranking_by_the_mean_for_everybody(tmp_path: Path) -> None:
    run(tmp_path)
    ranking = by_metric(tmp_path)
    assert [candidate.trial for candidate in ranking.candidates] == ["0002", "0001", "0004", "0003", "0000", "0005"]
    first, second, third, *_ = ranking.rows()
    assert (first["val/accuracy"], first["seeds"], first["first_seed"], first["first_rank"]) == (
        pytest.approx(0.78), 3, 0.8, 2,
    )  # fmt: skip
    assert first["low"] < 0.78 < first["high"]
    assert (second["val/accuracy"], second["first_seed"], second["first_rank"]) == (
        pytest.approx((0.9 + 0.55 + 0.6) / 3), 0.9, 1,
    )  # fmt: skip
    assert "first_seed" not in third
    fell = "trial 0001: 0.9 on the seed that won, 0.6833 ± 0.47 over 3 seeds; rank 1 -> 2"
    assert fell in first["why"]
    assert fell in second["why"]
    sweep = load(tmp_path)
    assert sweep.ranked == [candidate.trial for candidate in ranking.candidates]
    assert leader(sweep.standings.values(), ["maximize"]) == sweep.standings["0002"]
    told = " ".join(summarise(sweep).sentences)
    assert "Best: trial 0002 with val/accuracy 0.78 over 3 seeds at step 2" in told
    assert "The 2 best trials were run again with other seeds, and stand by the mean" in told
    assert f"{fell[0].upper()}{fell[1:]}." in told
    lock = best_spec(ranking).lock or {}
    assert (lock["trial"], lock["score"], lock["over_seeds"], lock["first_seed"]) == (
        "0002",
        pytest.approx(0.78),
        3,
        0.8,
    )
    assert best_spec(ranking).contenders is None
    shown = json.loads(sweeps("show", str(tmp_path), "--json", folder=tmp_path).stdout)
    assert [row.get("replicates") for row in shown] == [None] * 6 + ["0001", "0002", "0001", "0002"]


@pytest.mark.parametrize("cuts", [(3, 4), (6, 1), (7, 1), (1, 1, 1, 1, 1, 1, 1, 1, 1)])
def test_a_resume_in_either_phase_is_the_straight_run(cuts: tuple[int, ...], tmp_path: Path) -> None:
    _, straight = run(tmp_path / "straight")
    cut = [work for many in (*cuts, 99) for work in run(tmp_path / "cut", many)[1]]
    assert cut == straight
    (tmp_path / "cut" / "optuna.journal").write_bytes(b"no journal\n")
    sweep, works = run(tmp_path / "cut")
    assert (sweep.over, works) == (True, [])
    assert by_metric(tmp_path / "cut").rows() == by_metric(tmp_path / "straight").rows()


def test_a_run_that_was_interrupted_is_taken_up(tmp_path: Path) -> None:
    run(tmp_path, 6)
    _, sweep, _, _ = open_sweep(tmp_path, **KEYS)
    works = sweep.hand_out(2)
    deliver(sweep, report(works[0], 1, 0.5, last=False))
    sweep.close(interrupted=True)
    _, again, _, store = open_sweep(tmp_path, **KEYS)
    assert [record.replicates for record in store.records][6:] == ["0001", "0002"]
    taken = again.hand_out(3)
    assert [(work.trial, work.resumed) for work in taken] == [("0006", True), ("0007", True), ("0008", False)]
    assert [work.seeds for work in taken[:2]] == [work.seeds for work in works]


def test_nothing_of_it_begins_before_the_search_has_ended(tmp_path: Path) -> None:
    spec, sweep, _, _ = open_sweep(tmp_path, **KEYS)
    assert sweep.planned == 10
    works = sweep.hand_out(6)
    assert sweep.hand_out(2) == []
    assert (sweep.over, sweep.waiting) == (False, 4)  # a worker without work waits
    for work in works:
        deliver(sweep, report(work, 1, value_of(spec, work), last=True))
    assert (sweep.over, sweep.waiting, len(sweep.hand_out(9))) == (False, 4, 4)


def test_no_rule_and_no_target_stops_a_run_of_a_contender(tmp_path: Path) -> None:
    """The target ends the search at the second trial; then its best two run again."""
    rules = [{"type": "hyperband", "min_iter": 1}, {"type": "target", "value": 0.9}]
    sweep, works = run(tmp_path, early_terminate=rules)
    assert [work.trial for work in works] == ["0000", "0001", "0002", "0003", "0004", "0005"]
    assert sweep.ended_by is not None
    assert load(tmp_path).replicates == {"0002": "0001", "0003": "0000", "0004": "0001", "0005": "0000"}
    assert set(load(tmp_path).trials["status"]) == {"done"}


def test_a_sweep_that_is_stopped_or_has_used_its_budget_ends(tmp_path: Path) -> None:
    sweep, works = run(tmp_path / "a", budget={"total_steps": 14})
    assert (len(works), sweep.over) == (7, True)
    assert sweep.missing == "3 of 4 runs of its best trials with other seeds were not made"
    run(tmp_path / "b", 7)
    _, sweep, _, _ = open_sweep(tmp_path / "b", **KEYS)
    sweep.stop("stopped by 'sweeps stop'")
    assert (next_work(sweep), sweep.over) == (None, True)
    sweep.close(interrupted=False)
    assert by_metric(tmp_path / "b").candidates[0].trial == "0001"  # the one that has two seeds


def test_a_seed_that_fails_is_a_fault_that_no_mean_makes_up_for(tmp_path: Path) -> None:
    run(tmp_path, 7)
    _, sweep, _, _ = open_sweep(tmp_path, **KEYS)
    work = next_work(sweep)
    assert work is not None
    deliver(sweep, Report(work.trial, "cpu", None, failed="diverged: loss is nan"))
    sweep.close(interrupted=True)
    run(tmp_path)
    ranking = by_metric(tmp_path)
    assert [candidate.trial for candidate in ranking.candidates][:2] == ["0001", "0004"]
    assert ranking.candidates[-1].fault == "1 of 3 seeds failed (diverged: loss is nan)"
    assert load(tmp_path).ranked == [candidate.trial for candidate in ranking.candidates]


def test_more_trials_find_new_contenders_and_run_none_again(tmp_path: Path) -> None:
    run(tmp_path)
    spec = load_spec({**sweep_spec(), **KEYS, "run_cap": 7})
    _, sweep, _, _ = open_sweep(tmp_path, **{**KEYS, "run_cap": 7})
    work = next_work(sweep)
    assert work is not None
    deliver(sweep, report(work, 1, 0.85, last=True))
    again = sweep.hand_out(9)
    assert [work.seeds[0] for work in again] == [derived_seed("trial", spec.seed, int(work.trial), k) for k in (1, 2)]


def test_they_may_be_asked_for_when_the_sweep_has_ended() -> None:
    began = load_spec({**sweep_spec()}).document()
    check_unchanged(began, load_spec({**sweep_spec(), "replicates": {"top": 3, "seeds": 3}}), "spec.yaml")
    with pytest.raises(SpecError, match="replicates: 1 when the sweep began, 2 now"):
        check_unchanged(began, load_spec({**sweep_spec(), "replicates": 2}), "spec.yaml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"replicates": {"top": 2}}, "replicates.seeds: is missing"),
        ({"replicates": {"top": 0, "seeds": 2}}, "replicates.top: 0 does not fit; valid: a whole number, 1 or more"),
        ({"replicates": {"top": 2, "seeds": 1}}, "replicates.seeds: 1 does not fit; valid: a whole number, 2 or more"),
        ({"replicates": {"best": 2, "seeds": 2}}, "replicates.best: unknown key; valid: top, seeds"),
        ({"parameters": {"C": {"value": 1.0}}}, "replicates: nothing is searched"),
        ({"model": "mlp", "method": "pbt", "budget": {"steps": 4}}, "replicates: a trial of a population goes on from"),
    ],
)
def test_what_has_no_meaning_is_refused(lines: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as error:
        load_spec({"model": "svm", **KEYS, **lines})
    assert said in str(error.value)


def test_a_resolved_spec_reads_back() -> None:
    spec = load_spec({**sweep_spec(), **KEYS})
    assert spec.document()["replicates"] == {"top": 2, "seeds": 3}
    assert load_spec(spec.document()) == spec


@pytest.mark.ray
def test_a_sweep_with_other_sweeps_in_view_and_contenders(tmp_path: Path, cluster: tuple[str, str]) -> None:
    """From the command line: an earlier sweep is known, the best run again, and every file says the same."""
    options = ("--wandb", "off", "--no-report", *cluster)
    toy_spec(tmp_path, parameters={"drift": {"min": 0.0, "max": 1.0}}, run_cap=4)
    assert sweeps("run", "toy.yaml", "--out", "a", *options, folder=tmp_path).returncode == 0
    more = {"method": "tpe", "run_cap": 3, "replicates": {"top": 2, "seeds": 2}, "warm_start": "a"}
    toy_spec(tmp_path, parameters={"drift": {"min": 0.0, "max": 1.0}}, **more)
    done = sweeps("run", "toy.yaml", "--out", "b", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"warm start: 4 trials of {tmp_path / 'a'}" in done.stderr
    assert "the search is over; its best trials run again, with other seeds" in done.stderr
    assert "5 of 5 ended" in done.stderr
    left = load(tmp_path / "b")
    assert sorted(left.replicates) == ["0003", "0004"]
    assert (left.trials["status"] == "done").all()
    [row] = json.loads(sweeps("best", "b", "--json", folder=tmp_path).stdout)
    assert (row["trial"], row["seeds"]) == (left.best, 2)


def test_wandb_hears_which_runs_are_other_seeds_and_has_the_same_winner(tmp_path: Path) -> None:
    run(tmp_path)
    settings = FeedSettings("abcd", "it", "logistic_regression", "digits", "val/accuracy", "maximize")
    histories = TrialHistories(settings)
    said = replay(tmp_path, load_spec({**sweep_spec(), **KEYS}), print)
    for events in said.trials.values():
        for event in events:
            histories.remember(event)
    best = histories.best()
    assert best is not None
    assert best.at_best is not None
    assert (best.trial, best.at_best.seeds) == ("0002", 3)
    assert best.at_best.value == pytest.approx(0.78)
    assert (histories.replicates, said.complete) == (load(tmp_path).replicates, False)  # the manifest says no end
