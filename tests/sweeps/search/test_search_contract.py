"""What every row of the table of search methods keeps; a new row is tried here by itself, on each of the spaces."""

from importlib import import_module
from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.asked import ask
from optuna.trial import TrialState

from search_spaces.finite import configs, identity
from sweeps.search.journal import storage
from sweeps.search.method import Asked, Ending, Nothing, SearchMethod
from sweeps.search.methods import METHODS, names, own_name
from sweeps.search.samplers.drawn import DrawnMethod
from sweeps.search.search import Search
from sweeps.search.trials import Trials
from sweeps.spec import Spec, load_spec

SPACES: dict[str, dict[str, Any]] = {
    "conditional": {
        "penalty": {"values": ["l2", "elasticnet", "none"], "probabilities": [0.25, 0.5, 0.25]},
        "l1_ratio": {"distribution": "beta", "a": 2, "b": 2, "when": {"penalty": "elasticnet"}},
        "C": {"distribution": "log_uniform_values", "min": 1e-3, "max": 1e3},
        "tol": {"distribution": "log_normal", "mu": -7, "sigma": 1},
    },
    "finite": {
        "penalty": {"values": ["l2", "elasticnet"]},
        "l1_ratio": {"values": [0.25, 0.5, 0.75], "when": {"penalty": "elasticnet"}},
        "C": {"min": 0.1, "max": 0.3, "q": 0.1, "distribution": "q_log_uniform_values"},
        "max_iter": {"min": 100, "max": 200, "step": 100},
    },
}
# The same for methods that search numbers alone.
NUMBERS: dict[str, dict[str, Any]] = {
    "conditional": {
        "ccp_alpha": {"distribution": "log_normal", "mu": -7, "sigma": 2},
        "max_depth": {"min": 2, "max": 40},
        "min_samples_leaf": {"min": 1, "max": 50, "when": {"max_depth": {"min": 10}}},
    },
    "finite": {
        "ccp_alpha": {"min": 0.1, "max": 0.4, "q": 0.1, "distribution": "q_uniform"},
        "max_depth": {"min": 2, "max": 4},
        "min_samples_leaf": {"min": 1, "max": 3, "step": 1, "when": {"max_depth": {"min": 4}}},
    },
}
FINITE = {"logistic_regression": 3 * 2 * (1 + 3), "decision_tree": 4 * (2 + 3)}  # configs
# So that what a method learns shows within the trials here; the questions of a Gaussian process take their time.
FEW: dict[str, dict[str, Any]] = {
    "nsga2": {"population_size": 6},
    "gp": {"n_startup_trials": 12},
    "pbt": {"population": 12, "interval": 1},
}


def _marks(method: str, space: str, again: bool = False) -> list[pytest.MarkDecorator]:
    """A quarter of a second a question is a lot for two spaces, and where all is asked `again`."""
    return [pytest.mark.slow] if method == "gp" and (again or space == "finite") else []


def _cases(again: bool = False) -> pytest.MarkDecorator:
    cases = [
        pytest.param(name, space, id=f"{name}-{space}", marks=_marks(name, space, again))
        for name, row in METHODS.items()
        for space in SPACES
        if space == "finite" or not row.finite
    ]
    return pytest.mark.parametrize(("method", "space"), cases)


each_case, each_case_again = _cases(), _cases(again=True)
each_method = pytest.mark.parametrize("method", METHODS)
each_method_whole = pytest.mark.parametrize(
    "method", [pytest.param(name, marks=_marks(name, "finite")) for name, row in METHODS.items() if not row.repeats]
)


def spec_of(method: str, space: str, **keys: Any) -> Spec:
    numbers = METHODS[method].categorical == "refused"
    model, spaces = ("decision_tree", NUMBERS) if numbers else ("logistic_regression", SPACES)
    lines = {"model": model, "method": method, "parameters": spaces[space], "sampler": FEW.get(method, {})}
    budget = {"budget": {"steps": 2}} if method == "pbt" else {}  # twelve members in two generations
    return load_spec({"dataset": "digits", "run_cap": 24, **budget, **lines, **keys})


