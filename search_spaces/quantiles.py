"""Between a domain and the unit interval: the value at a quantile of its distribution, and the quantile of a value."""

from __future__ import annotations

import math

from search_spaces.conditions import Value, same
from search_spaces.distributions import Distribution
from search_spaces.domains import Choice, Domain, Float, Int, SpaceError
from search_spaces.quantized import Quantized
from search_spaces.weighted import Weighted

ByQuantile = Distribution | Weighted  # domains that are searched over the quantiles of their distribution


def value_at(domain: Domain, quantile: float) -> Value:
    """The value below which a share `quantile`, from 0 to 1, of the domain's draws lie; of a choice, in its order."""
    if isinstance(domain, ByQuantile):
        return domain.at(quantile)
    if isinstance(domain, Int) and domain.log:
        value = math.exp(_between(math.log(domain.low), math.log(domain.high + 1), quantile))
        return min(max(int(value), domain.low), domain.high)
    if isinstance(domain, Choice):
        return domain.choices[_index(quantile, len(domain.choices))]
    if isinstance(domain, Int) or (isinstance(domain, Float) and domain.step is not None):
        return domain.rounded(domain.low + _index(quantile, int(domain.size)) * (domain.step or 0))
    assert isinstance(domain, Float | Quantized)
    if isinstance(domain, Float) and domain.log:
        value = math.exp(_between(math.log(domain.low), math.log(domain.high), quantile))
        return min(max(value, domain.low), domain.high)
    return domain.rounded(_between(domain.low, domain.high, quantile))


def quantile_of(domain: Domain, value: Value) -> float:
    """A quantile, from 0 to 1, that has `value`: the middle of those that have it; SpaceError where none has."""
    if not domain.contains(value):
        raise SpaceError(f"{value!r} is not in {domain}")
    if isinstance(domain, ByQuantile):
        return domain.quantile(value)  # type: ignore[arg-type]  # a number where the domain has numbers
    if isinstance(domain, Choice):
        return (next(place for place, choice in enumerate(domain.choices) if same(choice, value)) + 0.5) / len(
            domain.choices
        )
    assert isinstance(domain, Float | Int | Quantized)
    number, low, high = float(value), float(domain.low), float(domain.high)  # type: ignore[arg-type]
    if isinstance(domain, Int) and domain.log:
        return _share(math.log(number + 0.5), math.log(low), math.log(high + 1))
    if isinstance(domain, Int) or (isinstance(domain, Float) and domain.step is not None):
        return (round((number - low) / (domain.step or 1)) + 0.5) / domain.size
    if isinstance(domain, Float) and domain.log:
        return _share(math.log(number), math.log(low), math.log(high))
    return min(max(_share(number, low, high), 0.0), 1.0)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share


def _index(quantile: float, count: int) -> int:
    return min(int(quantile * count), count - 1)
