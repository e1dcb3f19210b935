"""Which trials of other sweeps a new one knows: read from their folders, and kept in its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.command import sweeps
from helpers.driven_sweep import deliver as delivered
from helpers.driven_sweep import next_work, open_sweep, report
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep

from analysis.folder import load
from sweeps.errors import FolderError, SpecError
from sweeps.search.earlier import EarlierTrial
from sweeps.spec import Spec, load_spec
from sweeps.store.earlier_sweeps import gather, keep, kept

SPACE = CLASSIFIER_SPEC["parameters"]
DATA = {"name": "digits", "hash": "x"}
# One a line: a config, the accuracy of two steps, and how it ended.
TRIALS = [
    FakeTrial({"C": 1.0, "penalty": "l1", "l1_ratio": 0.5, "max_iter": 500}, [{"val/accuracy": v} for v in (0.5, 0.4)]),
    FakeTrial({"C": 2.0, "penalty": "l2", "max_iter": 500}, [{"val/accuracy": 0.9}]),
    FakeTrial({"C": 3.0, "penalty": "l2", "max_iter": 500}, [{"val/accuracy": 0.7}], "stopped", "worse than the mark"),
    FakeTrial({"C": 4.0, "penalty": "l2", "max_iter": 500}, [], "failed", "diverged: loss is nan"),
    FakeTrial({"C": 5.0, "penalty": "l2", "max_iter": 500}, [], "failed", "its worker died 4 times: out of memory"),
    FakeTrial({"C": 6.0, "penalty": "l2", "max_iter": 500}, [{"val/accuracy": 0.95}], "running"),
]


def other(folder: Path, trials: list[FakeTrial] = TRIALS, data: dict[str, Any] | None = None, **lines: Any) -> Path:
    return build_sweep(folder, trials, {**CLASSIFIER_SPEC, **lines}, data=data or DATA)


def spec_of(*folders: Path, **lines: Any) -> Spec:
    return load_spec({**CLASSIFIER_SPEC, "warm_start": [str(folder) for folder in folders], **lines})


def test_trials_of_the_same_problem_are_known_with_their_values(tmp_path: Path) -> None:
    found = gather(spec_of(other(tmp_path / "a")), "x")
    assert found.lines == [f"warm start: 4 trials of {tmp_path / 'a'}"]
    first = {"C": 1.0, "penalty": "l1", "l1_ratio": 0.5}
    assert found.trials == [
        EarlierTrial(first, "done", 0.5, 2),
        EarlierTrial({"C": 2.0, "penalty": "l2"}, "done", 0.9, 1),
        EarlierTrial({"C": 3.0, "penalty": "l2"}, "stopped", 0.7, 1),
        EarlierTrial({"C": 4.0, "penalty": "l2"}, "failed"),
    ]


@pytest.mark.parametrize(
    ("there", "here", "why"),
    [
        ({"data": {"hash": "y"}}, {}, "another data set"),
        ({"budget": {"steps": 5}}, {}, "5 steps there, all here"),
        ({"train_size": 100, "data": {"name": "digits"}}, {}, "another train_size"),
        ({}, {"metric": {"name": "val/log_loss"}}, "its rows have no val/log_loss"),
        ({}, {"constraint": {"name": "val/calibration_error", "max": 0.1}}, "its rows have no val/calibration_error"),
    ],
)
def test_of_another_problem_the_places_alone_are_known(
    there: dict[str, Any], here: dict[str, Any], why: str, tmp_path: Path
) -> None:
    spec = spec_of(other(tmp_path / "a", **there), **here)
    found = gather(spec, "x")
    assert found.lines == [f"warm start: 4 trials of {tmp_path / 'a'} ({why}: known by rank alone)"]
    assert [(t.config["C"], t.status, t.value, t.share) for t in found.trials] == [
        (1.0, "done", None, 1 / 4),
        (2.0, "done", None, 0.0),
        (3.0, "done", None, 2 / 4),
        (4.0, "failed", None, 1.0),
    ]
    with pytest.raises(SpecError, match=r"gp takes trials whose values compare alone: .*; valid: method: tpe"):
        gather(spec_of(tmp_path / "a", method="gp", **here), "x")


@pytest.mark.parametrize(
    ("changed", "left", "why"),
    [
        ({"C": {"min": 1.5, "max": 9.0}}, 3, "C is outside [1.5, 9]"),
        ({"penalty": {"values": ["l2", "none"]}}, 3, "penalty is outside ['l2', 'none']"),
        ({"l1_ratio": {"min": 0.6, "max": 1.0, "when": {"penalty": "l1"}}}, 3, "l1_ratio is outside [0.6, 1]"),
        ({"max_iter": {"values": [500, 600]}}, 4, ""),  # fixed there, searched here
        ({"max_iter": {"value": 400}}, 0, "max_iter is 500 there, 400 here (4)"),
        ({"tol": {"values": [1e-4, 1e-3]}}, 4, ""),  # the default there
        ({"tol": {"value": 1e-3}}, 0, "tol is 0.0001 there, 0.001 here (4)"),
        ({"penalty": None}, 3, "penalty is 'l1' there, 'l2' here"),  # not named here: the model's own
    ],
)
def test_what_does_not_lie_in_the_new_space_is_left_out(
    changed: dict[str, Any], left: int, why: str, tmp_path: Path
) -> None:
    parameters = {name: domain for name, domain in {**SPACE, **changed}.items() if domain is not None}
    if "penalty" in changed:
        del parameters["l1_ratio"]
    spec = spec_of(other(tmp_path / "a"), parameters=parameters)
    if not left:
        with pytest.raises(SpecError, match=r"warm_start: .*: nothing that could be used: ") as error:
            gather(spec, "x")
        assert why in str(error.value)
        return
    found = gather(spec, "x")
    assert found.lines == [f"warm start: {left} trials of {tmp_path / 'a'}" + f", 1 left out: {why}" * (left < 4)]
    for config in (trial.config for trial in found.trials):
        whole = {**spec.fixed, **config}
        assert {name for name in spec.space if spec.space.is_active(name, whole)} == config.keys()


def test_a_refusal_is_one_line_and_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    build_sweep(tmp_path / "b", [])
    for name, why in (("none", "there is no such folder"), ("a", "no sweep's folder"), ("b", "no trial has ended")):
        done = sweeps("run", "svm", "--warm-start", name, "--out", "new", folder=tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert f"warm_start: {tmp_path / name}: " in done.stderr
        assert why in done.stderr
        assert not (tmp_path / "new").exists()
    refused = sweeps("run", "svm", "--warm-start", "a", "--set", "method=random", folder=tmp_path)
    assert "warm_start: random draws no config by what others came to; valid: leave it out" in refused.stderr


def test_the_command_says_what_it_would_know(tmp_path: Path) -> None:
    other(tmp_path / "a"), other(tmp_path / "b", TRIALS[:2])
    (tmp_path / "it.yaml").write_text(yaml.safe_dump({**CLASSIFIER_SPEC, "warm_start": "a"}))
    one = sweeps("run", "it.yaml", "--dry-run", folder=tmp_path)
    assert "warm start: 4 trials of" in one.stderr
    two = sweeps("run", "it.yaml", "--dry-run", "--warm-start", "a", "--warm-start", "b", folder=tmp_path)
    assert [line.rpartition("/")[2] for line in two.stderr.splitlines() if "warm start: " in line] == ["a", "b"]
    assert yaml.safe_load(two.stdout)["warm_start"] == [str(tmp_path / name) for name in ("a", "b")]


def _trial(folder: Path, **lines: Any) -> dict[str, Any]:
    """One more trial of the sweep in a folder, by a process of its own."""
    _, sweep, _, _ = open_sweep(folder, **lines)
    work = next_work(sweep)
    assert work is not None
    delivered(sweep, report(work, 1, 0.5 + float(work.config.get("C", 0)) / 1e4, last=True))
    sweep.close(interrupted=True)
    return dict(work.config)


def test_a_sweep_goes_on_as_it_began_though_the_others_are_gone(tmp_path: Path) -> None:
    keys = {**CLASSIFIER_SPEC, "warm_start": [str(other(tmp_path / "a"))], "default_first": False}
    spec = load_spec(keys)
    for folder in ("straight", "cut"):
        (tmp_path / folder).mkdir()
        assert keep(tmp_path / folder, spec, "x") == [f"warm start: 4 trials of {tmp_path / 'a'}"]
    straight = [_trial(tmp_path / "straight", **keys) for _ in range(4)]
    first = [_trial(tmp_path / "cut", **keys) for _ in range(2)]
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "cut" / "optuna.journal").write_bytes(b"no journal\n")  # which is built anew
    assert [*first, *(_trial(tmp_path / "cut", **keys) for _ in range(2))] == straight
    left = load(tmp_path / "cut")
    assert len(left.trials) == 4
    assert set(left.rows["val/accuracy"]) == {0.5 + float(config.get("C", 0)) / 1e4 for config in straight}
    assert kept(tmp_path / "cut", load_spec({**keys, "warm_start": None})) == []


@pytest.mark.parametrize("content", [None, "{", json.dumps({"who": 1})])
def test_a_lost_copy_is_said(content: str | None, tmp_path: Path) -> None:
    spec = spec_of(other(tmp_path / "a"))
    if content is not None:
        (tmp_path / "earlier.jsonl").write_text(content)
    with pytest.raises(FolderError, match=r"earlier.jsonl: (gone|damaged), and it holds the trials of other sweeps"):
        kept(tmp_path, spec)
