"""Findings: the failures that hold of samples, with strength, sentence and numbers; as data, in a cell, in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

BETWEEN = "; "  # findings in one cell


@dataclass(frozen=True)
class Finding:
    """A failure that holds: its `verdict` (a name of VERDICTS), `strength` (0.5 at the threshold, to 1), the `sentence`
    that says so and the `numbers` behind it by name.

    `seeds`: of a trial with replicates, how many of them have it; None of one seed.
    """

    verdict: str
    strength: float
    sentence: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    seeds: int | None = None

    @classmethod
    def of(cls, document: Any) -> Finding | None:
        """A finding from its plain data; None of anything else."""
        try:
            seeds, numbers = document.get("seeds"), dict(document.get("numbers") or {})
            of_seeds = None if seeds is None else int(seeds)
            sentence = str(document.get("sentence") or "")
            return cls(str(document["verdict"]), float(document["strength"]), sentence, numbers, of_seeds)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    def document(self) -> dict[str, Any]:
        """As plain data, without what it lacks."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", {})}


def findings_of(documents: Any) -> tuple[Finding, ...]:
    """The findings in a row of results; none where it is of a version that had none, or damaged."""
    documents = documents if isinstance(documents, list | tuple) else ()
    return tuple(found for document in documents if (found := Finding.of(document)) is not None)


def findings_cell(findings: Iterable[Finding]) -> str:
    """Findings as trials.csv has them: mode_collapse 0.93; noise 0.61, with seeds mode_collapse 0.93 (2 seeds)."""
    return BETWEEN.join(
        f"{found.verdict} {found.strength:.2f}" + (f" ({found.seeds} seeds)" if found.seeds is not None else "")
        for found in findings
    )


def cell_of(documents: Any) -> str:
    """The cell of the findings in a row of results."""
    return findings_cell(findings_of(documents))


def findings_in(cell: str) -> tuple[Finding, ...]:
    """Findings from a cell of trials.csv, which has no sentences."""
    return tuple(found for part in cell.split(BETWEEN) if (found := _in_part(part.split())) is not None)


def _in_part(words: Sequence[str]) -> Finding | None:
    try:
        seeds = int(words[2].removeprefix("(")) if len(words) > 2 else None
        return Finding(words[0], float(words[1]), seeds=seeds)
    except (IndexError, ValueError):
        return None


def names(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The names of the failures found, in their order."""
    return tuple(found.verdict for found in findings)


def in_short(verdict: str, found: Sequence[str]) -> str:
    """A verdict and the strongest finding beside it in a narrow place: mode_collapse +noise, and +1 for a third."""
    others = [name for name in found if name != verdict]
    more = f" +{len(others) - 1}" if len(others) > 1 else ""
    return f"{verdict} +{others[0]}{more}" if others else verdict
