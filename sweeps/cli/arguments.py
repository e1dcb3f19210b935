"""Parses command-line arguments: the spec or model to run, KEY=VALUE settings, the W&B mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweeps.errors import SpecError
from sweeps.spec import load_spec
from sweeps.spec.document.schema import json_schema
from sweeps.spec.document.yaml_file import parsed
from sweeps.spec.resolved import Spec

WANDB_MODES = ("auto", "online", "offline", "off")


def spec(what: str, overrides: Mapping[str, Any]) -> Spec:
    """The spec in a file, or the default one of a model."""
    is_file = what.endswith((".yaml", ".yml")) or Path(what).is_file()
    return load_spec(Path(what) if is_file else what, overrides)


def warm_start(spec: Spec) -> list[str]:
    """A line about each sweep that the search would know; SpecError for one that is of no use."""
    if not spec.warm_start:
        return []
    from sweeps.store.earlier_sweeps import gather  # brings pandas

    return gather(spec).lines


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE pairs as a mapping, values read as YAML."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise SpecError(
                f"--set {pair}: not KEY=VALUE; valid: --set run_cap=20, --set C=0.1, --set parameters.C.max=10"
            )
        try:
            found[key] = parsed(value)
        except ValueError:
            raise SpecError(f"--set {pair}: the value is not valid YAML") from None
    return found


def check_wandb(mode: str) -> None:
    if mode not in WANDB_MODES:
        raise SpecError(f"--wandb {mode}: unknown; valid: {', '.join(WANDB_MODES)}")


def model_name(name: str | None) -> str:
    if name is None:
        raise SpecError("spaces needs a MODEL ('sweeps models' lists them) or --schema")
    return name


def schema() -> dict[str, Any]:
    return json_schema()
