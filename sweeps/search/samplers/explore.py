"""Exploring around a config: each parameter is perturbed, or now and then drawn anew (Jaderberg et al. 2017)."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Any

from search_spaces.conditions import Value
from search_spaces.distributions import Distribution
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized
from search_spaces.space import Config, Space

FACTORS = (0.8, 1.2)  # that a number is multiplied by, as in the paper


def explored(config: Config, names: Collection[str], space: Space, resample: float, rng: Random) -> Config:
    """The config with its parameters of these names changed; `resample` is how likely each is drawn anew."""
    changed = dict(config)
    for name, domain in space.items():
        if name in names and name in config:
            drawn = rng.random() < resample
            changed[name] = domain.draw(rng) if drawn else perturbed(config[name], domain, rng)
    return changed


def perturbed(value: Any, domain: Domain, rng: Random) -> Value:
    """A value near by: a number times 0.8 or 1.2 in the bounds of its domain, of choices the one before or after."""
    if isinstance(domain, Choice):
        place = domain.choices.index(value) + rng.choice((-1, 1))
        return domain.choices[min(max(place, 0), len(domain.choices) - 1)]
    if not value:  # which no factor moves
        return domain.draw(rng)
    assert isinstance(domain, Float | Int | Quantized | Distribution)
    near = value * rng.choice(FACTORS)
    if isinstance(domain, Int):
        near = round(near) if round(near) != value else value + (1 if near > value else -1)
    return domain.rounded(min(max(near, domain.low), domain.high))
