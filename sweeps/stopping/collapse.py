"""Early termination of hopeless trials: what the judge calls collapsed, and what does not get better.

A generator that has only begun is noise or a blur, and learns; those verdicts do not count here, nor does one that has
learnt images by heart. The others mean that the game is lost, but a mild one (a class of ten is missing) may pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.results import EVIDENCE, HOPELESS, SEVERITY, STEP, TRIAL, VERDICT
from sweeps.spec.early_termination import EarlyTerminate


@dataclass
class Patience:
    """The decision, fed one row after the other; fed the same rows again it comes to the same."""

    evaluations: int
    severity: float
    _rows: dict[str, dict[int, Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(dict), repr=False)

    @classmethod
    def of(cls, terms: EarlyTerminate | None) -> Patience | None:
        """The decision that `early_terminate` asks for; None where it says nothing of collapse."""
        return cls(terms.patience, terms.severity) if terms is not None and terms.patience is not None else None

    def report(self, row: Mapping[str, Any]) -> str | None:
        """Why the trial of this row should stop, in words, or None."""
        rows = self._rows[row[TRIAL]]
        rows[row[STEP]] = row
        last = [rows[step] for step in sorted(rows)][-self.evaluations :]
        if len(last) < self.evaluations or not all(map(self._is_hopeless, last)):
            return None
        if last[-1][SEVERITY] < last[0][SEVERITY]:
            return None
        return self._words(last[-1])

    def _is_hopeless(self, row: Mapping[str, Any]) -> bool:
        return row.get(VERDICT) in HOPELESS and row[SEVERITY] >= self.severity

    def _words(self, row: Mapping[str, Any]) -> str:
        times = "once" if self.evaluations == 1 else f"{self.evaluations} times in a row and no better"
        because = f": {row[EVIDENCE][0]}" if row[EVIDENCE] else ""
        return f"{row[VERDICT]}, {times}, severity {row[SEVERITY]:.2f}{because}"
