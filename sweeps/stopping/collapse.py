"""Stops a trial whose samples stay collapsed: a finding is one of those that mean the game is lost.

A generator that has only begun is noise or a blur, and learns; those verdicts do not count here, nor does one that has
memorised images. The others mean that the game is lost, but a mild one (a class of ten is missing) may pass.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from analysis.judge.findings import in_short, names
from analysis.ranking import is_hopeless
from analysis.results import SEVERITY
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import Collapse
from sweeps.spec.resolved import Spec
from sweeps.stopping.rule import StoppingRule


@dataclass
class CollapseRule(StoppingRule):
    """Stops a trial that was collapsed, at least as badly as `severity`, `evaluations` times in a row."""

    evaluations: int
    severity: float
    _last: dict[str, dict[int, Row]] = field(default_factory=lambda: defaultdict(dict), repr=False)

    @classmethod
    def of(cls, spec: Spec) -> CollapseRule | None:
        """The rule of a spec whose `early_terminate` has type collapse."""
        terms = spec.terms(Collapse)
        return cls(terms.patience, terms.severity) if terms else None

    def report(self, row: Row) -> str | None:
        """See `StoppingRule`; a mild collapse that gets better goes on."""
        last = self._add(row)
        if len(last) < self.evaluations or not all(map(self._is_hopeless, last)):
            return None
        if _severity(last[-1]) < _severity(last[0]):
            return None
        return self._words(last[-1])

    def ended(self, trial: str, status: Status) -> None:
        """Trials are not compared here, so that this frees memory and no more."""
        self._last.pop(trial, None)

    def _add(self, row: Row) -> list[Row]:
        """The last rows of the trial by their steps, this one included where it is one of them."""
        rows = self._last[row.trial]
        rows[row.step] = row
        if len(rows) > self.evaluations:
            del rows[min(rows)]
        return [rows[step] for step in sorted(rows)]

    def _is_hopeless(self, row: Row) -> bool:
        return _severity(row) >= self.severity

    def _words(self, row: Row) -> str:
        times = "once" if self.evaluations == 1 else f"{self.evaluations} times in a row and no better"
        because = f": {row.evidence[0]}" if row.evidence else ""
        return f"{in_short(row.verdict, names(row.findings))}, {times}, severity {_severity(row):.2f}{because}"


def _severity(row: Row) -> float:
    """The strength of the worst collapse that was found, also behind another verdict; 0 where there is none."""
    found = [found.strength for found in row.findings if is_hopeless(found.verdict)]
    of_verdict = [row.numbers[SEVERITY]] if not row.findings and is_hopeless(row.verdict) else []
    return max((*found, *of_verdict), default=0.0)
