"""Which trial is chosen, why, and what is written down of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.command import sweeps
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep

from analysis.intervals import of_metric, of_spread, t_interval, wilson
from analysis.results import ResultsError
from sweeps.results.provenance import best_spec, differences, locked_row
from sweeps.results.ranking import by_metric, pareto
from sweeps.spec import load_spec
from sweeps.spec.seeds import trial_seeds
from sweeps.store.manifest import git_state, machine, manifest, versions
from trainables.data import load_dataset

GAN_SPEC = {
    "model": "gan",
    "dataset": "digits",
    "method": "random",
    "metric": {"name": "gen/frechet_pixels", "goal": "minimize"},
    "run_cap": 9,
    "parameters": {"lr_g": {"min": 1e-4, "max": 1e-2}},
}


def classifiers(folder: Path, *accuracies: Sequence[float], **spec: Any) -> Path:
    trials = [
        FakeTrial({"C": float(n), "penalty": "l2"}, [{"val/accuracy": a} for a in row])
        for n, row in enumerate(accuracies, 1)
    ]
    build_sweep(folder, trials, {**CLASSIFIER_SPEC, **spec})
    given = load_spec(folder / "spec.yaml")
    (folder / "manifest.json").write_text(json.dumps(manifest(given, load_dataset("digits"), "abcd0123")))
    return folder


def judged(frechet: float, verdict: str, **also: float) -> Mapping[str, Any]:
    words = {"verdict": verdict, "evidence": [f"one sentence on {verdict}"]} if verdict else {}
    return {"gen/frechet_pixels": frechet, **also, **words}


def test_the_step_that_was_best_and_the_reasons_in_words(tmp_path: Path) -> None:
    ranking = by_metric(classifiers(tmp_path, [0.7, 0.9, 0.8], [0.85], [0.5]))
    first, second, third = ranking.rows()
    assert (first["trial"], first["val/accuracy"], first["best_step"], first["C"]) == ("0000", 0.9, 2, 1)
    assert (second["trial"], third["trial"]) == ("0001", "0002")
    assert first["low"] < 0.9 < first["high"]
    assert first["why"].startswith(
        "number 1 of 3 trials that are done, by val/accuracy; one seed, 95 % interval of 288 "
    )
    assert "the next, 0001, has 0.85, outside of it" in first["why"]
    assert "best at step 2 of 3" in first["why"]
    assert "number 3 of 3" in third["why"]


def test_an_interval_says_when_the_next_may_be_as_good(tmp_path: Path) -> None:
    assert "the next, 0001, has 0.899, within it" in by_metric(classifiers(tmp_path, [0.9], [0.899])).rows(1)[0]["why"]


def test_replicates_have_an_interval_of_seeds(tmp_path: Path) -> None:
    trials = [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.9, "val/accuracy_std": 0.01}])]
    build_sweep(tmp_path, trials, {**CLASSIFIER_SPEC, "replicates": 4})
    row = by_metric(tmp_path).rows()[0]
    assert row["seeds"] == 4
    assert row["high"] - 0.9 == pytest.approx(3.182446 * 0.01 / 2, rel=1e-5)
    assert "4 seeds, 95 % interval 0.8841 to 0.9159" in row["why"]


def test_a_collapsed_trial_is_passed_over_and_said_to_be(tmp_path: Path) -> None:
    rows = [judged(1.0, "mode_collapse"), judged(3.0, "healthy"), judged(4.0, "memorised"), judged(2.0, "frozen")]
    build_sweep(tmp_path, [FakeTrial({"lr_g": 0.001 * n}, [row]) for n, row in enumerate(rows, 1)], GAN_SPEC)
    chosen, memory, collapsed, _ = by_metric(tmp_path).rows()
    assert (chosen["trial"], memory["trial"], collapsed["trial"]) == ("0001", "0002", "0000")
    assert "the judge found nothing wrong" in chosen["why"]
    assert "passed over: 0000 with 1, mode_collapse (one sentence on mode_collapse)" in chosen["why"]
    assert "passed over: 0003 with 2, frozen" in chosen["why"]
    assert "the judge says memorised (one sentence on memorised)" in memory["why"]
    assert "NOT SOUND: mode_collapse" in collapsed["why"]


def test_where_all_collapsed_the_best_of_them_is_said_to_be_collapsed(tmp_path: Path) -> None:
    rows = [judged(2.0, "mode_collapse"), judged(1.0, "mode_collapse")]
    build_sweep(tmp_path, [FakeTrial({"lr_g": 0.001}, [row]) for row in rows], GAN_SPEC)
    row = by_metric(tmp_path).rows(1)[0]
    assert (row["trial"], row["verdict"]) == ("0001", "mode_collapse")
    assert "NOT SOUND: mode_collapse (one sentence on mode_collapse)" in row["why"]


def test_a_constraint_that_is_not_kept_is_passed_over(tmp_path: Path) -> None:
    trials = [
        FakeTrial({"C": 1.0}, [{"val/accuracy": a, "val/log_loss": loss}]) for a, loss in ((0.9, 2.0), (0.8, 0.5))
    ]
    build_sweep(tmp_path, trials, {**CLASSIFIER_SPEC, "constraint": {"name": "val/log_loss", "max": 1.0}})
    row = by_metric(tmp_path).rows(1)[0]
    assert row["trial"] == "0001"
    assert "passed over: 0000 with 0.9, past the spec's constraint" in row["why"]


def test_where_none_is_done_the_best_stopped_one_is_named_and_said_to_be(tmp_path: Path) -> None:
    courses = {"stopped": ([0.6, 0.7], [0.8, 0.75]), "failed": ([0.95],)}
    trials = [
        FakeTrial({"C": 1.0}, [{"val/accuracy": a, "val/log_loss": 1 - a} for a in course], status)
        for status, those in courses.items()
        for course in those
    ]
    build_sweep(tmp_path, trials)
    row, second = by_metric(tmp_path).rows()
    assert (row["trial"], second["trial"]) == ("0001", "0000")
    assert row["why"].startswith("number 1 of 2 trials that were stopped early (none is done)")
    front = pareto(tmp_path, ["val/accuracy", "val/log_loss"])
    assert [candidate.trial for candidate in front.candidates] == ["0001"]
    assert "of 2 trials that were stopped early (none is done)" in front.rows()[0]["why"]
    lock = best_spec(by_metric(tmp_path)).lock
    assert lock is not None
    assert lock["stopped"] is True
    assert "the best of 2 trials stopped early (none was done)" in locked_row(best_spec(by_metric(tmp_path)))["why"]


def test_where_none_is_done_nor_stopped_there_is_no_best(tmp_path: Path) -> None:
    build_sweep(tmp_path, [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.95}], "failed")])
    with pytest.raises(ResultsError, match="no trial that is done has val/accuracy"):
        by_metric(tmp_path)


def test_the_pareto_front_has_what_none_is_superior_to(tmp_path: Path) -> None:
    points = [(0.9, 0.5), (0.9, 0.4), (0.8, 0.3), (0.7, 0.35), (0.8, 0.3)]
    trials = [FakeTrial({"C": 1.0}, [{"val/accuracy": a, "val/log_loss": loss}]) for a, loss in points]
    ranking = pareto(build_sweep(tmp_path, trials), ["val/accuracy", "val/log_loss"])
    assert [candidate.trial for candidate in ranking.candidates] == ["0001", "0002", "0004"]
    assert "on the Pareto front: of 5 trials" in ranking.rows()[0]["why"]
    by_time = pareto(tmp_path, ["val/accuracy", "seconds"])
    assert [candidate.trial for candidate in by_time.candidates] == ["0000", "0001"]


def test_a_front_wants_metrics_that_are_there(tmp_path: Path) -> None:
    classifiers(tmp_path, [0.9])
    with pytest.raises(ResultsError, match=r"no trial has a metric val/acuracy .* did you mean val/accuracy"):
        pareto(tmp_path, ["val/acuracy", "seconds"])
    with pytest.raises(ResultsError, match="wants two metrics or more"):
        pareto(tmp_path, ["val/accuracy"])


def test_the_lock_says_where_the_config_is_from(tmp_path: Path) -> None:
    spec = best_spec(by_metric(classifiers(tmp_path / "it", [0.7, 0.9, 0.8], seed=7)))
    lock, data = spec.lock, load_dataset("digits")
    assert lock is not None
    assert (lock["sweep"], lock["trial"], lock["trials"]) == ("abcd0123", "0000", 1)
    assert (lock["metric"], lock["goal"], lock["score"], lock["step"], lock["steps"]) == (
        "val/accuracy",
        "maximize",
        0.9,
        2,
        3,
    )
    assert lock["seeds"] == {"sweep": 7, "trial": list(trial_seeds(load_spec(tmp_path / "it" / "spec.yaml"), 0))}
    assert lock["sampler"] == "TPESampler"
    assert lock["data"]["hash"] == data.content_hash
    assert (lock["data"]["train"], lock["data"]["val"], lock["data"]["split_seed"]) == (1149, 288, 0)
    assert lock["versions"] == versions()
    assert {"torch", "scikit-learn", "ray", "optuna", "zuko", "python"} <= lock["versions"].keys()
    assert {"cpu", "cpus", "memory_gib", "gpus", "arch"} <= lock["machine"].keys()
    assert lock["git"] == git_state(Path.cwd())
    assert load_spec(spec.document()) == spec
    assert (spec.trials, len(spec.space), spec.fixed["C"]) == (1, 0, 1.0)


def test_the_lock_of_another_metric_is_at_its_own_best_step(tmp_path: Path) -> None:
    steps = [{"val/accuracy": 0.8, "val/log_loss": 0.5}, {"val/accuracy": 0.9, "val/log_loss": 0.7}]
    build_sweep(tmp_path, [FakeTrial({"C": 2.0}, steps)])
    spec = best_spec(by_metric(tmp_path, "val/log_loss"))
    assert spec.lock is not None
    assert (spec.lock["step"], spec.lock["score"], spec.metric.name) == (1, 0.5, "val/log_loss")


def test_what_has_changed_since_is_said() -> None:
    now, here = machine(), git_state(Path.cwd())
    lock = {"versions": versions(), "machine": now, "git": here, "data": {"name": "digits", "hash": "1"}}
    dirty = ["the code has changes that are not committed"] if here and here["dirty"] else []
    assert differences(lock, "1") == dirty
    other = {
        "versions": {"torch": "0.0.1", "gone": "1.0"},
        "machine": {**now, "cpus": 512, "host": "elsewhere"},
        "git": {"commit": "0123456789", "dirty": False},
        "data": {"name": "digits", "hash": "2"},
    }
    said = "\n".join(differences(other, "1"))
    assert "the data digits is not what the sweep saw" in said
    assert f"torch is {versions()['torch']}, was 0.0.1" in said
    assert "gone is not there, was 1.0" in said
    assert f"cpus is {now['cpus']}, was 512" in said
    assert "elsewhere" not in said
    assert "was at 01234567" in said or "was at commit 01234567" in said


def test_best_on_the_command_line(tmp_path: Path) -> None:
    classifiers(tmp_path / "it", [0.7, 0.9], [0.85])
    done = sweeps("best", "it", "--top", "2", "--out", "best.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0000: number 1 of 2 trials" in done.stderr
    assert "why" not in done.stdout
    assert load_spec(tmp_path / "best.yaml").lock
    front = sweeps("best", "it", "--pareto", "val/accuracy,seconds", "--json", folder=tmp_path)
    assert [row["trial"] for row in json.loads(front.stdout)] == ["0000", "0001"]


def test_intervals_in_closed_form() -> None:
    assert t_interval([1.0, 2.0, 3.0]).high == pytest.approx(2 + 4.302653 / 3**0.5)
    assert t_interval([2.0]) == of_spread(2.0, None, 1)
    assert t_interval([2.0]).low is None
    share = wilson(0.5, 100)  # symmetric at a half; 1.96 / sqrt(100 + 1.96^2) / 2 wide
    assert share.low == pytest.approx(0.5 - 1.959964 / 2 / (100 + 3.841459) ** 0.5)
    assert share.high is not None
    assert share.low is not None
    assert share.low + share.high == pytest.approx(1)
    assert wilson(1.0, 10).high == pytest.approx(1)
    assert 0.94 in wilson(0.9, 100)
    assert 0.95 not in wilson(0.9, 100)


@pytest.mark.parametrize("spread", [None, 1e-17])
def test_the_interval_of_a_metric_is_of_the_images_where_seeds_say_nothing(spread: float | None) -> None:
    seeds = 1 if spread is None else 3
    assert of_metric("val/accuracy", 0.975, spread, seeds, 200) == replace(wilson(0.975, 200), n=seeds)
    assert of_metric("val/accuracy", 0.975, spread, seeds).low is None
    assert of_metric("val/accuracy", 0.975, None, 3, 200).low is None  # how far apart they are is not known
    assert of_metric("val/accuracy", 0.975, 0.1, 3, 200).images is None


def test_replicates_that_are_the_same_have_the_interval_of_the_images(tmp_path: Path) -> None:
    trials = [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.975, "val/accuracy_std": 1e-17, "val/log_loss": 0.1}])]
    build_sweep(tmp_path, trials, {**CLASSIFIER_SPEC, "replicates": 3}, data={"val": 200})
    row, same = by_metric(tmp_path).rows()[0], wilson(0.975, 200)
    assert (row["low"], row["high"], row["seeds"]) == (same.low, same.high, 3)
    assert "3 seeds gave the same, so the model has no seed dependence, 95 % interval of 200 valid" in row["why"]


def test_no_interval_of_an_accuracy_goes_beyond_one(tmp_path: Path) -> None:
    trials = [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.98, "val/accuracy_std": 0.05}])]
    build_sweep(tmp_path, trials, {**CLASSIFIER_SPEC, "replicates": 3})
    assert by_metric(tmp_path).rows()[0]["high"] == 1
