"""Distributions by their inverse: exact as far as floats go, and a value and its quantile belong together."""

import math
import pickle
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from search_spaces import beta
from search_spaces.distributions import TAIL, Beta, Distribution, LogNormal, LogUniform, Normal
from search_spaces.domains import Choice, Domain, SpaceError
from search_spaces.finite import configs, identity
from search_spaces.known import nearest, placed
from search_spaces.quantiles import value_at
from search_spaces.space import Space
from search_spaces.weighted import Weighted

parameters = st.floats(-1.5, 3.5).map(lambda exponent: 10**exponent)
shares = st.floats(TAIL, 1 - TAIL)
DISTRIBUTIONS = [Normal(1, 2), LogNormal(-1, 3), Beta(0.5, 4), LogUniform(0.1, 1000.0), Normal(q=0.5), Beta(q=0.1)]


@given(shares, parameters, parameters)
def test_the_inverse_of_beta_is_that_of_scipy(share: float, a: float, b: float) -> None:
    """As the number itself, or, where the slope makes much of its last digit, as the share that lies below."""
    found, theirs = beta.inverse(share, a, b), float(stats.beta.ppf(share, a, b))
    below = abs(stats.beta.cdf(found, a, b) - share) <= 1e-9 * min(share, 1 - share)
    assert below or found == pytest.approx(theirs, rel=1e-7, abs=1e-290)
    assert beta.cumulative(found, a, b) == pytest.approx(float(stats.beta.cdf(found, a, b)), rel=1e-9, abs=1e-12)


def test_the_inverse_of_beta_in_closed_form() -> None:
    for share in (1e-6, 0.01, 0.5, 0.9, 1 - 1e-6):
        assert beta.inverse(share, 1.0, 1.0) == pytest.approx(share, rel=1e-14)
        assert beta.inverse(share, 3.0, 1.0) == pytest.approx(share ** (1 / 3), rel=1e-14)
        assert beta.inverse(share, 0.5, 0.5) == pytest.approx(math.sin(math.pi * share / 2) ** 2, rel=1e-13)
    assert (beta.inverse(0.0, 2.0, 3.0), beta.inverse(1.0, 2.0, 3.0)) == (0.0, 1.0)
    assert (beta.cumulative(-1.0, 2.0, 3.0), beta.cumulative(2.0, 2.0, 3.0)) == (0.0, 1.0)


@pytest.mark.parametrize("domain", DISTRIBUTIONS, ids=repr)
def test_a_value_and_its_quantile_belong_together(domain: Distribution) -> None:
    rng = Random(0)
    for _ in range(100):
        value = domain.draw(rng)
        assert domain.contains(value)
        assert domain.at(domain.quantile(value)) == pytest.approx(value, rel=1e-9, abs=1e-12)
    values = [domain.at(share / 50) for share in range(51)]
    assert values == [value_at(domain, share / 50) for share in range(51)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (domain.low, domain.high)
    assert all(map(math.isfinite, values))


def test_only_multiples_between_two_ends_can_be_counted() -> None:
    assert Beta(q=0.25).values() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert LogUniform(32, 48, q=8).values() == [32, 40, 48]
    assert (Beta(q=0.25).size, Normal(q=1).size, Beta().size) == (5, math.inf, math.inf)
    for endless in (Normal(q=1), LogNormal(), Beta()):
        with pytest.raises(SpaceError, match="a grid needs a finite list of values, not "):
            endless.values()


def test_multiples_of_a_whole_number_are_whole() -> None:
    assert all(type(value) is int for value in [Normal(q=2).at(0.9), *LogUniform(1.0, 9.0, q=3).values()])
    assert Normal(0, 100, q=0.1).at(0.6) == 25.3  # and not 25.3 and a hair


@pytest.mark.parametrize(
    ("domain", "value", "there"),
    [
        (Normal(), 3, 3.0),
        (Normal(q=2), 2.9, 2),
        (LogNormal(), -1, 0.0),
        (Beta(), 7, 1.0),
        (LogUniform(32, 256, q=8), 1000, 256),
        (Weighted(["a", [1]], [0.5, 0.5]), [1], [1]),
    ],
)
def test_known_values_are_placed(domain: Domain, value: object, there: object) -> None:
    found = nearest(domain, value)  # type: ignore[arg-type]
    assert found == there
    assert type(found) is type(there)


def test_a_weighted_choice_is_drawn_by_its_probabilities() -> None:
    domain = Weighted(["a", "b", "c"], [0.5, 0.0, 0.5])
    assert [domain.at(share) for share in (0.0, 0.49, 0.5, 0.99, 1.0)] == ["a", "a", "c", "c", "c"]
    assert (domain.quantile("a"), domain.quantile("c")) == (0.25, 0.75)
    assert domain.values() == ["a", "c"]
    assert domain.contains("b")  # though it is not drawn
    [kept] = pickle.loads(pickle.dumps([domain.when(x=1)]))
    assert (kept, kept.probabilities) == (domain.when(x=1), (0.5, 0.0, 0.5))


def test_lists_and_mappings_are_values_as_others() -> None:
    space = Space(x=Choice([1, 2], [1, 2], {"k": True}, {"k": 1}, "[1, 2]"))
    found = configs(space, {})
    assert [config["x"] for config in found] == [[1, 2], {"k": True}, {"k": 1}, "[1, 2]"]
    assert len({identity(config) for config in found}) == 4
    assert placed(space, {}, {"x": {"k": 1}}) == {"x": {"k": 1}}
    assert type(placed(space, {}, {"x": {"k": 1}})["x"]["k"]) is int
    assert space.fault({"x": [1, True]}) == f"x=[1, True] is outside {space['x']}"
