"""A row of results: what one evaluation of a trial came to. It goes from the worker to whoever listens in the driver,
and as a line to results.jsonl.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.judge.findings import Finding, findings_of, names
from analysis.ranking import BestStep, Constraint
from analysis.results import (
    CLASS_HISTOGRAM,
    CONFUSION,
    EVIDENCE,
    EXTRACTOR,
    FINDINGS,
    NO_NUMBERS,
    PARENT,
    SECONDS,
    STEP,
    TRIAL,
    VERDICT,
)


@dataclass(frozen=True)
class Row:
    """One evaluation of a trial, after `step` reporting intervals.

    `seconds` of training, None where they were lost; `numbers`: metrics, and what the machine gave, by name. Of a
    generative model: the judge's `verdict`, its `findings` (none in rows from before there were any) and sentences,
    `extractor`, who looked for it, and `class_histogram`, the share of samples taken for each class. Of a classifier:
    `confusion`, counts of true class by predicted class. `parent`: the trial from whose state this one went on. Words
    and lists are empty where there are none.
    """

    trial: str
    step: int
    seconds: float | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    verdict: str = ""
    evidence: tuple[str, ...] = ()
    extractor: str = ""
    class_histogram: Sequence[float] = ()
    confusion: Sequence[Sequence[float]] = ()
    parent: str = ""
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Row:
        """The row of a line of results.jsonl, without its nulls; KeyError, TypeError or ValueError if it is none."""
        trial, step = str(document[TRIAL]), int(document[STEP])
        named = (TRIAL, STEP, SECONDS, PARENT, *NO_NUMBERS)
        numbers = {n: v for n, v in document.items() if n not in named and isinstance(v, int | float)}
        return cls(
            trial,
            step,
            document.get(SECONDS),
            numbers,
            document.get(VERDICT) or "",
            tuple(document.get(EVIDENCE) or ()),
            document.get(EXTRACTOR) or "",
            document.get(CLASS_HISTOGRAM) or (),
            document.get(CONFUSION) or (),
            document.get(PARENT) or "",
            findings_of(document.get(FINDINGS)),
        )

    def document(self) -> dict[str, Any]:
        """The line of results.jsonl: JSON has no NaN, a number that is not finite is null."""
        seconds = {SECONDS: self.seconds} if self.seconds is not None else {}
        numbers = {name: value if math.isfinite(value) else None for name, value in self.numbers.items()}
        judged: dict[str, Any] = {VERDICT: self.verdict, EVIDENCE: list(self.evidence)} if self.verdict else {}
        judged |= {FINDINGS: [found.document() for found in self.findings]} if self.findings else {}
        others = {EXTRACTOR: self.extractor, CLASS_HISTOGRAM: self.class_histogram, CONFUSION: self.confusion}
        others[PARENT] = self.parent
        there = {name: value for name, value in others.items() if value}
        return {TRIAL: self.trial, STEP: self.step, **seconds, **numbers, **judged, **there}

    def number(self, name: str) -> float | None:
        """A metric, or `seconds`; None where the row does not have it."""
        return self.seconds if name == SECONDS else self.numbers.get(name)

    def as_best(self, metrics: Sequence[str], constraints: Sequence[Constraint] = ()) -> BestStep | None:
        """This step as one that may be its trial's best by `metrics`; None where one of them has no finite value."""
        violations = [constraint.violation(self.number(constraint.name)) for constraint in constraints]
        values, found = [self.number(name) for name in metrics], names(self.findings)
        return BestStep.of(values, self.step, self.verdict, violations, found)
