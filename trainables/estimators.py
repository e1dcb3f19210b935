"""The registry entry of any class with `fit`, `predict` and `get_params`: its parameters are its constructor's."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, field, make_dataclass
from typing import Any

from trainables.base import ConfigError
from trainables.classifiers.estimator import EstimatorClassifier, given
from trainables.entry import Entry, ModelError

METHODS = ("fit", "predict", "get_params")
SCORES = ("predict_proba", "decision_function")
OTHERS = ("regressor", "clusterer", "outlier_detector", "density_estimator")
_FAULT = re.compile(r"The '(\w+)' parameter of \w+ (.+)", re.DOTALL)  # what scikit-learn says of a wrong value


def is_estimator(cls: type) -> bool:
    return all(callable(getattr(cls, method, None)) for method in METHODS)


def is_of_library(entry: Entry) -> bool:
    """Whether the entry is of a class that knows nothing of us."""
    return entry.cls is EstimatorClassifier


def entry_of(name: str, cls: type) -> Entry:
    """ModelError for one that says itself that it is no classifier."""
    made = _made(cls)
    if (kind := _kind(made)) in OTHERS:
        raise ModelError(f"{name}: this is a {kind}; of such classes classifiers are swept")
    told = [(each, Any, default) for each, default in _parameters(cls, made).items()]
    checked = {"__post_init__": lambda config: _check(cls, config)}
    config = make_dataclass(f"{cls.__name__}Config", told, frozen=True, namespace=checked)
    scored = any(hasattr(cls, method) for method in SCORES)
    options = {"made": cls}
    return Entry(EstimatorClassifier, config, options=options, points={}, has_probabilities=scored)


def _made(cls: type) -> Any:
    """One with all defaults; None where there is none such."""
    try:
        return cls()
    except Exception:  # it wants arguments, or a library that is not there
        return None


def _kind(made: Any) -> str:
    """What the estimator says it is: "classifier", "regressor", ...; nothing where it does not say."""
    try:
        said = made.__sklearn_tags__().estimator_type
    except Exception:  # of another version, or not of scikit-learn
        said = getattr(made, "_estimator_type", None)
    return str(said or "")


def _parameters(cls: type, made: Any) -> dict[str, Field[Any]]:
    """The names that the constructor takes, with their defaults; it may pass on more than its own signature has."""
    signature = inspect.signature(cls).parameters.values()
    known = {p.name: p.default for p in signature if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    values = {name: MISSING if default is inspect.Parameter.empty else default for name, default in known.items()}
    if made is not None:
        values |= made.get_params(deep=False)
    return {name: _field(value) for name, value in sorted(values.items(), key=lambda item: item[1] is not MISSING)}


def _field(default: Any) -> Field[Any]:
    """A default that is no plain data stands as null, which then is not told to the constructor."""
    plain: Any = default if isinstance(default, str | int | float | None) else None
    made: Field[Any] = field() if default is MISSING else field(default=plain)
    return made


def _check(cls: type, config: Any) -> None:
    """ConfigError for what the constructor refuses, or scikit-learn's own table of valid values."""
    values = given(config)
    try:
        estimator = cls(**values)
        if hasattr(estimator, "_parameter_constraints"):  # scikit-learn's own; else the first trial would be refused
            estimator._validate_params()
    except Exception as error:
        found = _FAULT.match(str(error))
        line = " ".join((found[2] if found else f"{type(error).__name__}: {error}").split())
        raise ConfigError(f"{found[1]}: {line}" if found else f"{cls.__name__}: {line}") from None
