"""The spaces of the models, and what any space keeps."""

import copy
import pickle
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces import SPACES
from search_spaces.conditions import at_least
from search_spaces.domains import Choice, Domain, Float, Int, SpaceError
from search_spaces.space import Space
from trainables import MODELS

seeds = st.integers(0, 2**32 - 1)
unhurried = settings(deadline=None)  # a busy machine is no failure


def test_every_model_has_a_space() -> None:
    assert set(SPACES) == set(MODELS)


@pytest.mark.parametrize("model", SPACES)
@unhurried
@given(seed=seeds)
def test_a_drawn_config_lies_in_the_space_and_the_model_takes_it(model: str, seed: int) -> None:
    config = SPACES[model].draw(Random(seed))
    assert SPACES[model].fault(config) is None
    MODELS[model].configure(config)


@pytest.mark.parametrize("model", SPACES)
@unhurried
@given(seed=seeds, data=st.data())
def test_a_config_with_one_value_changed_to_nonsense_lies_outside(model: str, seed: int, data: st.DataObject) -> None:
    config = SPACES[model].draw(Random(seed))
    name = data.draw(st.sampled_from(sorted(config)))
    assert not SPACES[model].contains({**config, name: "nonsense"})
    assert not SPACES[model].contains({**config, "no_such": 1})
    # A parameter left out is missed, or others that hang on it are left without effect.
    assert not SPACES[model].contains({key: value for key, value in config.items() if key != name})


@pytest.mark.parametrize("model", SPACES)
def test_every_parameter_is_the_models_own_and_gets_drawn(model: str) -> None:
    drawn: set[str] = set().union(*(SPACES[model].draw(Random(seed)) for seed in range(200)))
    assert drawn == set(SPACES[model])
    assert drawn <= set(MODELS[model].defaults())


def test_gan_widths_are_there_up_to_the_depth() -> None:
    for seed in range(50):
        config = SPACES["gan"].draw(Random(seed))
        for net in "gd":
            widths = {name for name in config if name.startswith(f"{net}_width")}
            assert widths == {f"{net}_width_{layer + 1}" for layer in range(config[f"{net}_depth"])}


def test_only_solvers_that_fit_the_penalty_are_drawn() -> None:
    drawn = [SPACES["logistic_regression"].draw(Random(seed)) for seed in range(200)]
    assert {config["penalty"] for config in drawn if "solver" in config} == {"l2", "none"}
    assert {config["penalty"] for config in drawn if "l1_ratio" in config} == {"elasticnet"}
    assert "none" not in {config["penalty"] for config in drawn if "C" in config}


@st.composite
def finite_spaces(draw: st.DrawFn) -> Space:
    """Spaces of up to five small domains, each perhaps hanging on ones before it."""
    domains: dict[str, Domain] = {}
    for i in range(draw(st.integers(1, 5))):
        domain: Domain = draw(
            st.one_of(
                st.builds(Int, st.just(0), st.integers(0, 3)),
                st.builds(
                    lambda values: Choice(*values), st.lists(st.sampled_from([0, 1, True, None, "a"]), min_size=1)
                ),
                st.builds(lambda high: Float(0.0, high, step=0.5), st.sampled_from([0.0, 0.5, 1.2])),
            )
        )
        for other in draw(
            st.lists(st.sampled_from(sorted(domains)), unique=True, max_size=2) if domains else st.just([])
        ):
            condition: Any = draw(st.sampled_from([at_least(1), 0, (1, "a"), True]))
            domain = domain.when(**{other: condition})
        domains[f"p{i}"] = domain
    return Space(domains)


def frozen(config: dict[str, Any]) -> frozenset[tuple[str, type, Any]]:
    return frozenset((name, type(value), value) for name, value in config.items())


@unhurried
@given(space=finite_spaces(), seed=seeds)
def test_a_grid_has_every_active_config_once(space: Space, seed: int) -> None:
    configs = list(space.enumerate())
    assert len(configs) == len(set(map(frozen, configs)))
    assert all(space.fault(config) is None for config in configs)
    assert frozen(space.draw(Random(seed))) in set(map(frozen, configs))


@unhurried
@given(space=finite_spaces(), seed=seeds)
def test_the_order_a_space_is_written_in_does_not_matter(space: Space, seed: int) -> None:
    names = list(space)
    Random(seed).shuffle(names)
    shuffled = Space({name: space[name] for name in names})
    assert set(map(frozen, shuffled.enumerate())) == set(map(frozen, space.enumerate()))


@unhurried
@given(seed=seeds, low=st.floats(1e-6, 1e3), factor=st.floats(1, 1e6))
def test_logarithmic_draws_stay_within_the_range(seed: int, low: float, factor: float) -> None:
    domain = Float(low, low * factor, log=True)
    assert domain.contains(domain.draw(Random(seed)))


@unhurried
@given(seed=seeds, low=st.integers(1, 1000), width=st.integers(0, 1000))
def test_logarithmic_whole_draws_stay_within_the_range(seed: int, low: int, width: int) -> None:
    domain = Int(low, low + width, log=True)
    assert domain.contains(domain.draw(Random(seed)))


def test_a_grid_names_the_continuous_parameter() -> None:
    with pytest.raises(SpaceError, match=r"^b: a grid needs a finite list"):
        list(Space(a=Int(1, 2), b=Float(0, 1)).enumerate())


def test_a_condition_may_speak_of_a_fixed_value() -> None:
    space = Space(width=Int(1, 2).when(depth=at_least(2)))
    assert list(space.enumerate({"depth": 1})) == [{"depth": 1}]
    assert list(space.enumerate({"depth": 2})) == [{"depth": 2, "width": 1}, {"depth": 2, "width": 2}]


def test_a_parameter_is_off_when_the_one_it_hangs_on_is() -> None:
    space = Space(a=Choice("x", "y"), b=Choice(1).when(a="x"), c=Choice(2).when(b=1))
    assert list(space.enumerate()) == [{"a": "x", "b": 1, "c": 2}, {"a": "y"}]


def test_true_is_not_one() -> None:
    assert not Choice(1).contains(True)
    assert not Int(0, 1).contains(True)
    assert list(Space(a=Choice(True, 1), b=Choice(0).when(a=1)).enumerate()) == [{"a": True}, {"a": 1, "b": 0}]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(2, 1), "the range is empty: min 2 is over max 1"),
        (lambda: Float(0, 1, log=True), "starts above 0, not at 0"),
        (lambda: Float(0, float("inf")), "not made of finite numbers"),
        (lambda: Int(1, 8, log=True, step=2), "cannot go with a logarithmic range"),
        (lambda: Choice(), "at least one value"),
        (lambda: Choice([1, (2,)]), r"\[1, \(2,\)\] is not plain data"),
        (lambda: Space(a=Int(1, 2).when(b=1), b=Int(1, 2).when(a=1)), "a, b depend on each other in a circle"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(make: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        make()


@pytest.mark.parametrize("model", SPACES)
def test_a_space_can_be_copied_and_sent(model: str) -> None:
    assert copy.deepcopy(SPACES[model]) == SPACES[model]
    assert pickle.loads(pickle.dumps(SPACES[model])) == SPACES[model]
