"""Data on trials for the report page's scripts: table, curves, evidence; limited to what a page can hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.configs import is_nothing
from analysis.formatting import in_yaml
from analysis.plots import style
from analysis.plots.verdicts import LOOKS, Glyph, are_judged, found_beside, last_verdicts, verdicts_of
from analysis.results import (
    BEST_STEP,
    CONFIG,
    CONTINUES,
    DONE,
    EVIDENCE,
    FAILED,
    FINDINGS,
    LAST,
    OUTPUT_FILES,
    PROGRAMS_FOLDER,
    REASON,
    REPLICATES,
    RUNNING,
    SECONDS,
    STATUS,
    STEP,
    STOPPED,
    TRIAL,
    VERDICT,
    SweepResults,
    continued,
    main_metrics,
)
from analysis.searched import searched_parameters
from basics.files import tail

MAX_TRIALS = 20_000  # in the page's table, best first; trials.csv has all
MAX_METRICS = 24  # columns of last values
MAX_CURVES = 6  # metrics a trial's panel draws
CURVE_POINTS = 60
MAX_CHOICES = 12  # a longer list of numbers is drawn as numbers
MAX_OUTPUTS, MAX_LETTERS = 200, 2_000  # of programs: trials with the last they printed, and how much of it
CURVE_NUMBERS = 300_000  # of all curves together, two megabytes: the best trials have theirs in the page
DIGITS = 5
SCORE = "score/"  # before an objective's name, of several: the column of its values at the best step

STATUS_LOOKS = {
    DONE: Glyph(style.GREEN, "o"),
    STOPPED: Glyph(style.ORANGE, "."),
    FAILED: Glyph(style.VERMILLION, "x"),
    RUNNING: Glyph(style.BLUE, "^"),
}
# Matplotlib's marks by Plotly's names.
SYMBOLS = {
    "o": "circle", "s": "square", "D": "diamond", "h": "hexagon2", "v": "triangle-down", "x": "x-thin-open",
    ">": "triangle-right", "<": "triangle-left", "P": "cross", "X": "x", ".": "circle-open", "^": "triangle-up",
}  # fmt: skip

Column = dict[str, Any]


def page_order(sweep: SweepResults) -> list[str]:
    """Trials best first, then those without a score."""
    ranked = set(sweep.ranked)
    return [*sweep.ranked, *(name for name in sweep.trials[TRIAL] if name not in ranked)][:MAX_TRIALS]


def columns(sweep: SweepResults) -> list[Column]:
    """The table's columns: `key` in `trials`, `label`, `kind` of its values, `shown` in the table or only elsewhere."""
    judged = are_judged(sweep)
    fixed = [
        _column(TRIAL, TRIAL, "text"),
        _column(STATUS, STATUS, "text"),
        *(_column(name, name, "text") for name in (CONTINUES, REPLICATES) if name in sweep.trials),
        *([_column(VERDICT, VERDICT, "text")] if judged else []),
        *([_column(FINDINGS, "also found", "text")] if found_beside(sweep).any() else []),
        _column("score", sweep.objective, "number"),
        *(_column(f"{SCORE}{name}", name, "number") for name in [*sweep.goals][1:]),
        _column(BEST_STEP, "at step", "number"),
        _column("steps", "steps", "number"),
        _column(SECONDS, "time", "seconds"),
    ]
    last = [_column(LAST + VERDICT, f"{VERDICT} (last)", "text", shown=False)] if judged else []
    return [*fixed, *_parameters(sweep), *last, *_metrics(sweep), _column(REASON, REASON, "text")]


def table(sweep: SweepResults, order: Sequence[str], keys: Sequence[str]) -> list[list[Any]]:
    """One list a trial in `order` with the values of the columns `keys`, None where there is none."""
    trials = sweep.trials.set_index(TRIAL, drop=False).loc[list(order)]
    for name in (name for name in (CONTINUES, REPLICATES) if name in trials):
        trials[name] = trials[name].map(continued)
    verdicts = {VERDICT: verdicts_of(sweep), LAST + VERDICT: last_verdicts(sweep)}
    verdicts[FINDINGS] = found_beside(sweep).map(lambda found: ", ".join(found) or None)
    others = {f"{SCORE}{name}": sweep.values(name) for name in [*sweep.goals][1:]}
    trials = trials.assign(score=[sweep.score(name) for name in order], **others, **verdicts)
    kinds = {entry["key"]: entry["kind"] for entry in _parameters(sweep)}
    cells = [_cells(trials[key], kinds.get(key)) if key in trials else [None] * len(order) for key in keys]
    return [list(line) for line in zip(*cells, strict=True)]


