"""The argument list that a program is started with: W&B's `command` with its macros filled in, and never a shell."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sweeps.spec.program.program import VARIABLE


def arguments(
    command: Sequence[Any], program: str, config: Mapping[str, Any], json_file: Path, environment: Mapping[str, str]
) -> list[str]:
    """The program and its arguments; `json_file` is where a command with ${args_json_file} finds the config.

    A macro that is none is left out, as W&B does, but for the name of a parameter, which is its value.
    """
    macros = {
        **{name: [str(value)] for name, value in config.items()},
        **of_config(config),
        "env": ["/usr/bin/env"],
        "interpreter": [interpreter(environment)],
        "program": [program],
        "args_json_file": [str(json_file)],
    }
    return [word for part in command for word in _filled(str(part), macros, environment)]


def of_config(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """The macros that are arguments, by name."""
    pairs = [f"{name}={value}" for name, value in config.items()]
    return {
        "args": [f"--{pair}" for pair in pairs],
        "args_no_equals": [word for name, value in config.items() for word in (f"--{name}", str(value))],
        "args_no_hyphens": pairs,
        "args_no_boolean_flags": list(_flags(config)),
        "args_json": [json.dumps(config)],
        "args_append_hydra": [f"+{pair}" for pair in pairs],
        "args_override_hydra": [f"++{pair}" for pair in pairs],
    }


def interpreter(environment: Mapping[str, str]) -> str:
    """The Python of the environment that is activated, or else the one that this runs on."""
    for home in (environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")):
        if home and os.access(python := Path(home) / "bin" / "python", os.X_OK):
            return str(python)
    return sys.executable


def _flags(config: Mapping[str, Any]) -> Iterator[str]:
    for name, value in config.items():
        if not isinstance(value, bool):
            yield f"--{name}={value}"
        elif value:
            yield f"--{name}"


def _filled(part: str, macros: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> Sequence[str]:
    part = VARIABLE.sub(lambda found: environment.get(found[1], found[1]), part)
    return macros.get(part[2:-1], ()) if part.startswith("${") and part.endswith("}") else (part,)
