"""Between our space and Optuna's trials: a config drawn from suggestions, and the numbers that give a config.

The two differ where Optuna has no such domain: a multiple is drawn as a number and then rounded, and choices that are
equal to Python, as 1 and true, are drawn by words of their own.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any

from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, Trial

from basics.text import shown
from search_spaces.conditions import Scalar, same
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized
from search_spaces.space import Config, Space
from sweeps.errors import SpecError


def draw(trial: Trial, space: Space, fixed: Mapping[str, Any]) -> Config:
    """A whole config, each active parameter suggested by the trial."""
    return space.resolve(lambda name, domain: suggest(trial, name, domain), fixed)


def config_of(trial: FrozenTrial, space: Space, fixed: Mapping[str, Any]) -> Config:
    """The config of a trial in a journal, which has the numbers that were drawn."""
    drawn = {name: _meant(space[name], v) if name in space else v for name, v in trial.params.items()}
    return {**fixed, **drawn}


def numbers_of(config: Mapping[str, Any], space: Space, fixed: Mapping[str, Any]) -> Config:
    """The numbers to draw for a config to come out."""
    return {name: _to_draw(space[name], config[name]) for name in config if name not in fixed}


def check_choices(trial: FrozenTrial, space: Space) -> None:
    """SpecError for choices that are not those a trial in the journal was drawn from: Optuna takes no others."""
    for name, asked in trial.distributions.items():
        domain = space.get(name)
        if not (isinstance(domain, Choice) and isinstance(asked, CategoricalDistribution)):
            continue
        if asked.choices != (tuple(_words(domain)) or domain.choices):
            what = f"{shown(list(asked.choices))} when the sweep began, {shown(list(domain.choices))} now"
            raise SpecError(what, key=f"parameters.{name}.values", valid="the choices it began with")


def suggest(trial: Trial, name: str, domain: Domain) -> Scalar:
    """A value of `domain`, drawn by Optuna as the parameter `name`."""
    if isinstance(domain, Choice):
        return _meant(domain, trial.suggest_categorical(name, tuple(_words(domain)) or domain.choices))
    if isinstance(domain, Int):
        return trial.suggest_int(name, domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, Quantized):
        return domain.rounded(trial.suggest_float(name, domain.low, domain.high))
    assert isinstance(domain, Float)
    if domain.step is None:
        return trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The distribution is specified by")
        # Optuna counts the steps in decimals and cuts what is over: it would lose the last one where that was rounded
        # down by a hair.
        over = domain.top + domain.step / 4
        return domain.rounded(trial.suggest_float(name, domain.low, over, step=domain.step))


def _to_draw(domain: Domain, value: Scalar) -> Scalar:
    """What is to be drawn from `domain` for `value`: a multiple may lie outside of the range that is rounded."""
    if isinstance(domain, Choice):
        return next((word for word, choice in _words(domain).items() if same(choice, value)), value)
    return min(max(value, domain.low), domain.high) if isinstance(domain, Quantized) else value  # type: ignore[type-var]


def _meant(domain: Domain, drawn: Any) -> Scalar:
    """The value that stands in the journal as `drawn`."""
    return _words(domain).get(drawn, drawn) if isinstance(domain, Choice) else domain.rounded(drawn)


def _words(domain: Choice) -> dict[Scalar, Scalar]:
    """The choices by words of their own where some are equal to Python, as 1 and true: Optuna would take the first."""
    words: dict[Scalar, Scalar] = {json.dumps(choice): choice for choice in domain.choices}
    return words if len(set(domain.choices)) < len(words) else {}
