"""Our draws beside those of W&B's own engine, distribution by distribution; how the engine was asked: its helper."""

from random import Random
from typing import Any

import numpy as np
import pytest
from helpers.wandb_engine import DRAWS, ENTRIES, kept
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from search_spaces.domains import Domain
from search_spaces.quantiles import ByQuantile, value_at
from sweeps.search.drawing import distribution_of, meant
from sweeps.spec.parameters import read_domains

each_entry = pytest.mark.parametrize("name", ENTRIES)


def domain_of(name: str) -> Domain:
    return read_domains({"x": ENTRIES[name]})["x"]


def numbers(drawn: list[Any]) -> NDArray[np.float32]:
    return np.array(drawn, np.float32)


@each_entry
def test_what_is_drawn_is_distributed_as_at_wandb(name: str) -> None:
    """As random draws, and as quantiles, by which a quasi-random search and CMA-ES choose."""
    domain, rng, engine = domain_of(name), Random(1), kept(name)
    assert len(engine) == DRAWS
    assert ks_2samp(engine, numbers([domain.draw(rng) for _ in range(DRAWS)])).pvalue > 0.01
    if not isinstance(domain, ByQuantile):  # of these a draw is the value at a random quantile
        assert ks_2samp(engine, numbers([value_at(domain, rng.random()) for _ in range(DRAWS)])).pvalue > 0.01


@pytest.mark.parametrize("name", [name for name in ENTRIES if name.startswith("q_")])
def test_what_optuna_draws_of_multiples_is_distributed_as_at_wandb(name: str) -> None:
    domain, rng = domain_of(name), Random(2)
    asked: Any = distribution_of(domain)
    drawn = [meant(domain, rng.uniform(asked.low, asked.high)) for _ in range(DRAWS)]
    assert ks_2samp(kept(name), numbers(drawn)).pvalue > 0.01
    assert {type(value) for value in drawn} == {type(ENTRIES[name].get("q", 1.0))}  # whole where q is whole


def test_a_value_without_probability_is_never_drawn() -> None:
    domain, rng = domain_of("probabilities"), Random(3)
    assert {domain.draw(rng) for _ in range(DRAWS)} == set(kept("probabilities")) == {1, 3, 4}
