"""Which library fits a scikit-learn model: scikit-learn itself, or Intel's scikit-learn-intelex where it is there."""

from __future__ import annotations

import importlib.util
import platform
from typing import Any, Literal

import sklearn.svm

from trainables.base import ConfigError

Backend = Literal["auto", "sklearn", "intelex"]
Library = Literal["sklearn", "intelex"]
X86 = ("x86_64", "amd64")


def has_intelex() -> bool:
    """Whether scikit-learn-intelex can be used: an x86 machine that has it installed."""
    return platform.machine().lower() in X86 and importlib.util.find_spec("sklearnex") is not None


def resolved(backend: Backend) -> Library:
    """The library that fits; ConfigError if "intelex" is asked for by name where it cannot be had."""
    there = has_intelex()
    if backend == "intelex" and not there:
        raise ConfigError("backend: intelex needs an x86 machine with scikit-learn-intelex; valid here: auto, sklearn")
    return "intelex" if backend != "sklearn" and there else "sklearn"


def svc(library: Library) -> type[Any]:
    """The SVC class of `library`."""
    if library == "sklearn":
        return sklearn.svm.SVC  # type: ignore[no-any-return]
    # Imported late: it takes longer than a small fit, and most models do without it. How many threads it may take,
    # whoever builds the model says afterwards: oneDAL reads no environment variable.
    import sklearnex.svm

    return sklearnex.svm.SVC  # type: ignore[no-any-return]
