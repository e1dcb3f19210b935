"""Distributions that a number is drawn from by their inverse: normal, log-normal, beta, and multiples of a quantum."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist
from typing import ClassVar

from search_spaces import beta
from search_spaces.conditions import Value
from search_spaces.domains import Domain, SpaceError, check_range, is_number
from search_spaces.quantized import Quantized, multiple

# Shares of either tail that are never drawn: a sampler likes the very ends of what it is given, and there is infinity.
TAIL = 1e-6


@dataclass(frozen=True)
class Distribution(Domain):
    """A number at a quantile of a distribution; with `q` rounded to a multiple of it, whole where `q` is whole.

    Source: ppf and cdf of HyperParameter in github.com/wandb/sweeps 0.3.0.
    """

    q: float | None = field(default=None, kw_only=True)
    support: ClassVar[tuple[float, float]] = (-math.inf, math.inf)

    def __post_init__(self) -> None:
        if self.q is not None and not (is_number(self.q) and self.q > 0):
            raise SpaceError(f"q {self.q!r} must be a number above 0")
        ends = self._end(TAIL), self._end(1 - TAIL)
        if not all(map(math.isfinite, ends)):
            raise SpaceError(f"{ends[0]:g} to {ends[1]:g}: draws leave the numbers there are")

    def at(self, quantile: float) -> int | float:
        """The value below which a share `quantile` of the draws lie."""
        value = self._inverse(min(max(quantile, TAIL), 1 - TAIL))
        return value if self.q is None else multiple(round(value / self.q), self.q)

    def quantile(self, value: float) -> float:
        """The share of the draws below a value, of a multiple the middle of what is rounded to it."""
        if self.q is None:
            share = self._below(value)
        else:
            share = (self._below(value - self.q / 2) + self._below(value + self.q / 2)) / 2
        return min(max(share, TAIL), 1 - TAIL)

    @property
    def low(self) -> int | float:
        """The least value that is drawn."""
        return self.at(0.0)

    @property
    def high(self) -> int | float:
        return self.at(1.0)

    def contains(self, value: Value) -> bool:
        if not is_number(value):
            return False
        near = self.rounded(value)
        return math.isclose(value, near, rel_tol=1e-9, abs_tol=1e-9 * (self.q or 0.0))  # type: ignore[arg-type]

    @property
    def size(self) -> float:
        return math.inf if self._multiples is None else self._multiples.size

    def values(self) -> list[Value]:
        if self._multiples is None:
            raise SpaceError(f"a grid needs a finite list of values, not {self}")
        return self._multiples.values()

    def draw(self, rng: Random) -> int | float:
        return self.at(rng.random())

    def rounded(self, value: Value) -> int | float:
        within = min(max(float(value), self.support[0]), self.support[1])  # type: ignore[arg-type]
        return within if self.q is None else multiple(round(within / self.q), self.q)

    @property
    def _multiples(self) -> Quantized | None:
        """All that can be drawn, where they can be counted."""
        if self.q is None or not all(map(math.isfinite, self.support)):
            return None
        return Quantized(*self.support, self.q)

    def _end(self, share: float) -> float:
        try:
            return self._inverse(share)
        except OverflowError:
            return math.inf

    def _inverse(self, share: float) -> float:
        raise NotImplementedError

    def _below(self, value: float) -> float:
        """The inverse of `_inverse`, for any number."""
        raise NotImplementedError


@dataclass(frozen=True)
class Normal(Distribution):
    """Mean `mu` and standard deviation `sigma`."""

    mu: float = 0.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        _positive("sigma", self.sigma)
        super().__post_init__()

    def _inverse(self, share: float) -> float:
        return NormalDist(self.mu, self.sigma).inv_cdf(share)

    def _below(self, value: float) -> float:
        return NormalDist(self.mu, self.sigma).cdf(value)


@dataclass(frozen=True)
class LogNormal(Normal):
    """A number whose natural logarithm has mean `mu` and standard deviation `sigma`."""

    support: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def _inverse(self, share: float) -> float:
        return math.exp(super()._inverse(share))

    def _below(self, value: float) -> float:
        return super()._below(math.log(value)) if value > 0 else 0.0


@dataclass(frozen=True)
class Beta(Distribution):
    """From 0 to 1, with density x^(a - 1) (1 - x)^(b - 1)."""

    a: float = 1.0
    b: float = 1.0
    support: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        _positive("a", self.a)
        _positive("b", self.b)
        super().__post_init__()

    def _inverse(self, share: float) -> float:
        return beta.inverse(share, float(self.a), float(self.b))

    def _below(self, value: float) -> float:
        return beta.cumulative(value, float(self.a), float(self.b))


@dataclass(frozen=True)
class LogUniform(Distribution):
    """A number whose logarithm is uniform between those of `least` and `most`, rounded to multiples of `q`.

    Without `q` it is `Float(least, most, log=True)`.
    """

    least: float
    most: float

    def __post_init__(self) -> None:
        check_range(self.least, self.most, True, None)
        super().__post_init__()

    @property
    def support(self) -> tuple[float, float]:  # type: ignore[override]  # of this one, not of the class
        return self.least, self.most

    def _inverse(self, share: float) -> float:
        low, high = math.log(self.least), math.log(self.most)
        return min(max(math.exp(low + (high - low) * share), self.least), self.most)

    def _below(self, value: float) -> float:
        if not self.least < value < self.most:
            return float(value >= self.most)
        return math.log(value / self.least) / math.log(self.most / self.least)


def _positive(name: str, value: float) -> None:
    if not (is_number(value) and value > 0):
        raise SpaceError(f"{name} {value!r} must be a number above 0")
