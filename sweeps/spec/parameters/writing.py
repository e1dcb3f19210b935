"""A domain as the entry of a spec that reads back to an equal one."""

from __future__ import annotations

from typing import Any

from search_spaces.conditions import AtLeast, Condition
from search_spaces.distributions import Beta, Distribution, LogNormal, LogUniform, Normal
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized
from search_spaces.weighted import Weighted
from sweeps.spec.parameters.constant import Constant


def write_domain(domain: Domain) -> dict[str, Any]:
    """`domain` in the vocabulary that `read_domain` reads back to an equal one."""
    entry = _write(domain)
    if domain.conditions:
        entry["when"] = {other: _write_condition(condition) for other, condition in domain.conditions.items()}
    return entry


def _write(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Constant):
        return {"value": domain.value}
    if isinstance(domain, Weighted):
        return {"values": list(domain.choices), "probabilities": list(domain.probabilities)}
    if isinstance(domain, Choice):
        return {"values": list(domain.choices)}
    if isinstance(domain, Quantized):
        return {"distribution": "q_uniform", "min": domain.low, "max": domain.high, "q": domain.q}
    if isinstance(domain, Distribution):
        return _write_distribution(domain)
    if not isinstance(domain, Float | Int):
        raise TypeError(f"no line of a spec says {domain!r}")
    kind = ("int_" if isinstance(domain, Int) else "") + ("log_uniform_values" if domain.log else "uniform")
    step = {} if domain.step in (None, 1) and not (isinstance(domain, Float) and domain.step) else {"step": domain.step}
    number = int if isinstance(domain, Int) else float
    return {"distribution": kind, "min": number(domain.low), "max": number(domain.high), **step}


def _write_distribution(domain: Distribution) -> dict[str, Any]:
    q = {} if domain.q is None else {"q": domain.q}
    q_ = "q_" if q else ""
    if isinstance(domain, LogUniform):
        return {"distribution": f"{q_}log_uniform_values", "min": domain.least, "max": domain.most, **q}
    if isinstance(domain, Beta):
        return {"distribution": f"{q_}beta", "a": domain.a, "b": domain.b, **q}
    assert isinstance(domain, Normal)
    kind = "log_normal" if isinstance(domain, LogNormal) else "normal"
    return {"distribution": f"{q_}{kind}", "mu": domain.mu, "sigma": domain.sigma, **q}


def _write_condition(condition: Condition) -> Any:
    if isinstance(condition, AtLeast):
        return {"min": condition.minimum}
    return condition.values[0] if len(condition.values) == 1 else list(condition.values)
