"""Keys of a W&B sweep.yaml that our specs do not have: some are ignored with a warning, some refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import INAPPLICABLE, OF_PROGRAMS

_REFUSED = {
    "metrics": ("several objectives stand in the line metric here", "metric: [{name, goal}, {name, goal}]"),
    "scheduler": ("W&B's schedulers do not run here", "method: bayes, random or grid"),
}
# Of `metric`: what is so here whatever is said, the values that say just that, and what else a value may be.
_SETTLED = {
    "impute": ("a trial that fails counts as the worst there is", ("worst",), ("best", "latest")),
    "impute_while_running": (
        "a trial that runs counts as the method has it",
        (False, "false"),
        ("best", "latest", "worst"),
    ),
}


def carried_over(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A W&B sweep document without the keys that do not apply here, and a warning for each of those.

    SpecError for those that would change what the sweep does: they must not be dropped without a word.
    """
    for name in document.keys() & _REFUSED.keys():
        what, valid = _REFUSED[name]
        raise SpecError(what, key=name, valid=valid)
    document, settled = _without_settled(document)
    is_program = "model" not in document and not document.keys().isdisjoint(OF_PROGRAMS)
    foreign = [name for name in INAPPLICABLE if name in document and not (is_program and name in OF_PROGRAMS)]
    if "model" not in document and not is_program and foreign:
        what = f"is missing, and {foreign[0]}: {shown(document[foreign[0]])} does not apply here"
        raise SpecError(what, key="model", valid="a model of ours, package.module:Name of your own, or a program")
    why = "is W&B's own" if is_program else "does not apply here (the sweep trains `model` itself)"
    warnings = [*settled, *(f"{name}: {why} and is left out" for name in foreign)]
    return {name: value for name, value in document.items() if name not in foreign}, warnings


def _without_settled(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """`document` without lines of `metric` about what is settled here, and a warning for each that says otherwise."""
    metric, warnings = document.get("metric"), list[str]()
    if isinstance(metric, list):
        rest: Any = [_unsettled(each, f"metric[{index}]", warnings) for index, each in enumerate(metric)]
    else:
        rest = _unsettled(metric, "metric", warnings)
    return ({**document, "metric": rest} if "metric" in document else document), warnings


def _unsettled(metric: Any, key: str, warnings: list[str]) -> Any:
    if not isinstance(metric, Mapping):
        return metric
    for name in (name for name in _SETTLED if name in metric):
        what, same, others = _SETTLED[name]
        if metric[name] in others:
            warnings.append(f"{key}.{name}: {metric[name]} is left out: here {what}")
        elif metric[name] not in same:
            raise SpecError(f"{shown(metric[name])} does not fit", key=f"{key}.{name}", valid=[str(same[-1]), *others])
    return {name: value for name, value in metric.items() if name not in _SETTLED}
