"""Colour and marker shape of each verdict, the same in all plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.judge.findings import findings_in, names
from analysis.plots import style
from analysis.results import FINDINGS, HEALTHY, REASON, TRIAL, VERDICT, SweepResults

UNJUDGED = "not judged"
COLLAPSES = ("mode_collapse", "low_diversity")


class Glyph(NamedTuple):
    """A mark's colour and shape (Matplotlib's letter)."""

    color: str
    marker: str


# Those that are easily confused in colour differ most in shape; gloomy ones are grey.
LOOKS: Mapping[str, Glyph] = {
    HEALTHY: Glyph(style.GREEN, "o"),
    "mode_collapse": Glyph(style.VERMILLION, "s"),
    "low_diversity": Glyph(style.ORANGE, "D"),
    "memorised": Glyph(style.YELLOW, "h"),
    "blurred": Glyph(style.SKY, "v"),
    "noise": Glyph(style.MUTED, "x"),
    "discriminator_wins": Glyph(style.BLUE, ">"),
    "generator_wins": Glyph(style.PURPLE, "<"),
    "frozen": Glyph(style.FAINT, "P"),
    "diverged": Glyph(style.INK, "X"),
    UNJUDGED: Glyph(style.FAINT, "."),
}


def glyph_of(verdict: str) -> Glyph:
    """The colour and shape of any verdict, also of one that the table does not have."""
    return LOOKS.get(verdict, Glyph(style.INK, "*"))


def verdicts_of(sweep: SweepResults) -> pd.Series[Any]:
    """The verdict on every trial of `trials` at its best step, indexed by trial: what goes with its score."""
    return _known(sweep, sweep.verdicts)


def last_verdicts(sweep: SweepResults) -> pd.Series[Any]:
    """The verdict on every trial of `trials` at its last step, indexed by trial: what its training came to."""
    table = sweep.trials.set_index(TRIAL)
    return _known(sweep, table[VERDICT] if VERDICT in table else pd.Series("", index=table.index))


def found_beside(sweep: SweepResults) -> pd.Series[Any]:
    """What was found of every trial of `trials` beside the verdict at its best step, names, the strongest first."""
    return _others(sweep.findings, sweep.verdicts)


def last_found_beside(sweep: SweepResults) -> pd.Series[Any]:
    """The same of its last step."""
    table = sweep.trials.set_index(TRIAL)
    if FINDINGS not in table:
        return pd.Series([()] * len(table), index=table.index, dtype=object)
    return _others(table[FINDINGS], table[VERDICT])


def _others(cells: pd.Series[Any], verdicts: pd.Series[Any]) -> pd.Series[Any]:
    pairs = zip(map(findings_in, cells), verdicts, strict=True)
    others = [tuple(name for name in names(found) if name != verdict) for found, verdict in pairs]
    return pd.Series(others, index=verdicts.index, dtype=object)


def _known(sweep: SweepResults, verdicts: pd.Series[Any]) -> pd.Series[Any]:
    """The same in words for a picture; a trial that failed has diverged or was not judged."""
    table = sweep.trials.set_index(TRIAL)
    diverged = table[REASON].astype(str).str.startswith("diverged") if REASON in table else verdicts.eq("diverged")
    return verdicts.mask(diverged, "diverged").replace("", UNJUDGED)


def are_judged(sweep: SweepResults) -> bool:
    """Whether the judge has looked at any trial."""
    return VERDICT in sweep.trials and bool((sweep.trials[VERDICT] != "").any())
