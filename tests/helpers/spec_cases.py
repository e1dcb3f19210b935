"""Shortcuts to load a spec, or to get the error message of an invalid one."""

import pytest

from sweeps.spec import Spec, SpecError, load_spec


def lr(parameters=None, overrides=None, **lines) -> Spec:
    document = {"model": "logistic_regression", "run_cap": 9, **lines}
    return load_spec(document | ({"parameters": parameters} if parameters is not None else {}), overrides)


def gan(parameters=None, **lines) -> Spec:
    return load_spec({"model": "gan", "run_cap": 9, **lines, **({"parameters": parameters} if parameters else {})})


def refused(load, *arguments, **keywords) -> str:
    with pytest.raises(SpecError) as error:
        load(*arguments, **keywords)
    line = str(error.value)
    assert "\n" not in line
    return line
