"""The stopping rules there are, one a row, and those that a spec asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.resolved import Spec
from sweeps.stopping.collapse import CollapseRule
from sweeps.stopping.hyperband import Hyperband
from sweeps.stopping.median import MedianRule
from sweeps.stopping.no_improvement import NoImprovementRule
from sweeps.stopping.plateau import PlateauRule
from sweeps.stopping.rule import StoppingRule, SweepEnd
from sweeps.stopping.target import TargetRule

# Of several rules with a reason, the first one's is given.
RULES: Mapping[str, Callable[[Spec], StoppingRule | None]] = {
    "target": TargetRule.of,
    "collapse": CollapseRule.of,
    "hyperband": Hyperband.of,  # and asha, its other name
    "median": MedianRule.of,
    "plateau": PlateauRule.of,
    "no_improvement": NoImprovementRule.of,
}


def rules_of(spec: Spec) -> list[StoppingRule]:
    """The rules that a sweep stops its trials by, new; several at once, or none."""
    return [rule for make in RULES.values() if (rule := make(spec)) is not None]


def report(rules: Iterable[StoppingRule], row: Row) -> str | None:
    """Tell every rule of a row; why its trial should stop, if one says so."""
    reasons = [rule.report(row) for rule in rules]
    return next((reason for reason in reasons if reason), None)


def ended(rules: Iterable[StoppingRule], trial: str, status: Status) -> None:
    """Tell every rule that a trial has ended."""
    for rule in rules:
        rule.ended(trial, status)


def sweep_end(rules: Iterable[StoppingRule]) -> SweepEnd | None:
    """Why the sweep should end, by the first rule that says so."""
    return next((end for rule in rules if (end := rule.sweep_end()) is not None), None)
