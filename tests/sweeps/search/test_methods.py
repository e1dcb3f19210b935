"""The table of search methods: its options, and what it says that they honour, as a spec is held to it."""

import inspect
from typing import Any

import optuna
import pytest
from helpers.asked import ask_one

from sweeps.search.method import Ending
from sweeps.search.methods import METHODS
from sweeps.search.search import Search
from sweeps.spec import Spec, SpecError, load_spec

NUMBERS = {"ccp_alpha": {"min": 0.0, "max": 0.1}, "max_depth": {"min": 2, "max": 20}}

ORDINARY = [name for name, row in METHODS.items() if not row.repeats]  # the others have tests of their own


def spec_of(method: str, **lines: Any) -> Spec:
    return load_spec({"model": "decision_tree", "method": method, "run_cap": 5, "parameters": NUMBERS, **lines})


def refused(method: str, **lines: Any) -> str:
    with pytest.raises(SpecError) as error:
        spec_of(method, **lines)
    return str(error.value)


@pytest.mark.parametrize("method", [name for name in ORDINARY if METHODS[name].options])
def test_options_are_the_samplers_own_with_their_defaults(method: str) -> None:
    sampler = METHODS[method].sampler
    theirs = {"cmaes": "CmaEsSampler", "qmc": "QMCSampler"}.get(method, sampler)
    parameters = inspect.signature(getattr(optuna.samplers, theirs)).parameters
    for name, option in METHODS[method].options.items():
        # Ours are other ones where Optuna's is for one that knows nothing of the space, or of other processes.
        if name not in ("multivariate", "group", "sigma0", "scramble"):
            assert option.default == parameters[name].default, name
        assert name in parameters
        assert option.takes(option.default)


def test_options_are_given_to_the_sampler() -> None:
    spec = spec_of("tpe", sampler={"n_startup_trials": 3, "multivariate": False})
    assert spec.sampler == {
        "n_startup_trials": 3, "n_ei_candidates": 24, "multivariate": False, "group": True, "constant_liar": True,
    }  # fmt: skip
    early, late = (drawn(spec_of("tpe", sampler={"n_startup_trials": startup}), 3) for startup in (1, 2))
    assert early[0] == late[0]
    assert early[1] != late[1]


def drawn(spec: Spec, trials: int) -> list[dict[str, Any]]:
    """The configs of a search that is told one value after the other."""
    search, configs = Search(spec, None), []
    for _ in range(trials):
        number, config = ask_one(search)
        search.tell(number, Ending("done", config["ccp_alpha"], ""))
        configs.append(config)
    return configs


def test_a_population_that_the_cap_does_not_reach_is_said() -> None:
    [warning] = spec_of("nsga2", run_cap=50).warnings
    assert warning == "sampler.population_size: the first 50 trials of nsga2 are drawn by chance, and there are 50"
    assert not spec_of("nsga2", run_cap=50, sampler={"population_size": 10}).warnings


@pytest.mark.parametrize("method", [name for name in ORDINARY if METHODS[name].options])
def test_a_resolved_spec_has_all_options_and_reads_back(method: str) -> None:
    spec = spec_of(method)
    assert spec.document()["sampler"] == {name: option.default for name, option in METHODS[method].options.items()}
    assert load_spec(spec.document()) == spec


def test_an_option_from_the_command_line() -> None:
    lines = {"model": "decision_tree", "parameters": NUMBERS, "run_cap": 5, "sampler": {"n_ei_candidates": 7}}
    spec = load_spec(lines, {"sampler.n_startup_trials": 20})
    assert (spec.sampler["n_startup_trials"], spec.sampler["n_ei_candidates"]) == (20, 7)


@pytest.mark.parametrize(
    ("method", "options", "line"),
    [
        ("bayes", {"n_startup": 3}, "sampler.n_startup: tpe has no such option"),
        ("bayes", {"n_startup": 3}, "did you mean n_startup_trials?"),
        ("random", {"n_startup_trials": 3}, "sampler.n_startup_trials: random has no options"),
        (
            "tpe",
            {"n_startup_trials": -1},
            "sampler.n_startup_trials: -1 does not fit; valid: a whole number, 0 or more",
        ),
        ("tpe", {"n_startup_trials": 1.5}, "sampler.n_startup_trials: 1.5 does not fit"),
        ("tpe", {"n_startup_trials": True}, "sampler.n_startup_trials: true does not fit"),
        ("tpe", {"multivariate": 1}, "sampler.multivariate: 1 does not fit; valid: true or false"),
        ("qmc", {"qmc_type": "sobel"}, "sampler.qmc_type: 'sobel' does not fit; valid: sobol or halton"),
        ("cmaes", {"popsize": 1}, "sampler.popsize: 1 does not fit; valid: a whole number, 3 or more, or null"),
        ("nsga2", {"crossover_prob": 1.5}, "sampler.crossover_prob: 1.5 does not fit; valid: a number, from 0 to 1"),
        ("nsga2", {"population_size": None}, "sampler.population_size: null does not fit"),
        ("cmaes", {"with_margin": True, "lr_adapt": True}, "sampler.lr_adapt: does not go with with_margin"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_name(method: str, options: dict[str, Any], line: str) -> None:
    assert line in refused(method, sampler=options)


@pytest.mark.parametrize("method", ORDINARY)
def test_a_choice_is_searched_or_refused_by_name(method: str) -> None:
    choice = {"criterion": {"values": ["gini", "entropy"]}, "max_depth": {"values": [2, 3]}}
    if METHODS[method].categorical == "refused":
        assert "parameters.criterion.values: cmaes searches numbers, and this is a choice" in refused(
            method, parameters=choice
        )
        assert (
            spec_of(method, parameters={**NUMBERS, "criterion": {"value": "entropy"}}).fixed["criterion"] == "entropy"
        )
    else:
        assert list(spec_of(method, parameters=choice).space) == ["criterion", "max_depth"]


@pytest.mark.parametrize("method", ORDINARY)
def test_a_constraint_is_heeded_or_a_warning_says_where_it_is_not(method: str) -> None:
    finite = {"ccp_alpha": {"values": [0.0, 0.1]}}
    lines = {"parameters": finite} if METHODS[method].finite else {}
    spec = spec_of(method, constraint={"name": "val/log_loss", "max": 1.0}, **lines)
    warned = [line for line in spec.warnings if line.startswith("constraint: ")]
    assert len(warned) == (METHODS[method].constraint == "ranking only")


@pytest.mark.parametrize("method", ORDINARY)
def test_the_sampler_of_a_method_is_made_when_it_is_asked(method: str) -> None:
    lines = {"parameters": {"max_depth": {"min": 2, "max": 4}}} if METHODS[method].finite else {}
    search = Search(spec_of(method, **lines), None)
    assert ask_one(search).number == 0