def score(config: dict[str, Any]) -> float:
    return -abs(float(config.get("C", config.get("ccp_alpha", 1.0))) - 0.2) - float(config.get("l1_ratio", 0.0))


def tell(search: Search, asked: Asked) -> None:
    """Any of the ways in which a trial can end, by its number."""
    number, config = asked
    way, value = number % 5, score(config)
    for step in (1, 2):
        search.report(number, step, value - 1 / step)
    if way == 2:
        search.tell(number, Ending("failed", None, "diverged: loss is nan"))
    elif way == 3:
        search.tell(number, Ending("stopped", None, "worse than the mark"))
    else:
        search.tell(number, Ending("failed" if way == 4 else "done", value, "", crashed=way == 4))


def play(search: Search, rounds: int, at_once: int = 3) -> list[Asked]:
    asked = []
    for _ in range(rounds):
        now = ask(search, at_once)
        for each in reversed(now):  # the last begun may be the first to end
            tell(search, each)
        asked += now
    return asked


def study(journal: Path) -> optuna.Study:
    return optuna.load_study(study_name=None, storage=storage(journal))


@each_case
def test_what_is_asked_lies_within_the_space(method: str, space: str, tmp_path: Path) -> None:
    spec = spec_of(method, space)
    asked = play(Search(spec, tmp_path / "journal"), 5)
    assert [number for number, _ in asked] == list(range(15))
    for _, config in asked:
        searched = {name: value for name, value in config.items() if name not in spec.fixed}
        assert {name: config[name] for name in spec.fixed} == spec.fixed
        assert spec.space.fault(searched) is None


@each_case_again
def test_resumed_from_its_journal_it_asks_as_the_straight_one(method: str, space: str, tmp_path: Path) -> None:
    spec = spec_of(method, space, seed=3)
    straight = play(Search(spec, tmp_path / "straight"), 6)
    cut = [trial for _ in range(6) for trial in play(Search(spec, tmp_path / "cut"), 1)]  # six processes
    assert cut == straight


@each_case_again
@pytest.mark.parametrize("interrupted", [True, False], ids=["interrupted", "killed"])
def test_an_end_between_ask_and_tell_leaves_the_same_search(
    method: str, space: str, interrupted: bool, tmp_path: Path
) -> None:
    spec = spec_of(method, space)
    straight, ended = Search(spec, tmp_path / "straight"), Search(spec, tmp_path / "ended")
    assert play(straight, 4) == play(ended, 4)
    pending = ask(straight, 2)
    assert ask(ended, 2) == pending
    ended.report(pending[0].number, 1, -9.0)
    straight.report(pending[0].number, 1, -9.0)
    if interrupted:
        ended.set_aside()
        assert {trial.state for trial in study(tmp_path / "ended").trials[-2:]} == {TrialState.WAITING}
    again = Search(spec, tmp_path / "ended")
    assert again.asked == straight.asked
    assert list(again.unfinished()) == pending
    for search in (straight, again):
        for each in pending:
            tell(search, each)
    assert ask(again, 3) == ask(straight, 3)


@each_case
def test_a_kill_in_mid_draw_is_drawn_to_its_end(method: str, space: str, tmp_path: Path) -> None:
    spec = spec_of(method, space)
    play(Search(spec, tmp_path / "journal"), 1)
    study(tmp_path / "journal").ask()  # begun, and no value drawn
    [(number, config)] = Search(spec, tmp_path / "journal").unfinished()
    assert number == 3
    assert spec.space.fault({name: value for name, value in config.items() if name not in spec.fixed}) is None


