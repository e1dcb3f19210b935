"""Between a domain and the unit interval: the value at a quantile of its distribution."""

from __future__ import annotations

import math

from search_spaces.conditions import Scalar
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized


def value_at(domain: Domain, quantile: float) -> Scalar:
    """The value below which a share `quantile`, from 0 to 1, of the domain's draws lie; of a choice, in its order."""
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


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share


def _index(quantile: float, count: int) -> int:
    return min(int(quantile * count), count - 1)
