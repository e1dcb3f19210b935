"""The stopping rules there are, one a row, and those that a spec asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from analysis.rows import Row
from sweeps.spec.resolved import Spec
from sweeps.stopping.collapse import CollapseRule
from sweeps.stopping.hyperband import Hyperband
from sweeps.stopping.rule import StoppingRule

# Of several rules with a reason, the first one's is given.
RULES: Mapping[str, Callable[[Spec], StoppingRule | None]] = {
    "collapse": CollapseRule.of,
    "hyperband": Hyperband.of,  # and asha, its other name
}


def rules_of(spec: Spec) -> list[StoppingRule]:
    """The rules that a sweep stops its trials by, new; several at once, or none."""
    return [rule for make in RULES.values() if (rule := make(spec)) is not None]


def report(rules: Iterable[StoppingRule], row: Row) -> str | None:
    """Tell every rule of a row; why its trial should stop, if one says so."""
    reasons = [rule.report(row) for rule in rules]
    return next((reason for reason in reasons if reason), None)
