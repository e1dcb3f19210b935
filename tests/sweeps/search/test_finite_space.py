"""A space of few configs: each is asked for once, whatever searches, and then the sweep is over."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.asked import ask_one

from search_spaces.finite import MOST, configs, identity
from sweeps.search.drawing import draw
from sweeps.search.method import Ending
from sweeps.search.optuna_internals import rehearsal_of
from sweeps.search.samplers.tpe import TPE
from sweeps.search.search import Search
from sweeps.search.trials import Trials
from sweeps.spec import Spec, load_spec

FEW = {
    "flat": {"C": {"values": [0.1, 1.0, 10.0]}, "max_iter": {"min": 100, "max": 400, "step": 100}},
    "conditional": {
        "penalty": {"values": ["l2", "elasticnet"]},
        "l1_ratio": {"values": [0.25, 0.5, 0.75], "when": {"penalty": "elasticnet"}},
        "C": {"min": 0.1, "max": 0.4, "q": 0.1, "distribution": "q_uniform"},
    },
}
SIZES = {"flat": 12, "conditional": 4 * (1 + 3)}


def spec_of(method: str, parameters: Mapping[str, Any], **keys: Any) -> Spec:
    return load_spec({"model": "logistic_regression", "method": method, "parameters": parameters, **keys})


def score(config: Mapping[str, Any]) -> float:
    return float(-abs(config["C"] - 0.3) - config.get("l1_ratio", 0.0))


@pytest.mark.parametrize("method", ["bayes", "random", "grid"])
@pytest.mark.parametrize("space", FEW)
def test_each_config_once_with_parallel_asks_and_a_resume(tmp_path: Path, method: str, space: str) -> None:
    spec = spec_of(method, FEW[space], run_cap=50)
    asked = []
    while not (search := Search(spec, tmp_path / "journal")).exhausted:  # a resume after every three
        three = [ask_one(search) for _ in range(3) if not search.exhausted]
        for number, config in three:
            search.tell(number, Ending("failed" if number % 5 == 2 else "done", score(config), ""))
        asked += [config for _, config in three]
    assert len(asked) == SIZES[space]
    assert {identity(config) for config in asked} == {identity(c) for c in configs(spec.space, spec.fixed)}
    assert [config for _, config, *_ in search.ended()] == asked


def test_what_is_not_drawn_twice_is_drawn_as_without_this_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("bayes", {"C": {"min": 1, "max": 9000}, "max_iter": {"value": 100}}, run_cap=16)
    found = []
    for most in (MOST, 1):
        monkeypatch.setattr("search_spaces.finite.MOST", most)
        search, asked = Search(spec, tmp_path / f"{most}"), []
        for _ in range(16):
            number, config = ask_one(search)
            search.tell(number, Ending("done", score(config), ""))
            asked.append(config)
        found.append(asked)
    distinct = list(itertools.takewhile(lambda i: found[1].index(found[1][i]) == i, range(16)))
    assert len(distinct) > 11  # TPE's own draws are among them, from the eleventh on
    assert [found[0][i] for i in distinct] == [found[1][i] for i in distinct]


@pytest.mark.parametrize("journal", [True, False])
def test_a_rehearsal_draws_as_a_copy_of_the_study_would_and_leaves_it_alone(tmp_path: Path, journal: bool) -> None:
    spec = spec_of("bayes", FEW["conditional"] | {"max_iter": {"min": 1, "max": 99}}, run_cap=40)
    trials = Trials(spec, tmp_path / "journal" if journal else None)
    for number in range(30):
        asked = trials.begin(optuna.samplers.RandomSampler(seed=number))
        trials.report(number, 1, score(asked.config))
        if number < 28:  # else it still runs
            trials.tell(number, Ending(("done", "done", "stopped", "failed")[number % 4], score(asked.config)))
    copied = optuna.create_study(direction="maximize")
    copied.add_trials(trials.study.get_trials())
    drawn = []
    for study in (rehearsal_of(trials.study), copied):
        study.sampler = TPE(spec, trials).sampler(30)
        drawn.append([draw(study.ask(), spec.space, spec.fixed) for _ in range(5)])
    assert drawn[0] == drawn[1]
    assert len(trials.study.trials) == 30


@pytest.mark.parametrize("method", ["bayes", "random"])
def test_that_there_are_fewer_configs_than_trials_is_said(method: str) -> None:
    spec = spec_of(method, FEW["flat"], run_cap=50)
    assert spec.trials == 12
    assert spec.warnings == ("run_cap: there are 12 configs, each is tried once, and then the sweep ends",)
    endless = spec_of(method, FEW["flat"])
    assert (endless.trials, endless.warnings) == (12, spec.warnings)
    assert spec_of(method, FEW["flat"], run_cap=12).warnings == ()
    assert spec_of(method, {"C": {"min": 0.1, "max": 1.0}}, run_cap=50).trials == 50


def test_seeds_of_one_config_are_no_repetitions(tmp_path: Path) -> None:
    spec = spec_of("random", {"C": {"value": 1.0}}, seeds=3)
    search = Search(spec, tmp_path / "journal")
    assert [ask_one(search)[0] for _ in range(3)] == [0, 1, 2]
    assert search.exhausted
