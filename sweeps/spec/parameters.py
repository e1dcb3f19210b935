"""W&B's parameter vocabulary, read into domains of search_spaces and written back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from basics.text import shown
from search_spaces.conditions import AtLeast, Condition, OneOf, Scalar
from search_spaces.domains import Choice, Domain, Float, Int, SpaceError
from search_spaces.quantized import Quantized
from sweeps.errors import SpecError
from sweeps.spec.document.schema import AtLeastSection, ParameterSection
from sweeps.spec.document.structure import read_parameters
from sweeps.spec.document.values import as_number

# Distributions that no sampler here draws from: a stand-in under the same name would be another search.
REFUSED = {
    "normal": "uniform with min and max",
    "q_normal": "q_uniform with min, max and q",
    "log_normal": "log_uniform_values with min and max",
    "q_log_normal": "log_uniform_values, or int_log_uniform_values for whole numbers",
    "q_log_uniform": "log_uniform_values, or int_log_uniform_values for whole numbers",
    "q_log_uniform_values": "log_uniform_values, or int_log_uniform_values for whole numbers",
    "beta": "uniform with min and max",
    "q_beta": "q_uniform with min, max and q",
    "categorical_w_probabilities": "values alone, each as likely as the others",
}
REFUSED_KEYS = {
    "probabilities": "values alone, each as likely as the others",
    "parameters": "flat names, one a parameter",
    **dict.fromkeys(("mu", "sigma", "a", "b"), "min and max"),
}
LARGEST_COUNT = 1_000_000  # values that a range with steps may have: they are counted and drawn from
_LOGARITHMIC = ("log_uniform", "log_uniform_values", "inv_log_uniform", "inv_log_uniform_values")


class Constant(Choice):
    """A parameter given as one `value`: it has nothing to search."""

    @property
    def value(self) -> Scalar:
        return self.choices[0]


def read_domains(document: Any, key: str = "parameters") -> dict[str, Domain]:
    """Every parameter of `document` with its conditions; SpecError says which key under `key` is wrong."""
    if not isinstance(document, Mapping) or not document:
        raise SpecError(f"{shown(document)} is no mapping of parameters", key=key, valid="{NAME: {min: 1, max: 10}}")
    for name, entry in document.items():
        refuse_foreign(entry, f"{key}.{name}")
    return {name: read_domain(entry, f"{key}.{name}") for name, entry in read_parameters(dict(document), key).items()}


def refuse_foreign(entry: Any, key: str) -> None:
    """SpecError for what W&B has and we do not search, by name, with what to use instead."""
    if not isinstance(entry, Mapping):
        use = f"{{values: {shown(entry)}}}" if isinstance(entry, list) else f"{{value: {shown(entry)}}}"
        valid = f"a mapping such as {use} or {{min: 1, max: 10}}"
        raise SpecError(f"{shown(entry)} is not a mapping", key=key, valid=valid)
    distribution = entry.get("distribution")
    if isinstance(distribution, str) and distribution in REFUSED:
        use = REFUSED[distribution]
        raise SpecError(f"{distribution} is not searched here", key=f"{key}.distribution", valid=use)
    for name in entry.keys() & REFUSED_KEYS.keys():
        raise SpecError("is W&B's and not searched here", key=f"{key}.{name}", valid=REFUSED_KEYS[name])


def read_domain(section: ParameterSection, key: str) -> Domain:
    """The domain of one parameter, its `when` included."""
    given = section.model_fields_set - {"when"}
    kinds = [kind for kind in ("value", "values", "min") if kind in given or (kind == "min" and "max" in given)]
    if len(kinds) != 1:
        what = f"{' and '.join(kinds)} exclude each other" if kinds else "says nothing about its values"
        raise SpecError(what, key=key, valid="value, values, or min and max")
    read = {"value": _constant, "values": _categorical, "min": _range}[kinds[0]]
    try:
        domain = read(section, given, key)
        return domain.when(**{other: _condition(when) for other, when in section.when.items()})
    except SpaceError as error:
        raise SpecError(str(error), key=key) from None


def _constant(section: ParameterSection, given: set[str], key: str) -> Domain:
    _only(given, {"value", "distribution"}, section.distribution, ("constant",), key)
    return Constant(section.value)


def _categorical(section: ParameterSection, given: set[str], key: str) -> Domain:
    _only(given, {"values", "distribution"}, section.distribution, ("categorical",), key)
    return Choice(*section.values)  # as at W&B, a value that is there twice is drawn twice as often


def _range(section: ParameterSection, given: set[str], key: str) -> Domain:
    for end in ("min", "max"):
        if end not in given:
            raise SpecError("is missing", key=f"{key}.{end}", valid="both min and max")
    whole = isinstance(section.min, int) and isinstance(section.max, int)
    name = section.distribution if "distribution" in given else ("int_uniform" if whole else "uniform")
    extra = {"q"} if name == "q_uniform" else {"step"} if name in ("int_uniform", "uniform") else set()
    valid = ("int_uniform", "int_log_uniform_values", "uniform", "q_uniform", *_LOGARITHMIC)
    _only(given, {"min", "max", "distribution"} | extra, name, valid, key)
    _ordered(section.min, section.max, key)
    _countable(section, given, key)
    if name.startswith("int_"):
        return _int(section, name, key)
    return _logarithmic(section, name, key) if name in _LOGARITHMIC else _linear(section, name, given, key)


def _only(given: set[str], allowed: set[str], distribution: str, valid: tuple[str, ...], key: str) -> None:
    """SpecError for a distribution that does not go with the keys given, or a key that does not go with it."""
    if "distribution" in given and distribution not in valid:
        what = f"{distribution} does not go with {' and '.join(sorted(given - {'distribution'}))}"
        raise SpecError(what, key=f"{key}.distribution", valid=valid)
    for name in sorted(given - allowed):
        beside = distribution if name in ("q", "step") else " and ".join(sorted(given & allowed))
        raise SpecError(f"has no meaning beside {beside}", key=f"{key}.{name}", valid=sorted(allowed | {"when"}))


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
    for name in given & {"q", "step"}:
        if width / float(getattr(section, name)) > LARGEST_COUNT:
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


def _linear(section: ParameterSection, name: str, given: set[str], key: str) -> Domain:
    low, high = section.min, section.max
    if name == "uniform":
        return Float(float(low), float(high), step=float(section.step) if "step" in given else None)
    domain = Quantized(low, high, section.q)
    if domain.first == domain.last:
        only = domain.values()[0]
        raise SpecError(f"the range has one multiple of {section.q!r} only", key=key, valid=f"value: {only!r}")
    return domain


def _logarithmic(section: ParameterSection, name: str, key: str) -> Float:
    """The `_values` distributions have values for bounds, the others exponents of e (inv_: of 1/x)."""
    low, high = float(section.min), float(section.max)
    if name.endswith("_values"):
        if low <= 0:
            raise SpecError(f"{section.min!r} has no logarithm", key=f"{key}.min", valid="a number above 0")
        return Float(low, high, log=True)
    if name.startswith("inv_"):
        low, high = -high, -low
    try:
        return Float(math.exp(low), math.exp(high), log=True)
    except (OverflowError, SpaceError):
        what = f"the bounds of {name} are exponents of e: e^{low:g} to e^{high:g} leaves the numbers"
        raise SpecError(what, key=key, valid=f"{name}_values, whose bounds are the values themselves") from None


def doubt(entry: Any, key: str) -> str | None:
    """A warning for bounds of log_uniform that look like the values themselves, in words, or None."""
    if not isinstance(entry, Mapping) or entry.get("distribution") != "log_uniform":
        return None
    low, high = as_number(entry["min"]), as_number(entry["max"])
    if not 0 < low < 1:
        return None
    return (
        f"{key}: the bounds of log_uniform are exponents of e, so this is {math.exp(low):.4g} to {math.exp(high):.4g}; "
        f"log_uniform_values takes the values themselves"
    )


def _condition(when: Any) -> Condition:
    if isinstance(when, AtLeastSection):
        return AtLeast(when.min)
    return OneOf(tuple(when) if isinstance(when, list) else (when,))


def write_domain(domain: Domain) -> dict[str, Any]:
    """`domain` in the vocabulary that `read_domain` reads back to an equal one."""
    entry = _write(domain)
    if domain.conditions:
        entry["when"] = {other: _write_condition(condition) for other, condition in domain.conditions.items()}
    return entry


def _write(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Constant):
        return {"value": domain.value}
    if isinstance(domain, Choice):
        return {"values": list(domain.choices)}
    if isinstance(domain, Quantized):
        return {"distribution": "q_uniform", "min": domain.low, "max": domain.high, "q": domain.q}
    if not isinstance(domain, Float | Int):
        raise TypeError(f"no line of a spec says {domain!r}")
    kind = ("int_" if isinstance(domain, Int) else "") + ("log_uniform_values" if domain.log else "uniform")
    step = {} if domain.step in (None, 1) and not (isinstance(domain, Float) and domain.step) else {"step": domain.step}
    number = int if isinstance(domain, Int) else float
    return {"distribution": kind, "min": number(domain.low), "max": number(domain.high), **step}


def _write_condition(condition: Condition) -> Any:
    if isinstance(condition, AtLeast):
        return {"min": condition.minimum}
    return condition.values[0] if len(condition.values) == 1 else list(condition.values)
