"""The beta distribution by its inverse, in the standard library: the regularized incomplete beta function, inverted.

Source: Press et al., Numerical Recipes, 6.4; the continued fraction is DLMF 8.17.22, evaluated by Lentz's method.
"""

from __future__ import annotations

import math
import sys
from functools import lru_cache

TINY = sys.float_info.min  # in place of zero: the fraction divides by it
TERMS = 10_000  # of the continued fraction at most; it takes about the root of the larger parameter
STEPS = 200  # of the search for the inverse at most; it takes about ten
FARTHEST = 745.0  # logits beyond it are 0 and 1


def cumulative(x: float, a: float, b: float) -> float:
    """The share of the distribution that lies below x."""
    return _below(math.log(x / (1 - x)), a, b) if 0 < x < 1 else float(x >= 1)


@lru_cache(4096)
def inverse(share: float, a: float, b: float) -> float:
    """The number in [0, 1] below which that share lies."""
    if not 0 < share < 1:
        return float(share >= 1)
    # Near 1 a share has few digits, and what it lacks has all of them.
    return _logistic(_logit(share, a, b) if share <= 0.5 else -_logit(1 - share, b, a))


def _logit(share: float, a: float, b: float) -> float:
    """The logit of the inverse: by Newton's steps, and by halves of the interval where these lead out of it."""
    low, high, logit = -FARTHEST, FARTHEST, math.log(a / b)
    for _ in range(STEPS):
        error = _below(logit, a, b) - share
        low, high = (logit, high) if error < 0 else (low, logit)
        slope = _density(logit, a, b)
        following = logit - error / slope if slope > 0 else low
        following = following if low < following < high else (low + high) / 2
        logit, step = following, abs(following - logit)
        if step <= 1e-16 * abs(following):
            break
    return logit


def _below(logit: float, a: float, b: float) -> float:
    """The share below the number of that logit, by the fraction of the tail in which it converges fast."""
    x, rest = _logistic(logit), _logistic(-logit)
    if x < (a + 1) / (a + b + 2):
        return _density(logit, a, b) / a / _fraction(x, a, b)
    return 1 - _density(logit, a, b) / b / _fraction(rest, b, a)


def _density(logit: float, a: float, b: float) -> float:
    """Of the logit's distribution: x^a (1 - x)^b / B(a, b)."""
    nearer = -math.log1p(math.exp(-abs(logit)))  # the logarithm of the larger of x and 1 - x
    log_x, log_rest = (nearer, nearer - logit) if logit > 0 else (nearer + logit, nearer)
    return math.exp(a * log_x + b * log_rest + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > 0 else math.exp(logit) / (1 + math.exp(logit))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1 / (1 + d2 / (1 + ...)), from the front to where it changes no more."""
    value, above, below = 1.0, 1.0, 0.0
    for term in range(1, TERMS):
        m, odd = divmod(term, 2)
        if odd:
            factor = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            factor = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / ((1 + factor * below) or TINY)
        above = (1 + factor / above) or TINY
        value *= above * below
        if abs(above * below - 1) < 1e-16:
            break
    return value
