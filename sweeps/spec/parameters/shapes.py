"""W&B's distributions with parameters of their own in place of ends: normal, log-normal, beta."""

from __future__ import annotations

from search_spaces.distributions import Beta, Distribution, LogNormal, Normal
from sweeps.errors import SpecError
from sweeps.spec.document.schema import ParameterSection
from sweeps.spec.parameters.said import only

# By name: the domain, and what it is told, each of which has a default.
SHAPES: dict[str, tuple[type[Distribution], tuple[str, ...]]] = {
    "normal": (Normal, ("mu", "sigma")),
    "q_normal": (Normal, ("mu", "sigma", "q")),
    "log_normal": (LogNormal, ("mu", "sigma")),
    "q_log_normal": (LogNormal, ("mu", "sigma", "q")),
    "beta": (Beta, ("a", "b")),
    "q_beta": (Beta, ("a", "b", "q")),
}


def read_shape(section: ParameterSection, given: set[str], key: str) -> Distribution:
    """The domain that the line `distribution` names."""
    name = section.distribution
    made, told = SHAPES[name]
    only(given, {"distribution", *told}, name, tuple(SHAPES), key)
    domain = made(**{each: getattr(section, each) for each in told})
    if domain.size == 1:
        alone = domain.values()[0]
        raise SpecError(f"it has one multiple of {section.q!r} only", key=key, valid=f"value: {alone!r}")
    return domain
