"""Ranges of steps: no value is lost to binary fractions, and each is as likely as it should be."""

from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from helpers.asked import ask_one
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.configs import read_configs
from search_spaces.domains import Domain, Float
from search_spaces.quantized import Quantized
from sweeps.search.method import Ending
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.spec.parameters import read_domains, write_domain

Found = tuple[float, float, float, list[float]]


def read(**entry: Any) -> Domain:
    return read_domains({"x": entry})["x"]


@st.composite
def ranges(draw: st.DrawFn) -> Found:
    """A step of a few decimals, and a range of so many steps from a multiple of it, as a person writes them."""
    step = Fraction(draw(st.integers(1, 60)), 10 ** draw(st.integers(0, 5)))
    first, steps = draw(st.integers(-30, 30)), draw(st.integers(1, 40))
    expected = [float(step * (first + i)) for i in range(steps + 1)]
    return expected[0], expected[-1], float(step), expected


@given(ranges())
def test_every_multiple_is_there_the_last_as_well(found: Found) -> None:
    low, high, step, expected = found
    for domain in (
        read(min=low, max=high, q=step, distribution="q_uniform"),
        read(min=low, max=high, step=step, distribution="uniform"),
    ):
        assert domain.values() == expected
        assert [domain.rounded(value) for value in expected] == expected
        assert domain.rounded(domain.rounded(high - 0.3 * step)) == high
        assert read_domains({"x": write_domain(domain)})["x"] == domain


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e2), st.integers(1, 50), st.integers(0, 2**32))
def test_what_is_drawn_is_one_of_the_values(low: float, step: float, steps: int, seed: int) -> None:
    domain = Float(low, low + step * steps, step=step)
    assert domain.draw(Random(seed)) in domain.values()
    assert domain.values()[-1] == pytest.approx(low + step * steps, abs=1e-9 * step, rel=1e-12)
    assert all(isinstance(value, float) and value <= domain.high for value in domain.values())


def asked(tmp_path: Path, trials: int, **entry: Any) -> list[float]:
    """Values of C that are drawn in a space with another parameter, so that one may come twice."""
    elastic = {"penalty": {"value": "elasticnet"}, "solver": {"value": "saga"}}
    parameters = {"C": entry, "l1_ratio": {"min": 0.05, "max": 0.95}, **elastic}
    spec = load_spec({"model": "logistic_regression", "method": "random", "parameters": parameters, "run_cap": trials})
    search = Search(spec, tmp_path / "journal")
    found = [ask_one(search) for _ in range(trials)]
    for number, _ in found:
        search.tell(number, Ending("done", 0.5, ""))
    again = [config for _, config, *_ in Search(spec, tmp_path / "journal").ended()]
    assert again == [config for _, config in found]  # a resume reads the same values
    return [config["C"] for _, config in found]


@pytest.mark.parametrize("entry", [{"distribution": "q_uniform", "q": 0.1}, {"distribution": "uniform", "step": 0.1}])
def test_the_search_gives_the_top_value(tmp_path: Path, entry: dict[str, Any]) -> None:
    expected = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert sorted(set(asked(tmp_path, 70, min=0.3, max=0.9, **entry))) == expected


def test_the_ends_of_q_uniform_have_half_a_share_as_at_wandb(tmp_path: Path) -> None:
    counts = Counter(asked(tmp_path, 120, min=1.0, max=4.0, q=1, distribution="q_uniform"))
    assert sorted(counts) == [1, 2, 3, 4]
    assert counts[1] + counts[4] == pytest.approx(40, abs=13)  # of 120; 60 if all were as likely
    rng, domain = Random(0), Quantized(1, 10, 3)
    shares = Counter(domain.draw(rng) for _ in range(9_000))
    assert {v: shares[v] / 1_000 for v in (0, 3, 6, 9)} == pytest.approx({0: 0.5, 3: 3, 6: 3, 9: 2.5}, abs=0.2)


@settings(deadline=None)
@given(ranges())
def test_optuna_is_asked_for_the_same_steps(found: Found) -> None:
    """Its own random draws reach every value of any such range, also where a step is no number of few digits."""
    import optuna

    from sweeps.search.drawing import suggest

    low, high, step, _ = found
    for domain in (Float(low, high, step=step), Float(low, low + 7 * (step / 3), step=step / 3)):
        trial = optuna.create_study().ask()
        assert suggest(trial, "x", domain) in domain.values()
        distribution = trial.distributions["x"]
        assert isinstance(distribution, optuna.distributions.FloatDistribution)
        assert distribution.high == pytest.approx(domain.values()[-1], rel=1e-12)


@pytest.mark.parametrize(
    ("model", "name", "entry"),
    [
        ("decision_tree", "min_samples_leaf", {"min": 2, "max": 11, "q": 3}),  # 12 is one: 11 is rounded
        ("logistic_regression", "C", {"min": 0.3, "max": 0.9, "q": 0.1}),
    ],
)
def test_a_grid_of_multiples_has_each_once(tmp_path: Path, model: str, name: str, entry: dict[str, Any]) -> None:
    parameters = {name: {**entry, "distribution": "q_uniform"}}
    spec = load_spec({"model": model, "parameters": parameters, "method": "grid"})
    search = Search(spec, tmp_path / "journal")
    assert [ask_one(search)[1][name] for _ in range(int(search.size))] == spec.space[name].values()
    assert search.exhausted


@pytest.mark.parametrize(("low", "high", "q"), [(0.3, 0.9, 0.1), (2, 11, 3)])
def test_the_journal_alone_tells_the_multiples_too(tmp_path: Path, low: float, high: float, q: float) -> None:
    parameters = {"C": {"min": low, "max": high, "q": q, "distribution": "q_uniform"}}
    spec = load_spec({"model": "svm", "method": "random", "parameters": parameters, "run_cap": 3})
    search = Search(spec, tmp_path / "optuna.journal")
    asked = {f"{number:04d}": config for number, config in (ask_one(search) for _ in range(3))}
    found = read_configs(tmp_path, spec.document(), pd.DataFrame({"trial": list(asked)}))
    assert found == asked
    assert all(type(found[trial]["C"]) is type(q) for trial in asked)
