"""The search against real Optuna: truth told, journal resumed, conditional grids."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.asked import ask_one
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from sweeps.search.method import Ending
from sweeps.search.optuna_internals import taken_up
from sweeps.search.search import Search
from sweeps.spec import Spec, load_spec


def spec_of(method: str = "bayes", **keys: Any) -> Spec:
    return load_spec({"model": "logistic_regression", "dataset": "digits", "method": method, "run_cap": 40, **keys})


def study(journal: Path) -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.load_study(study_name=None, storage=storage)


def score(config: dict[str, Any]) -> float:
    return -abs(float(config.get("C", 3.0)) - 1.0)


def play(search: Search, trials: int) -> list[dict[str, Any]]:
    configs = []
    for _ in range(trials):
        number, config = ask_one(search)
        configs.append(config)
        search.report(number, 1, score(config))
        search.tell(number, Ending("done", score(config), ""))
    return configs


def test_a_search_resumed_from_its_journal_asks_as_the_straight_one(tmp_path: Path) -> None:
    straight = play(Search(spec_of(seed=3), tmp_path / "straight"), 14)
    play(Search(spec_of(seed=3), tmp_path / "cut"), 11)
    assert play(Search(spec_of(seed=3), tmp_path / "cut"), 3) == straight[11:]


@pytest.mark.parametrize("method", ["bayes", "random"])
def test_seeds_differ(tmp_path: Path, method: str) -> None:
    first, second = (play(Search(spec_of(method, seed=s), tmp_path / str(s)), 3) for s in (0, 1))
    assert first != second


def test_optuna_hears_how_each_trial_ended(tmp_path: Path) -> None:
    search = Search(spec_of(), tmp_path / "journal")
    ends = (("done", 0.5, False), ("stopped", None, False), ("failed", None, False), ("failed", None, True))
    for status, value, crashed in ends:
        number, _ = ask_one(search)
        search.report(number, 1, 0.4)
        search.tell(number, Ending(status, value, f"because {status}", crashed=crashed))  # type: ignore[arg-type]
    trials = study(tmp_path / "journal").trials
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.PRUNED, TrialState.FAIL]
    assert [t.state for t in trials] == states
    assert trials[0].value == 0.5
    assert [t.intermediate_values for t in trials] == [{1: 0.4}] * 4
    assert [all(v <= 0 for v in t.constraints.values()) for t in trials] == [True, True, False, True]
    for known in (search, Search(spec_of(), tmp_path / "journal")):
        assert [(status, reason) for *_, status, reason in known.ended()] == [
            (status, f"because {status}") for status, *_ in ends
        ]


def test_a_journal_that_says_fail_is_still_read(tmp_path: Path) -> None:
    search = Search(spec_of(), tmp_path / "journal")
    number, config = ask_one(search)
    old = study(tmp_path / "journal")
    taken_up(old, old.trials[0]).set_user_attr("reason", "diverged: loss is nan")
    old.tell(number, state=TrialState.FAIL)
    again = Search(spec_of(), tmp_path / "journal")
    assert list(again.ended()) == [(number, config, "failed", "diverged: loss is nan")]


def failing(search: Search, trials: int, *, crashed: bool = False) -> list[float]:
    """Best where C is 0.5, and what is above 0.7 is the better at first, and then fails."""
    asked = []
    for _ in range(trials):
        number, config = ask_one(search)
        asked.append(config["C"])
        if config["C"] > 0.7:
            search.report(number, 1, 9.0)
            search.tell(number, Ending("failed", 9.0, "diverged: loss is nan at step 2", crashed=crashed))
        else:
            search.report(number, 1, -abs(config["C"] - 0.5))
            search.tell(number, Ending("done", -abs(config["C"] - 0.5), ""))
    return asked


def test_a_config_that_fails_pushes_the_search_away(tmp_path: Path) -> None:
    space: dict[str, Any] = {"parameters": {"C": {"min": 0.01, "max": 1.0}}, "run_cap": 80}
    told = failing(Search(spec_of(**space), tmp_path / "told"), 80)
    unread = failing(Search(spec_of(**space), tmp_path / "unread"), 80, crashed=True)  # FAIL, which TPE does not read
    bad, unread_bad = (sum(c > 0.7 for c in asked[40:]) for asked in (told, unread))
    assert unread_bad > 30  # of 40
    assert bad < 5
    assert sum(c > 0.7 for c in told) < sum(c > 0.7 for c in unread) / 3


def test_a_resumed_search_that_has_failures_asks_as_the_straight_one(tmp_path: Path) -> None:
    space: dict[str, Any] = {"parameters": {"C": {"min": 0.01, "max": 1.0}}, "seed": 2}
    straight = failing(Search(spec_of(**space), tmp_path / "straight"), 30)
    first = failing(Search(spec_of(**space), tmp_path / "cut"), 22)
    assert first + failing(Search(spec_of(**space), tmp_path / "cut"), 8) == straight


def test_reporting_a_step_again_changes_nothing(tmp_path: Path) -> None:
    search = Search(spec_of(), tmp_path / "journal")
    number, _ = ask_one(search)
    search.report(number, 1, 0.25)
    search.report(number, 1, 0.75)
    assert study(tmp_path / "journal").trials[0].intermediate_values == {1: 0.25}


def test_a_trial_left_running_comes_back_with_its_own_config(tmp_path: Path) -> None:
    asked = ask_one(Search(spec_of(), tmp_path / "journal"))
    again = Search(spec_of(), tmp_path / "journal")
    assert list(again.unfinished()) == [asked]
    again.tell(asked[0], Ending("done", 1.0, ""))
    assert not list(again.unfinished())
    assert ask_one(again)[0] == 1


def test_a_torn_last_line_of_the_journal_is_survived(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    play(Search(spec_of(), journal), 2)
    with journal.open("a") as handle:
        handle.write('{"op_code": 4, "worker')
    again = Search(spec_of(), journal)
    assert len(list(again.ended())) == 2
    assert play(again, 1)
    assert len(study(journal).trials) == 3


def test_a_lock_left_by_a_killed_process_does_not_hold_the_search_up(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    play(Search(spec_of(), journal), 1)
    (tmp_path / "journal.lock").symlink_to(journal)
    assert len(list(Search(spec_of(), journal).ended())) == 1


def test_a_grid_visits_each_active_branch_once(tmp_path: Path) -> None:
    parameters = {
        "penalty": {"values": ["l2", "elasticnet"]},
        "l1_ratio": {"values": [0.25, 0.75]},
        "C": {"values": [0.1, 1.0]},
    }
    search = Search(spec_of("grid", parameters=parameters, run_cap=100), tmp_path / "journal")
    configs = play(search, int(search.size))
    seen = {(c["C"], c["penalty"], c.get("l1_ratio")) for c in configs}
    assert len(configs) == len(seen) == 2 * (1 + 2)
    assert all(("l1_ratio" in c) == (c["penalty"] == "elasticnet") for c in configs)
    assert search.exhausted


def test_a_grid_cut_between_two_points_goes_on_at_the_next(tmp_path: Path) -> None:
    keys = {"parameters": {"C": {"values": [0.1, 1.0, 10.0]}}}
    play(Search(spec_of("grid", **keys), tmp_path / "journal"), 2)
    rest = Search(spec_of("grid", **keys), tmp_path / "journal")
    assert [c["C"] for c in play(rest, 1)] == [10.0]
    assert rest.exhausted


def test_the_journal_opens_with_optuna_alone(tmp_path: Path) -> None:
    play(Search(spec_of(), tmp_path / "journal"), 4)
    loaded = study(tmp_path / "journal")
    assert loaded.best_value == max(score(t.params) for t in loaded.trials)


LIMIT: dict[str, Any] = {"constraint": {"name": "val/log_loss", "max": 0.5}}


def play_under_constraint(search: Search, trials: int) -> list[dict[str, Any]]:
    """Best where C is 1; what the constraint wants is a C over 30."""
    configs = []
    for _ in range(trials):
        number, config = ask_one(search)
        configs.append(config)
        search.report(number, 1, score(config))
        search.tell(number, Ending("done", score(config), "", [30 - config.get("C", 0.0)]))
    return configs


def test_tpe_goes_where_the_constraint_is_kept(tmp_path: Path) -> None:
    space: dict[str, Any] = {
        "parameters": {"C": {"distribution": "log_uniform_values", "min": 0.01, "max": 100}},
        "run_cap": 60,
    }
    free = [config["C"] for config in play(Search(spec_of(**space), tmp_path / "free"), 60)]
    bound = [config["C"] for config in play_under_constraint(Search(spec_of(**space, **LIMIT), tmp_path / "bound"), 60)]
    assert sum(c > 30 for c in free[20:]) < 5
    assert sum(c > 30 for c in bound[20:]) > 15  # random ones would be 5
    best = study(tmp_path / "bound").best_trial
    assert best.params["C"] >= 30
    assert best.constraints == {"val/log_loss of 0.5 or less": 30 - best.params["C"]}


def test_what_fails_is_worse_than_what_breaks_the_constraint(tmp_path: Path) -> None:
    """Nothing keeps the constraint: the nearest to it is C of 0.5, and above 0.7 all fails."""
    space: dict[str, Any] = {"parameters": {"C": {"min": 0.01, "max": 1.0}}, "run_cap": 60}
    search, asked = Search(spec_of(**space, **LIMIT), tmp_path / "journal"), []
    for _ in range(60):
        number, config = ask_one(search)
        asked.append(config["C"])
        failed, past = config["C"] > 0.7, 1e6 * (0.1 + abs(config["C"] - 0.5))
        search.tell(number, Ending("failed" if failed else "done", None if failed else 0.5, "", [past]))
    assert sum(c > 0.7 for c in asked[20:]) < 5
    assert sum(0.4 < c < 0.6 for c in asked[20:]) > 16  # random ones would be 8


def test_under_a_constraint_too_a_resumed_search_asks_as_the_straight_one(tmp_path: Path) -> None:
    straight = play_under_constraint(Search(spec_of(seed=3, **LIMIT), tmp_path / "straight"), 16)
    play_under_constraint(Search(spec_of(seed=3, **LIMIT), tmp_path / "cut"), 12)
    assert play_under_constraint(Search(spec_of(seed=3, **LIMIT), tmp_path / "cut"), 4) == straight[12:]


def test_a_constraint_told_before_a_kill_is_told_once(tmp_path: Path) -> None:
    search = Search(spec_of(**LIMIT), tmp_path / "journal")
    number, _ = ask_one(search)
    killed = study(tmp_path / "journal")
    taken_up(killed, killed.trials[0]).set_constraint("val/log_loss of 0.5 or less", 1.0)  # and then it was killed
    again = Search(spec_of(**LIMIT), tmp_path / "journal")
    assert [n for n, _ in again.unfinished()] == [number]
    again.tell(number, Ending("done", 0.1, "", [1.0]))
    assert study(tmp_path / "journal").trials[0].constraints == {"val/log_loss of 0.5 or less": 1.0}


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_value_that_is_there_twice_is_drawn_twice_as_often(tmp_path: Path, method: str) -> None:
    parameters = {"max_depth": {"values": [2, None, 2]}, "min_samples_leaf": {"min": 1, "max": 1000}}
    spec = load_spec({"model": "decision_tree", "method": method, "parameters": parameters, "run_cap": 400})
    assert load_spec(spec.document()) == spec
    search, drawn = Search(spec, tmp_path / "journal"), list[Any]()
    for _ in range(300 if method == "random" else 10):
        number, config = ask_one(search)
        search.tell(number, Ending("done", 0.5, ""))
        drawn.append(config["max_depth"])
    assert set(drawn) == {2, None}
    assert drawn.count(2) > (180 if method == "random" else 5)


def test_a_grid_has_a_value_that_is_there_twice_once(tmp_path: Path) -> None:
    parameters = {"max_depth": {"values": [2, None, 2]}}
    spec = load_spec({"model": "decision_tree", "method": "grid", "parameters": parameters})
    assert [config["max_depth"] for config in play(Search(spec, tmp_path / "journal"), 2)] == [2, None]
    assert spec.trials == 2
