"""Keys of a W&B sweep.yaml that our specs do not have: some are ignored with a warning, some refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import INAPPLICABLE

_REFUSED = {
    "metrics": ("several objectives stand in the line metric here", "metric: [{name, goal}, {name, goal}]"),
    "scheduler": ("W&B's schedulers do not run here", "method: bayes, random or grid"),
}
_REFUSED_OF_METRIC = {
    "impute": ("a failed trial has no value here, and the search is told that it failed", "leave the line out"),
    "impute_while_running": ("the search is told no value of a running trial", "leave the line out"),
}


def carried_over(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A W&B sweep document without the keys that do not apply here, and a warning for each of those.

    SpecError for those that would change what the sweep does: they must not be dropped without a word.
    """
    for name in document.keys() & _REFUSED.keys():
        what, valid = _REFUSED[name]
        raise SpecError(what, key=name, valid=valid)
    metric = document.get("metric")
    for name in metric.keys() & _REFUSED_OF_METRIC.keys() if isinstance(metric, Mapping) else ():
        what, valid = _REFUSED_OF_METRIC[name]
        raise SpecError(what, key=f"metric.{name}", valid=valid)
    foreign = [name for name in INAPPLICABLE if name in document]
    if "model" not in document and foreign:
        what = f"is missing, and {foreign[0]}: {shown(document[foreign[0]])} does not apply here"
        raise SpecError(what, key="model", valid="a model of ours, or package.module:Name of your own")
    warnings = [f"{name}: does not apply here (the sweep trains `model` itself) and is left out" for name in foreign]
    return {name: value for name, value in document.items() if name not in foreign}, warnings
