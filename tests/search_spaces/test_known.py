"""Configs that are known already, placed in a space."""

import pytest

from search_spaces.conditions import at_least
from search_spaces.domains import Choice, Domain, Float, Int, SpaceError
from search_spaces.known import nearest, placed
from search_spaces.quantiles import value_at
from search_spaces.quantized import Quantized
from search_spaces.space import Space


@pytest.mark.parametrize(
    ("domain", "value", "there"),
    [
        (Float(0.1, 1.0), 0.5, 0.5),
        (Float(0.1, 1.0), 7, 1.0),
        (Float(1e-6, 1e-2, log=True), 0.0, 1e-6),
        (Float(0.1, 0.9, step=0.2), 0.55, 0.5),
        (Float(0.1, 0.95, step=0.2), 5.0, 0.9),
        (Int(1, 10, step=3), 6, 7),
        (Int(1, 9, step=3), 100, 7),
        (Int(1, 9), 3.0, 3),
        (Quantized(1, 10, 3), 4, 3),
        (Quantized(1, 10, 3), 100, 9),
        (Choice(1, True, "a", None), True, True),
        (Choice(1, True, "a", None), None, None),
    ],
)
def test_the_nearest_value(domain: Domain, value: float, there: float) -> None:
    found = nearest(domain, value)
    assert (found, type(found)) == (there, type(there))


@pytest.mark.parametrize(
    ("domain", "value"),
    [(Choice("a", 1), "b"), (Choice("a", 1), True), (Float(0.0, 1.0), "scale"), (Int(1, 2), None), (Int(1, 2), True)],
)
def test_no_value_is_near(domain: Domain, value: str | None) -> None:
    with pytest.raises(SpaceError):
        nearest(domain, value)


SPACE = Space(
    penalty=Choice("l2", "elasticnet", "none"),
    l1_ratio=Float(0.0, 1.0).when(penalty="elasticnet"),
    depth=Int(1, 4),
    width_2=Int(8, 64).when(depth=at_least(2)),
)


def test_a_config_has_what_is_active_and_the_nearest() -> None:
    said = {"penalty": "l2", "l1_ratio": 0.5, "depth": 9, "width_2": 100, "other": 1}
    assert placed(SPACE, {}, said) == {"penalty": "l2", "depth": 4, "width_2": 64}
    assert placed(SPACE, {"depth": 1}, said) == {"penalty": "l2", "depth": 4, "width_2": 64}


def test_what_depends_on_a_value_that_is_still_to_be_drawn_stays() -> None:
    assert placed(SPACE, {}, {"penalty": "auto", "l1_ratio": 0.5, "depth": 1, "width_2": 9}) == {
        "l1_ratio": 0.5, "depth": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "domain",
    [Float(1e-3, 10.0, log=True), Float(0.0, 1.0, step=0.25), Int(1, 100, log=True), Int(2, 11, step=3), Choice(5, 6)],
)
def test_quantiles_are_those_of_the_draws(domain: Domain) -> None:
    """Of 400 draws as many lie below the value at a quantile as it says."""
    from random import Random

    rng = Random(0)
    draws = sorted(domain.draw(rng) for _ in range(400))  # type: ignore[type-var]
    assert value_at(domain, 0.0) == draws[0] or domain.size > 4
    assert domain.contains(value_at(domain, 1.0))
    for quantile in (0.1, 0.5, 0.9):
        value = value_at(domain, quantile)
        below = sum(draw < value for draw in draws) / 400  # type: ignore[operator]
        up_to = sum(draw <= value for draw in draws) / 400  # type: ignore[operator]
        assert below - 0.07 <= quantile <= up_to + 0.07