def glyphs() -> dict[str, dict[str, str]]:
    """By status or verdict its colour on a light and on a dark page, and Plotly's name of its shape."""
    named = {**STATUS_LOOKS, **LOOKS}.items()
    return {
        name: {"light": look.color, "dark": style.DARK[look.color], "symbol": SYMBOLS[look.marker]}
        for name, look in named
    }


def curves(sweep: SweepResults, order: Sequence[str], metrics: Sequence[str]) -> dict[str, dict[str, list[Any]]]:
    """By trial the steps and `metrics` at them, thinned; of as many of the first trials as there is room for."""
    names = [name for name in metrics if name in sweep.rows]
    room = CURVE_NUMBERS // (CURVE_POINTS * (len(names) + 1))
    chosen = sweep.rows[sweep.rows[TRIAL].isin(order[:room])] if names else sweep.rows.iloc[:0]
    values = chosen[[STEP, *names]].to_numpy(dtype=float)
    places = chosen.groupby(TRIAL).indices
    return {str(trial): _thinned(values[place], names) for trial, place in places.items()}


def curve_metrics(sweep: SweepResults) -> list[str]:
    """The objectives, the losses, then what else is reported, as many as a panel has room for."""
    names = main_metrics(sweep.rows)
    losses = [name for name in names if "loss" in name]
    return [*dict.fromkeys([*sweep.goals, *losses, *names])][:MAX_CURVES]


def evidence(sweep: SweepResults) -> dict[str, list[str]]:
    """By trial the sentences that its verdict at the best step rests on, or where there is none the last."""
    said = [rows[EVIDENCE] for rows in (sweep.final, sweep.at_best) if EVIDENCE in rows]
    return {
        str(trial): list(map(str, found)) for each in said for trial, found in each.items() if isinstance(found, list)
    }


def outputs(sweep: SweepResults, order: Sequence[str]) -> dict[str, list[str]]:
    """By trial the last lines that a program printed; of those that failed first, while there is room."""
    failed = set(sweep.trials.loc[sweep.trials[STATUS] == FAILED, TRIAL])
    found: dict[str, list[str]] = {}
    for trial in sorted(order, key=lambda name: name not in failed):
        if len(found) < MAX_OUTPUTS and (lines := list(_output(sweep.folder / PROGRAMS_FOLDER / trial))):
            found[trial] = lines
    return found


def _output(folder: Path) -> Iterator[str]:
    for name in OUTPUT_FILES:
        if (path := folder / name).is_file() and (text := tail(path)):
            yield f"{name}: {text[-MAX_LETTERS:]}"


def _parameters(sweep: SweepResults) -> Iterator[Column]:
    for searched in searched_parameters(sweep):
        key = CONFIG + searched.name
        there = [v for v in sweep.trials[key] if not is_nothing(v)] if key in sweep.trials else []
        numeric = all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in there)
        yield {
            **_column(key, searched.name, "number" if numeric else "text"),
            "parameter": True,
            "log": searched.log,
            "choices": 0 < len(searched.choices) <= MAX_CHOICES,
        }


def _metrics(sweep: SweepResults) -> Iterator[Column]:
    for name in main_metrics(sweep.rows)[:MAX_METRICS]:
        if LAST + name in sweep.trials:
            yield _column(LAST + name, f"{name} (last)", "number", shown=False)


def _column(key: str, label: str, kind: str, *, shown: bool = True) -> Column:
    return {"key": key, "label": label, "kind": kind, "shown": shown}


def _thinned(values: NDArray[np.float64], names: Sequence[str]) -> dict[str, list[Any]]:
    """A trial's steps and metrics, (steps, 1 + metrics), at an even choice of its steps."""
    kept = np.unique(np.linspace(0, len(values) - 1, min(len(values), CURVE_POINTS)).round().astype(int))
    step, *metrics = values[kept].T.tolist()
    return {
        STEP: [int(value) for value in step],
        **{n: [_plain(v) for v in m] for n, m in zip(names, metrics, strict=True)},
    }


def _cells(column: pd.Series[Any], kind: str | None) -> list[Any]:
    """A column of the table; a parameter whose values are not all numbers in the words of a spec."""
    if kind == "text":
        return [None if is_nothing(value) else in_yaml(value) for value in column]
    return [_plain(value) for value in column]


def _plain(value: Any) -> Any:
    """A cell as JSON knows it: five digits of a number, None for nothing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value if isinstance(value, bool | int) else str(value) if value else None
