"""Between our space and Optuna's trials: a config drawn from suggestions, and the numbers that give a config.

The two differ where Optuna has no such domain: a multiple is drawn as a number and then rounded, choices that are equal
to Python, as 1 and true, and lists and mappings, are drawn by words of their own, and of a distribution the quantile is
drawn. There the journal has the values as well, as an attribute of the trial, and those count.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, Trial

from basics.text import shown
from search_spaces.conditions import Value, hashable, same
from search_spaces.distributions import TAIL
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantiles import ByQuantile, value_at
from search_spaces.quantized import Quantized
from search_spaces.space import Config, Space
from sweeps.errors import SpecError

BY_QUANTILE = "config"  # the user attribute of a trial with the values of which the quantiles were drawn


def draw(trial: Trial, space: Space, fixed: Mapping[str, Any]) -> Config:
    """A whole config, each active parameter suggested by the trial."""
    by_quantile = any(isinstance(domain, ByQuantile) for domain in space.values())
    said = trial.user_attrs.get(BY_QUANTILE, {}) if by_quantile else {}

    def value(name: str, domain: Domain) -> Value:
        drawn = suggest(trial, name, domain)
        return said.get(name, drawn)

    config = space.resolve(value, fixed)
    if by_quantile and (values := values_of(config, space)) != said:
        trial.set_user_attr(BY_QUANTILE, values)
    return config


def config_of(trial: FrozenTrial, space: Space, fixed: Mapping[str, Any]) -> Config:
    """The config of a trial in a journal, which has the numbers that were drawn."""
    drawn = {name: meant(space[name], v) if name in space else v for name, v in trial.params.items()}
    said = {name: value for name, value in trial.user_attrs.get(BY_QUANTILE, {}).items() if name in drawn}
    return {**fixed, **drawn, **said}


def numbers_of(config: Mapping[str, Any], space: Space, fixed: Mapping[str, Any]) -> Config:
    """The numbers to draw for a config to come out."""
    return {name: to_draw(space[name], config[name]) for name in config if name not in fixed}


def values_of(config: Mapping[str, Any], space: Space) -> Config:
    """What of a config the journal has as values beside the quantiles that were drawn."""
    return {name: value for name, value in config.items() if isinstance(space.get(name), ByQuantile)}


def check_choices(trial: FrozenTrial, space: Space) -> None:
    """SpecError for choices that are not those a trial in the journal was drawn from: Optuna takes no others."""
    for name, asked in trial.distributions.items():
        domain = space.get(name)
        if not (isinstance(domain, Choice) and isinstance(asked, CategoricalDistribution)):
            continue
        if asked.choices != _choices(domain):
            what = f"{shown(list(asked.choices))} when the sweep began, {shown(list(domain.choices))} now"
            raise SpecError(what, key=f"parameters.{name}.values", valid="the choices it began with")


def suggest(trial: Trial, name: str, domain: Domain) -> Value:
    """A value of `domain`, drawn by Optuna as the parameter `name`."""
    if isinstance(domain, ByQuantile):
        return domain.at(trial.suggest_float(name, TAIL, 1 - TAIL))
    if isinstance(domain, Choice):
        return meant(domain, trial.suggest_categorical(name, _choices(domain)))
    if isinstance(domain, Int):
        return trial.suggest_int(name, domain.low, domain.high, log=domain.log, step=domain.step)
    with _any_steps():
        return domain.rounded(trial.suggest_float(name, **_of_floats(domain)))


def distribution_of(domain: Domain) -> BaseDistribution:
    """What `suggest` draws from."""
    if isinstance(domain, ByQuantile):
        return FloatDistribution(TAIL, 1 - TAIL)
    if isinstance(domain, Choice):
        return CategoricalDistribution(_choices(domain))
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    with _any_steps():
        return FloatDistribution(**_of_floats(domain))


def _of_floats(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Quantized):
        return {"low": domain.low, "high": domain.high}
    assert isinstance(domain, Float)
    # Optuna counts the steps in decimals and cuts what is over: it would lose the last one where that was rounded down
    # by a hair.
    high = domain.high if domain.step is None else domain.top + domain.step / 4
    return {"low": domain.low, "high": high, "log": domain.log, "step": domain.step}


@contextmanager
def _any_steps() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The distribution is specified by")
        yield


def silent(number: int, name: str, domain: Domain) -> Value:
    """The number to be read of a parameter that is not active: the middle of its range, or its first choice."""
    if isinstance(domain, ByQuantile):
        return 0.5
    return to_draw(domain, domain.values()[0] if isinstance(domain, Choice) else value_at(domain, 0.5))


def to_draw(domain: Domain, value: Value) -> Value:
    """What is to be drawn from `domain` for `value`: a multiple may lie outside of the range that is rounded."""
    if isinstance(domain, ByQuantile):
        return domain.quantile(value)  # type: ignore[arg-type]  # a number where the domain has numbers
    if isinstance(domain, Choice):
        return next((word for word, choice in _words(domain).items() if same(choice, value)), value)
    return min(max(value, domain.low), domain.high) if isinstance(domain, Quantized) else value  # type: ignore[type-var]


def meant(domain: Domain, drawn: Any) -> Value:
    """The value that stands in the journal as `drawn`."""
    if isinstance(domain, ByQuantile):
        return domain.at(drawn)
    return _words(domain).get(drawn, drawn) if isinstance(domain, Choice) else domain.rounded(drawn)


def _choices(domain: Choice) -> tuple[Any, ...]:
    """What Optuna draws from."""
    words = _words(domain)
    return tuple(map(json.dumps, domain.choices)) if _is_nested(domain) else tuple(words) or domain.choices


def _words(domain: Choice) -> dict[Any, Value]:
    """The choices by words of their own where some are lists or mappings, which Optuna does not take, or equal to
    Python, as 1 and true: it would take the first."""
    words: dict[Any, Value] = {json.dumps(choice): choice for choice in domain.choices}
    return words if _is_nested(domain) or len(set(map(hashable, domain.choices))) < len(words) else {}


def _is_nested(domain: Choice) -> bool:
    return any(isinstance(choice, list | dict) for choice in domain.choices)
