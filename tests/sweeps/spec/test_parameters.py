"""W&B's parameter vocabulary, line by line: what each distribution means here, and what is refused by name."""

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_spaces.conditions import AtLeast, OneOf
from search_spaces.distributions import Beta, LogNormal, LogUniform, Normal
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.weighted import Weighted
from sweeps.errors import SpecError
from sweeps.spec.parameters import Constant, read_domains, write_domain

E = math.e


def read(**entry: Any) -> Domain:
    return read_domains({"x": entry})["x"]


@pytest.mark.parametrize(
    ("entry", "domain"),
    [
        ({"value": 3}, Constant(3)),
        ({"value": None}, Constant(None)),
        ({"value": "adam", "distribution": "constant"}, Constant("adam")),
        ({"values": [1, "a", True, None]}, Choice(1, "a", True, None)),
        ({"values": [0.1], "distribution": "categorical"}, Choice(0.1)),
        ({"min": 1, "max": 9}, Int(1, 9)),
        ({"min": 1, "max": 9, "distribution": "int_uniform"}, Int(1, 9)),
        ({"min": 1.0, "max": 9.0}, Float(1.0, 9.0)),
        ({"min": 1, "max": 9.0}, Float(1.0, 9.0)),
        ({"min": 1, "max": 9, "distribution": "uniform"}, Float(1.0, 9.0)),
        ({"min": 0.001, "max": 10.0}, Float(0.001, 10.0)),  # linear, however many decades it spans
        ({"min": -2, "max": 0, "distribution": "log_uniform"}, Float(E**-2, 1.0, log=True)),
        ({"min": 0.01, "max": 1, "distribution": "log_uniform_values"}, Float(0.01, 1.0, log=True)),
        ({"min": 0, "max": 2, "distribution": "inv_log_uniform"}, Float(math.exp(-2), 1.0, log=True)),
        ({"min": 0.01, "max": 1, "distribution": "inv_log_uniform_values"}, Float(0.01, 1.0, log=True)),
        ({"min": 8, "max": 512, "distribution": "int_log_uniform_values"}, Int(8, 512, log=True)),
        ({"min": 16, "max": 64, "step": 16}, Int(16, 64, step=16)),
        ({"min": 0.0, "max": 0.5, "step": 0.1}, Float(0.0, 0.5, step=0.1)),
        ({"min": "1e-3", "max": "1e1", "distribution": "log_uniform_values"}, Float(0.001, 10.0, log=True)),
        ({"values": ["1e-3", "1e-2"]}, Choice(0.001, 0.01)),
        ({"value": "1e-3"}, Constant(0.001)),
        ({"value": [1, {"k": None}]}, Constant([1, {"k": None}])),
        ({"values": [[1, "1e-3"], [1], [1]]}, Choice([1, 0.001], [1], [1])),
        ({"values": [1, 2], "probabilities": [0.25, 0.75]}, Weighted([1, 2], [0.25, 0.75])),
        (
            {"values": [1, [2]], "probabilities": [0, 1], "distribution": "categorical_w_probabilities"},
            Weighted([1, [2]], [0, 1]),
        ),
        ({"distribution": "normal"}, Normal(0.0, 1.0)),
        ({"distribution": "normal", "mu": -1, "sigma": "1e-3"}, Normal(-1, 0.001)),
        ({"distribution": "q_normal", "q": 2}, Normal(q=2)),
        ({"distribution": "q_normal"}, Normal(q=1.0)),
        ({"distribution": "log_normal", "mu": 3}, LogNormal(3)),
        ({"distribution": "q_log_normal", "sigma": 2, "q": 0.5}, LogNormal(0.0, 2, q=0.5)),
        ({"distribution": "beta", "a": 2}, Beta(2)),
        ({"distribution": "q_beta", "b": 2, "q": 0.1}, Beta(1.0, 2, q=0.1)),
        ({"distribution": "q_log_uniform", "min": 0, "max": 2}, LogUniform(1.0, math.exp(2), q=1.0)),
        ({"distribution": "q_log_uniform_values", "min": 32, "max": 256, "q": 8}, LogUniform(32, 256, q=8)),
    ],
)
def test_each_line_means_what_it_means_at_wandb(entry: dict[str, Any], domain: Domain) -> None:
    found = read(**entry)
    assert found == domain
    assert type(found) is type(domain)


