"""What a study is: a report's claims, the sweeps that test them, and rules that were fixed before looking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from analysis.results import SweepResults

Sweeps = Mapping[str, SweepResults]  # by the name of the spec below specs/reports/
Answer = Literal["agree", "disagree", "depends"]


class Finding(NamedTuple):
    """What the sweeps say of a claim; every number in the words is computed from them."""

    measured: str
    answer: Answer
    reason: str


@dataclass(frozen=True)
class Claim:
    """A report's `text`; `rule` says what counts as which answer, `judge` applies it."""

    text: str
    rule: str
    judge: Callable[[Sweeps], Finding]


@dataclass(frozen=True)
class Study:
    """A section of the page. `setting` says what was run and how it is scaled down; `picture` gives a PNG."""

    name: str
    title: str
    source: str  # which report
    setting: str
    sweeps: tuple[str, ...]
    claims: tuple[Claim, ...]
    picture: Callable[[Sweeps], bytes]
    caption: str


def by_margin(margin: float, needed: float) -> Answer:
    """Agree from `needed` on, disagree from -`needed` down; in between noise decides."""
    return "agree" if margin >= needed else "disagree" if margin <= -needed else "depends"
