"""What a sampler reads of trials that did not end well, while the journal keeps what is true."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.asked import ask, ask_one
from optuna.trial import TrialState

from sweeps.search.journal import JOURNAL, storage
from sweeps.search.method import Ending
from sweeps.search.search import Search
from sweeps.search.trials import Trials
from sweeps.search.view import View, readings
from sweeps.spec import Spec, load_spec

SPACE: dict[str, Any] = {
    "ccp_alpha": {"min": 0.0, "max": 0.1},
    "max_depth": {"min": 2, "max": 20},
    "min_samples_leaf": {"min": 1, "max": 51, "when": {"max_depth": {"min": 10}}},
}
ENDINGS = {
    "done": Ending("done", 0.5, "", violations=(-0.1,)),
    "poor": Ending("done", 0.2, "", violations=(0.3,)),
    "stopped": Ending("stopped", None, "behind the mark", violations=(0.1,)),
    "diverged": Ending("failed", None, "diverged: loss is nan"),
    "crashed": Ending("failed", None, "its worker died 4 times: out of memory", crashed=True),
}


def spec_of(method: str = "gp", **lines: Any) -> Spec:
    constraint = {"name": "val/log_loss", "max": 1.0}
    document = {
        "model": "decision_tree",
        "method": method,
        "run_cap": 60,
        "parameters": SPACE,
        "constraint": constraint,
    }
    return load_spec({**document, **lines})


def told(folder: Path) -> Trials:
    """The trials of a search of which each ended in one of the ways above, and the last one runs."""
    search = Search(spec_of(), folder / JOURNAL)
    for ending in ENDINGS.values():
        number, _ = ask_one(search)
        for step, value in enumerate((0.3, 0.4, 0.35), 1):
            search.report(number, step, value)
        search.tell(number, ending)
    ask_one(search)
    return Trials(spec_of(), folder / JOURNAL)


def test_the_journal_says_what_is_true(tmp_path: Path) -> None:
    told(tmp_path)
    trials = optuna.load_study(study_name=None, storage=storage(tmp_path / JOURNAL)).trials
    states = [TrialState.COMPLETE] * 2 + [TrialState.PRUNED] * 2 + [TrialState.FAIL, TrialState.RUNNING]
    assert [trial.state for trial in trials] == states
    assert [trial.value for trial in trials[:2]] == [0.5, 0.2]
    assert all(trial.intermediate_values == {1: 0.3, 2: 0.4, 3: 0.35} for trial in trials[:-1])
    assert trials[4].user_attrs["reason"] == "its worker died 4 times: out of memory"


def test_a_stopped_trial_is_read_by_its_best_and_a_diverged_one_as_the_worst(tmp_path: Path) -> None:
    found = readings(told(tmp_path).study.get_trials(), spec_of().metric)
    assert [reading.values for reading in found] == [(0.5,), (0.2,), (0.4,), (0.2,), None, None]
    assert [reading.violations for reading in found[:4]] == [(-0.1,), (0.3,), (0.1,), (0.3,)]
    assert [reading.runs for reading in found] == [False] * 5 + [True]


def test_in_a_view_every_trial_has_every_parameter_and_a_crashed_one_is_not_read(tmp_path: Path) -> None:
    spec = spec_of()
    trials = View(spec.space, spec.metric, readings(told(tmp_path).study.get_trials(), spec.metric)).study.trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 4 + [TrialState.FAIL, TrialState.RUNNING]
    assert all(list(trial.params) == list(spec.space) for trial in trials)
    active = [trial.params["max_depth"] >= 10 for trial in trials]
    assert not all(active)
    assert {t.params["min_samples_leaf"] for t, is_active in zip(trials, active, strict=True) if not is_active} == {26}
    assert [list(trial.constraints.values()) for trial in trials[:4]] == [[-0.1], [0.3], [0.1], [0.3]]


@pytest.mark.parametrize("method", ["tpe", "cmaes", "nsga2", pytest.param("gp", marks=pytest.mark.slow)])
def test_no_method_goes_on_to_where_training_diverges(method: str) -> None:
    """Three tenths of the space are bad, and by chance as many of what is asked."""
    options = {"nsga2": {"population_size": 10}}.get(method, {})
    spec = spec_of(method, constraint=None, sampler=options, run_cap=45, default_first=False)
    search, bad = Search(spec, None), []
    for _ in range(45):
        [(number, config)] = ask(search)
        bad.append(config["ccp_alpha"] > 0.07)
        value = -abs(config["ccp_alpha"] - 0.05)
        search.tell(number, Ending("failed", None, "diverged") if bad[-1] else Ending("done", value, ""))
    assert sum(bad[-15:]) <= 2
