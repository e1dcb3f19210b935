"""What of a spec may change while its sweep is interrupted: how far and where it goes on, not what it compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.reading import load_spec
from sweeps.spec.resolved import Spec, Tracking

OF_WANDB = tuple(line.name for line in fields(Tracking))
MAY_CHANGE = (
    "run_cap",
    "budget",
    "trial_timeout",
    "resources",
    "early_terminate",
    "metric.target",
    "grace",
    "name",
    "description",
    *OF_WANDB,
)


def as_it_began(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a sweep's own spec means by saying nothing, where it is from before a line: no default config first."""
    return {} if "default_first" in document else {"default_first": False}


def check_unchanged(began: Mapping[str, Any], spec: Spec, source: str) -> None:
    """SpecError for the first line that `spec` has otherwise than the document its sweep began with, if it may not.

    Both are as read today: what a later version of a model adds by itself is no change.
    """
    now, began = _with_one_seed(spec.document()), _with_one_seed(began)
    if began == now:  # as a rule, and reading a spec takes its time
        return
    for key, old, new in _differences(load_spec(began, as_it_began(began)).document(), now, ""):
        what = f"{_word(old)} when the sweep began, {_word(new)} now: the trials would not compare"
        valid = f"a change of {', '.join(MAY_CHANGE)}; or a new sweep with 'sweeps run'"
        raise SpecError(what, key=key, valid=valid, source=source)


def _with_one_seed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Contenders come after a search of one seed a trial: they may be asked for, or not, at any time."""
    searched = {} if isinstance(document.get("replicates", 1), int) else {"replicates": 1}
    return {**document, **searched}


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any, Any]]:
    """Each line that differs: its dotted key, and its values, None for one that is not there."""
    for name in dict.fromkeys([*before, *now]):
        old, new, key = before.get(name), now.get(name), f"{above}{name}"
        if key in MAY_CHANGE or (type(old) is type(new) and old == new):
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{key}.")
        else:
            yield key, old, new


def _word(value: Any) -> str:
    return "not there" if value is None else shown(value)