@pytest.mark.parametrize(
    ("low", "high", "q", "values"),
    [
        (0, 1, 0.25, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (1, 10, 3, [0, 3, 6, 9]),  # round(1 / 3) * 3 = 0: W&B's round goes outside the range
        (16, 64, 16, [16, 32, 48, 64]),
        (0.5, 2.5, 1, [1, 2]),  # above 0.5 and below 2.5, the ends themselves have no width
        (1, 3, 1.0, [1.0, 2.0, 3.0]),
    ],
)
def test_q_uniform_gives_the_multiples_that_rounding_gives(
    low: float, high: float, q: float, values: list[float]
) -> None:
    domain = read(min=low, max=high, q=q, distribution="q_uniform")
    assert domain.values() == pytest.approx(values)
    assert all(type(value) is type(q) for value in domain.values())  # a whole q gives whole numbers


def test_q_is_one_unless_given() -> None:
    assert read(min=0, max=2, distribution="q_uniform").values() == [0.0, 1.0, 2.0]


@given(st.floats(-10, 10), st.floats(0.1, 10), st.sampled_from([0.25, 0.5, 1, 2, 3]))
def test_q_uniform_is_round_u_over_q_times_q(low: float, width: float, q: float) -> None:
    draws = {round((low + width * i / 2000) / q) * q for i in range(1, 2000)}
    try:
        values: set[object] = set(read(min=low, max=low + width, q=q, distribution="q_uniform").values())
    except SpecError:  # one multiple only
        values = set(draws) if len(draws) == 1 else set()
    assert values >= draws
    assert len(values) <= len(draws) + 2  # an end may be too narrow for 2,000 draws to meet


@pytest.mark.parametrize(
    ("entry", "key", "words"),
    [
        ({"values": [1, 2], "probabilities": [0.5, 0.4]}, "probabilities", "these sum to 0.9"),
        ({"values": [1, 2], "probabilities": [1.5, -0.5]}, "probabilities", "none is below 0"),
        ({"values": [1, 2], "probabilities": [1]}, "probabilities", "2 values and 1 probabilities"),
        ({"values": [1, 2], "probabilities": []}, "probabilities", "valid: a list of numbers that sum to 1"),
        ({"values": [1], "distribution": "categorical_w_probabilities"}, "distribution", "does not go with values"),
        (
            {"distribution": "normal", "min": 0, "max": 1},
            "max",
            "beside normal; valid: distribution, mu",
        ),
        ({"distribution": "normal", "q": 1}, "q", "has no meaning beside normal"),
        ({"distribution": "normal", "a": 1}, "a", "has no meaning beside normal"),
        ({"distribution": "normal", "sigma": 0}, "sigma", "valid: a number above 0"),
        ({"distribution": "beta", "a": -1}, "a", "valid: a number above 0"),
        ({"min": 1, "max": 2, "mu": 0}, "mu", "has no meaning beside"),
        ({"parameters": {"y": {"value": 1}}}, "parameters", "a group, which a model's own space has not"),
        ({"parameters": 3}, "parameters", "3 is no such mapping"),
        ({"parameters": {}, "value": 1}, "parameters", "has nothing beside them, not value"),
        ({"min": 0, "max": 9, "distribution": "q_log_uniform_values"}, "min", "0 has no logarithm"),
        ({"min": 2, "max": 1}, "min", "min 2 is over max 1"),
        ({"min": "1e2", "max": 1}, "min", "min 100.0 is over max 1"),
        ({"min": 1}, "max", "is missing"),
        ({"max": 1}, "min", "is missing"),
        ({"min": 0, "max": 1.0, "distribution": "log_uniform_values"}, "min", "valid: a number above 0"),
        ({"min": 0, "max": 9, "distribution": "int_log_uniform_values"}, "min", "valid: a whole number, 1 or more"),
        ({"min": 1.0, "max": 9, "distribution": "int_uniform"}, "min", "1.0 is not a whole number"),
        ({"min": True, "max": 9}, "min", "true does not fit"),
        ({"min": "low", "max": 9}, "min", "'low' does not fit; valid: a number"),
        ({"min": float("-inf"), "max": 9.0}, "min", "-inf does not fit"),
        ({"values": []}, "values", "valid: a list of"),
        ({"values": 3}, "values", "3 does not fit; valid: a list of"),
        ({"values": [1, float("nan")]}, "values[1]", "nan does not fit"),
        ({"values": [1, [2, {3: 4}]]}, "values[1]", "[2, {3: 4}] does not fit"),
        ({"value": [1, float("nan")]}, "value", "does not fit"),
        ({"value": datetime.date(2020, 1, 1)}, "value", "does not fit; valid: the one value it always takes"),
        ({"valeus": [1]}, "valeus", "unknown key; valid: value, values"),
        ({"value": 1, "q": 2}, "q", "has no meaning beside"),
        ({"min": 1, "max": 9, "q": 2}, "q", "has no meaning beside"),
        ({"value": 1, "distribution": "uniform"}, "distribution", "uniform does not go with value"),
        ({"values": [1], "distribution": "constant"}, "distribution", "constant does not go with values"),
        ({"min": 1, "max": 2, "distribution": "log_unifrom"}, "distribution", "did you mean log_uniform?"),
        ({"min": 0, "max": 9, "distribution": "q_uniform", "q": 0}, "q", "valid: a number above 0"),
        ({"value": 1, "when": {}}, "when", "valid: a mapping {other parameter"),
        ({"value": 1, "when": {"y": {"mni": 1}}}, "when.y.mni", "did you mean min?"),
        ({"value": 1, "when": {"y": {"min": "a"}}}, "when.y.min", "'a' does not fit"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_valid(
    entry: dict[str, Any],
    key: str,
    words: str,
) -> None:
    with pytest.raises(SpecError) as error:
        read(**entry)
    assert str(error.value).startswith(f"parameters.x.{key}: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (0.1, "0.1 is not a mapping; valid: a mapping such as {value: 0.1}"),
        ([1, 2], "valid: a mapping such as {values: [1, 2]}"),
        ({}, "says nothing about its values; valid: value, values, min and max, or a distribution such as normal"),
        ({"mu": 1}, "or a distribution such as normal"),
        ({"value": 1, "distribution": "normal"}, "value and normal exclude each other"),
        ({"distribution": "normal", "sigma": 1e308, "mu": 1e308}, "draws leave the numbers there are"),
        ({"distribution": "log_normal", "sigma": 1000}, "draws leave the numbers there are"),
        ({"distribution": "q_beta", "q": 3}, "it has one multiple of 3 only; valid: value: 0"),
        ({"min": 1, "max": 1.4, "q": 1, "distribution": "q_log_uniform_values"}, "valid: value: 1"),
        ({"value": 1, "values": [1]}, "value and values exclude each other"),
        ({"values": [1], "min": 1, "max": 2}, "values and min exclude each other"),
        ({"min": 1, "max": 1}, "the range is empty: min and max are 1; valid: min below max, or value: 1"),
        ({"min": 900, "max": 1000, "distribution": "log_uniform"}, "valid: log_uniform_values"),
        ({"min": 0.1, "max": 0.4, "q": 1, "distribution": "q_uniform"}, "valid: value: 0"),
    ],
)
def test_a_parameter_that_says_no_range_is_refused_as_a_whole(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError) as error:
        read_domains({"x": entry})
    assert str(error.value).startswith("parameters.x: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("when", "condition"),
    [
        ("l1", OneOf(("l1",))),
        (["l1", "l2"], OneOf(("l1", "l2"))),
        (True, OneOf((True,))),
        (None, OneOf((None,))),
        ({"min": 3}, AtLeast(3)),
    ],
)
def test_when_is_a_value_or_values_or_a_minimum(when: object, condition: AtLeast | OneOf) -> None:
    assert read(value=1, when={"y": when}).conditions == {"y": condition}


scalars = st.one_of(
    st.text(max_size=5).filter(lambda text: "e" not in text.lower()),
    st.integers(-100, 100),
    st.floats(-100, 100),
    st.booleans(),
    st.none(),
)
conditions = st.dictionaries(
    st.sampled_from(["y", "z"]),
    st.one_of(
        st.lists(scalars, min_size=1, max_size=3).map(lambda values: OneOf(tuple(values))),
        st.integers(-5, 5).map(AtLeast),
    ),
    max_size=2,
)
quanta = st.sampled_from([None, 1, 0.5])
whole = st.tuples(st.integers(1, 50), st.integers(1, 50)).map(lambda ends: (ends[0], sum(ends)))
real = st.tuples(st.floats(0.01, 50), st.floats(0.01, 50)).map(lambda ends: (ends[0], sum(ends)))
domains = st.one_of(
    scalars.map(Constant),
    st.lists(scalars, min_size=1, max_size=4, unique_by=lambda value: (isinstance(value, bool), value)).map(
        lambda values: Choice(*values)
    ),
    st.builds(lambda ends, log: Int(ends[0], ends[1], log=log), whole, st.booleans()),
    st.builds(lambda ends, step: Int(ends[0], ends[1], step=step), whole, st.integers(1, 5)),
    st.builds(lambda ends, log: Float(ends[0], ends[1], log=log), real, st.booleans()),
    st.builds(lambda ends, step: Float(ends[0], ends[1], step=step), real, st.floats(0.1, 5)),
    st.builds(Normal, st.floats(-9, 9), st.floats(0.1, 9), q=quanta),
    st.builds(LogNormal, st.floats(-9, 9), st.floats(0.1, 9), q=quanta),
    st.builds(Beta, st.floats(0.1, 9), st.floats(0.1, 9), q=st.sampled_from([None, 0.1, 0.25])),
    st.builds(lambda ends: LogUniform(ends[0], ends[1] + 2, q=1), real),
    st.lists(scalars, min_size=2, max_size=2).map(lambda values: Weighted([*values, values], [0.5, 0.25, 0.25])),
)


@given(domains, conditions)
def test_what_is_written_reads_back_equal(domain: Domain, when: dict[str, AtLeast | OneOf]) -> None:
    domain = domain.when(**when)
    found = read_domains({"x": write_domain(domain)})["x"]
    assert found == domain
    assert type(found) is type(domain)