@each_case
def test_told_again_it_is_where_it_was(method: str, space: str, tmp_path: Path) -> None:
    """The same values and ends, told to a search in memory that was asked for the same configs."""
    spec = spec_of(method, space)
    straight, replayed = Search(spec, tmp_path / "journal"), Search(spec, None)
    for each in play(straight, 4, at_once=1):
        replayed.ask_for({name: value for name, value in each.config.items() if name not in spec.fixed})
        tell(replayed, each)
    assert list(replayed.ended()) == list(straight.ended())
    assert list(replayed.reported()) == list(straight.reported())
    assert ask(replayed, 3) == ask(straight, 3)


@each_case
def test_no_trial_is_left_open_after_its_end(method: str, space: str, tmp_path: Path) -> None:
    search = Search(spec_of(method, space), tmp_path / "journal")
    play(search, 4)
    trials = study(tmp_path / "journal").trials
    assert len(trials) == 12
    assert all(trial.state.is_finished() for trial in trials)
    assert not list(Search(spec_of(method, space), tmp_path / "journal").unfinished())


@each_case
def test_several_at_once_are_asked_as_one_after_the_other(method: str, space: str, tmp_path: Path) -> None:
    together, in_turn = (Search(spec_of(method, space), tmp_path / name) for name in ("together", "turn"))
    play(together, 4, at_once=1), play(in_turn, 4, at_once=1)
    found = ask(together, 4)
    assert found == [each for _ in range(4) for each in ask(in_turn, 1)]
    assert len({identity(config) for _, config in found}) == 4


@each_case
def test_it_ends_with_the_cap_whatever_is_asked_at_once(method: str, space: str, tmp_path: Path) -> None:
    search = Search(spec_of(method, space, run_cap=7), tmp_path / "journal")
    assert [len(play(search, 1, at_once=5)), len(play(search, 1, at_once=5))] == [5, 2]
    assert search.ask(1) is Nothing.NO_MORE
    assert Search(spec_of(method, space, run_cap=7), tmp_path / "journal").exhausted


@each_method_whole
def test_a_finite_space_is_asked_whole_and_nothing_twice(method: str, tmp_path: Path) -> None:
    spec = spec_of(method, "finite", run_cap=200)
    asked: list[Asked] = []
    while not (search := Search(spec, tmp_path / "journal")).exhausted:  # a resume after every five
        asked += play(search, 1, at_once=5)
    assert len(asked) == FINITE[spec.model]
    assert {identity(config) for _, config in asked} == {identity(c) for c in configs(spec.space, spec.fixed)}


@each_method
def test_the_row_tells_the_truth(method: str) -> None:
    row, spec = METHODS[method], spec_of(method, "finite")
    module, _, name = row.where.partition(":")
    made: SearchMethod = getattr(import_module(module), name)(spec, Trials(spec, None))
    if row.sampler.endswith("Sampler"):
        assert isinstance(made, DrawnMethod)
        assert type(made.seeded(0)).__name__ == row.sampler
    assert [own_name(other) for other in (method, *row.other_names)] == [method] * (1 + len(row.other_names))


@each_method
def test_only_what_learns_heeds_what_it_was_told(method: str) -> None:
    """Two searches are told the opposite of each other."""
    space = "finite" if METHODS[method].finite else "conditional"
    searches = [Search(spec_of(method, space, run_cap=16), None) for _ in range(2)]
    asked: list[list[Asked]] = [[], []]
    for _ in range(16):
        for sign, search, found in zip((1, -1), searches, asked, strict=True):
            [(number, config)] = ask(search)
            search.tell(number, Ending("done", sign * score(config), ""))
            found.append(Asked(number, config))
    assert (asked[0] != asked[1]) == searches[0].learns


def test_every_name_of_a_method_is_one_that_a_spec_may_say() -> None:
    assert len(set(names())) == len(names())
    specs = [spec_of(own_name(name), "finite").document() | {"method": name} for name in names()]
    assert {load_spec(document).method for document in specs} == set(METHODS)
