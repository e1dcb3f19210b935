"""A range whose numbers are rounded to multiples of a quantum: W&B's q_uniform."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from search_spaces.conditions import Value
from search_spaces.domains import Domain, SpaceError, check_range, exact, is_number


@dataclass(frozen=True)
class Quantized(Domain):
    """round(u / q) * q for u uniform in [low, high]; whole numbers where `q` is whole.

    A multiple is as likely as what lies between it and the half-way points to its neighbours, so that one at an end of
    the range has half a share. The ends are rounded too: 1 to 10 by 3 gives 0, 3, 6 and 9.
    Source: quantization of q_uniform in github.com/wandb/sweeps 0.3.0.
    """

    low: float
    high: float
    q: float

    def __post_init__(self) -> None:
        check_range(self.low, self.high, False, self.q)
        if self.last < self.first:
            raise SpaceError(f"no multiple of {self.q:g} is nearest to what lies from {self.low:g} to {self.high:g}")

    @property
    def first(self) -> int:
        """The least multiple, as how many times q it is: of a tie at `low` the upper one, the lower has no width."""
        return math.floor(exact(self.low) / exact(self.q) + Fraction(1, 2))

    @property
    def last(self) -> int:
        return math.ceil(exact(self.high) / exact(self.q) - Fraction(1, 2))

    def contains(self, value: Value) -> bool:
        return is_number(value) and math.isclose(value, self.rounded(value), rel_tol=1e-9, abs_tol=1e-9 * self.q)  # type: ignore[arg-type]

    @property
    def size(self) -> float:
        return self.last - self.first + 1

    def values(self) -> list[Value]:
        return [multiple(times, self.q) for times in range(self.first, self.last + 1)]

    def draw(self, rng: Random) -> Value:
        return self.rounded(rng.uniform(self.low, self.high))

    def rounded(self, value: Value) -> Value:
        times = round(value / self.q)  # type: ignore[operator]
        return multiple(min(max(times, self.first), self.last), self.q)


def multiple(times: int, q: float) -> int | float:
    """So many times q, counted in decimals; a whole number where `q` is whole."""
    return times * q if isinstance(q, int) else float(times * exact(q))
