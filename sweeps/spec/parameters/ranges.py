"""Ranges from `min` to `max`, as W&B's distributions of them."""

from __future__ import annotations

import math

from search_spaces.distributions import LogUniform
from search_spaces.domains import Domain, Float, Int
from search_spaces.quantized import Quantized
from sweeps.errors import SpecError
from sweeps.spec.document.schema import ParameterSection
from sweeps.spec.parameters.said import only

LARGEST_COUNT = 1_000_000  # values that a range with steps may have: they are counted and drawn from
_LOGARITHMIC = ("log_uniform", "log_uniform_values", "inv_log_uniform", "inv_log_uniform_values")
_OF_MULTIPLES = ("q_uniform", "q_log_uniform", "q_log_uniform_values")


def read_range(section: ParameterSection, given: set[str], key: str) -> Domain:
    """The domain between the ends: whole numbers where both are whole and nothing else is said."""
    for end in ("min", "max"):
        if end not in given:
            raise SpecError("is missing", key=f"{key}.{end}", valid="both min and max")
    whole = isinstance(section.min, int) and isinstance(section.max, int)
    name = section.distribution if "distribution" in given else ("int_uniform" if whole else "uniform")
    extra = {"q"} if name in _OF_MULTIPLES else {"step"} if name in ("int_uniform", "uniform") else set()
    valid = ("int_uniform", "int_log_uniform_values", "uniform", *_OF_MULTIPLES, *_LOGARITHMIC)
    only(given, {"min", "max", "distribution"} | extra, name, valid, key)
    _ordered(section.min, section.max, key)
    _countable(section, given, key)
    if name.startswith("int_"):
        return _int(section, name, key)
    if name in _OF_MULTIPLES:
        return _multiples(section, name, key)
    if name in _LOGARITHMIC:
        return Float(*_logarithmic(section, name, key), log=True)
    return Float(float(section.min), float(section.max), step=float(section.step) if "step" in given else None)


def _ordered(low: float, high: float, key: str) -> None:
    if low > high:
        raise SpecError(f"min {low!r} is over max {high!r}", key=f"{key}.min", valid=f"a number below {high!r}")
    if low == high:
        what = f"the range is empty: min and max are {low!r}"
        raise SpecError(what, key=key, valid=f"min below max, or value: {low!r}")


def _countable(section: ParameterSection, given: set[str], key: str) -> None:
    """A range whose width is a number, and whose steps can be counted."""
    width = float(section.max) - float(section.min)
    if not math.isfinite(width):
        raise SpecError(f"from {section.min!r} to {section.max!r} is wider than any number", key=key)
    logarithmic = section.distribution in _OF_MULTIPLES[1:]  # of which none are counted
    for name in given & {"q", "step"}:
        if not logarithmic and width / float(getattr(section, name)) > LARGEST_COUNT:
            what = f"{getattr(section, name)!r} divides the range into more than {LARGEST_COUNT:,} values"
            raise SpecError(what, key=f"{key}.{name}", valid="a larger one, or leave it out")


def _int(section: ParameterSection, name: str, key: str) -> Int:
    for end, value in (("min", section.min), ("max", section.max), ("step", section.step)):
        if not isinstance(value, int):
            raise SpecError(f"{value!r} is not a whole number, which {name} needs", key=f"{key}.{end}")
    log = name == "int_log_uniform_values"
    if log and section.min < 1:
        raise SpecError(f"{section.min!r} has no logarithm", key=f"{key}.min", valid="a whole number, 1 or more")
    return Int(int(section.min), int(section.max), log=log, step=int(section.step))


def _multiples(section: ParameterSection, name: str, key: str) -> Quantized | LogUniform:
    if name == "q_uniform":
        steps = Quantized(section.min, section.max, section.q)
    else:
        steps = Quantized(*_logarithmic(section, name, key), section.q)
    if steps.first == steps.last:
        alone = steps.values()[0]
        raise SpecError(f"the range has one multiple of {section.q!r} only", key=key, valid=f"value: {alone!r}")
    return steps if name == "q_uniform" else LogUniform(steps.low, steps.high, q=section.q)


def _logarithmic(section: ParameterSection, name: str, key: str) -> tuple[float, float]:
    """The least and the most: the bounds of `_values` distributions, of others exponents of e (inv_: of 1/x)."""
    low, high = float(section.min), float(section.max)
    if name.endswith("_values"):
        if low <= 0:
            raise SpecError(f"{section.min!r} has no logarithm", key=f"{key}.min", valid="a number above 0")
        return low, high
    if name.startswith("inv_"):
        low, high = -high, -low
    try:
        least, most = math.exp(low), math.exp(high)
        if 0 < least <= most:
            return least, most
    except OverflowError:
        pass
    what = f"the bounds of {name} are exponents of e: e^{low:g} to e^{high:g} leaves the numbers"
    raise SpecError(what, key=key, valid=f"{name}_values, whose bounds are the values themselves")
