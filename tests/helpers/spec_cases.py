"""Shortcuts to load a spec, or to get the error message of an invalid one."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sweeps.spec import Spec, SpecError, load_spec


def lr(parameters: Any = None, overrides: Mapping[str, Any] | None = None, **lines: Any) -> Spec:
    document = {"model": "logistic_regression", "run_cap": 9, **lines}
    return load_spec(document | ({"parameters": parameters} if parameters is not None else {}), overrides)


def gan(parameters: Any = None, **lines: Any) -> Spec:
    return load_spec({"model": "gan", "run_cap": 9, **lines, **({"parameters": parameters} if parameters else {})})


def refused(load: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(SpecError) as error:
        load(*arguments, **keywords)
    line = str(error.value)
    assert "\n" not in line
    return line
