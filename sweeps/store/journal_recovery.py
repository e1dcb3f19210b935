"""A search whose journal is damaged or gone, built anew from the rows and the table of its sweep.

The journal is ahead of the other files in a whole folder. One that lacks a trial they know is cut, or another's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.formatting import counted
from analysis.ranking import BestStep
from analysis.results import CONTINUES, REASON, REPLICATES, RUNNING, SEED, STATUS, TRIAL, SweepResults, continued
from analysis.rows import Row
from basics.files import replace_file, replacing, set_aside
from search_spaces.domains import Choice, Domain, Int
from sweeps.errors import SpecError
from sweeps.search.earlier import EarlierTrial
from sweeps.search.journal import CRASHED, JOURNAL, JOURNAL_FAULTS
from sweeps.search.method import Ending, Status
from sweeps.search.search import Search
from sweeps.spec.resolved import Spec
from sweeps.store.earlier_sweeps import kept

Say = Callable[[str], None]
LOST = "its config was lost with optuna.journal and trials.csv"


@dataclass(frozen=True)
class Known:
    """What is known of a trial: its config (None if it was lost), its rows, and how it ended."""

    config: Mapping[str, Any] | None
    rows: list[Row]
    status: Status = "running"
    reason: str = ""
    score: float = math.nan  # by the table, where the rows are lost
    continues: str = ""  # the trial that it goes on with
    replicates: str = ""  # the trial that it is another seed of
    seed: int = 0


def open_search(sweep: SweepResults, spec: Spec, say: Say) -> Search:
    """The search of a sweep, built anew if its journal does not hold what the other files know.

    FolderError where what it knew of other sweeps was lost.
    """
    journal, earlier = sweep.folder / JOURNAL, kept(sweep.folder, spec)
    there = journal.is_file() and journal.stat().st_size > 0
    search = _opened(spec, journal, earlier)
    if search is not None and _holds(search, sweep):
        return search
    before = _first_lines(spec, journal)
    if there:
        damaged = set_aside(journal)
    search = _rebuilt(spec, journal, earlier, before, _known(sweep, spec))
    rest = f"what was left of it is {damaged.name}" if there else "there was none"
    say(f"{journal}: built anew from the sweep's rows and table, {counted(search.asked, 'trial')}; {rest}")
    return search


def _opened(spec: Spec, journal: Path, earlier: Sequence[EarlierTrial] = ()) -> Search | None:
    try:
        return Search(spec, journal, earlier)
    except SpecError:  # of the choices in the spec: the journal is whole
        raise
    except JOURNAL_FAULTS:
        return None


def _holds(search: Search, sweep: SweepResults) -> bool:
    """Whether the journal has every trial, and every end, that the rows or the table have."""
    ended = {number for number, *_ in search.ended()}
    table = sweep.trials[sweep.trials[TRIAL].str.isdecimal()]
    known = zip(table[TRIAL].astype(int), table[STATUS] == RUNNING, strict=True)
    return all(number in ended or (running and number < search.asked) for number, running in known)


def _first_lines(spec: Spec, journal: Path) -> dict[int, Known]:
    """The trials that ended in the lines before the first damaged one: those after it may count wrongly."""
    if not journal.is_file():
        return {}
    lines: list[bytes] = journal.read_bytes().splitlines(keepends=True)
    whole = b"".join(takewhile(_is_entry, lines))
    part = journal.with_name(f".{journal.name}.part")
    replace_file(part, whole)
    search = _opened(spec, part)
    ended = list(search.ended()) if search is not None else []
    part.unlink()
    return {
        number: Known({n: v for n, v in config.items() if n not in spec.fixed}, [], status, reason)
        for number, config, status, reason in ended
    }


def _is_entry(line: Any) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _known(sweep: SweepResults, spec: Spec) -> dict[int, Known]:
    """What rows and table know of each trial."""
    rows = {str(trial): list(_plain(found)) for trial, found in sweep.rows.groupby(TRIAL)}
    return {
        int(line[TRIAL]): Known(
            _config(spec, sweep.configs.get(line[TRIAL], {})),
            rows.get(line[TRIAL], []),
            line[STATUS],
            line[REASON],
            sweep.score(line[TRIAL]),
            continued(line.get(CONTINUES)),
            continued(line.get(REPLICATES)),
            int(line[SEED]) if continued(line.get(REPLICATES)) else 0,
        )
        for _, line in sweep.trials.iterrows()
        if line[TRIAL].isdecimal()
    }


def _plain(rows: pd.DataFrame) -> Iterator[Row]:
    for row in rows.to_dict("records"):
        yield Row.of({str(n): v for n, v in row.items() if not (isinstance(v, float) and np.isnan(v))})


def _config(spec: Spec, written: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values of what is searched, of the types they have in the space; None if one that is needed is not known."""
    try:
        whole = spec.space.resolve(lambda name, domain: _value(domain, written[name]), spec.fixed)
    except (LookupError, ValueError, TypeError):
        return None
    return {name: value for name, value in whole.items() if name not in spec.fixed}


def _value(domain: Domain, written: Any) -> Any:
    if isinstance(domain, Choice):
        same = [c for c in domain.choices if c == written and type(c) is type(written)]
        alike = [c for c in domain.choices if str(c) == str(written) or (c is None and written == "null")]
        return [*same, *alike][0]
    return int(written) if isinstance(domain, Int) else domain.rounded(float(written))


def _rebuilt(
    spec: Spec,
    journal: Path,
    earlier: Sequence[EarlierTrial],
    before: Mapping[int, Known],
    known: Mapping[int, Known],
) -> Search:
    """A search that was asked for, and told, the same; trials of which nothing is known run when they are drawn."""
    search = Search(spec, None, earlier)
    for number in range(max({*before, *known}, default=-1) + 1):
        one, first = known.get(number, Known(None, [])), before.get(number)
        if first is not None:
            one = replace(one, config=first.config, status=first.status, reason=first.reason)
        _tell(search, spec, number, one)
    with replacing(journal) as part:
        search.write(part)
    return Search(spec, journal, earlier)


def _tell(search: Search, spec: Spec, number: int, known: Known) -> None:
    """Ask for a trial, which the search is given the config of, and report what became of it."""
    if known.replicates:
        search.replicate(int(known.replicates), known.seed)
    elif known.continues:
        search.go_on(int(known.continues), spec.budget.steps)
    else:
        search.ask_for(known.config)
    best = None
    for row in known.rows:
        if (values := spec.metric.values(row)) is None:
            continue
        search.report(number, row.step, *values)
        best = spec.metric.best_step(best, row)
    if best is None and math.isfinite(known.score) and not spec.metric.others:
        best = BestStep(known.score, 0)  # at a step that was lost
    if known.config is None and known.rows and search.learns:
        search.tell(number, Ending("failed", None, LOST))
    elif known.status != "running" and (best is not None or known.status != "done"):
        crashed = known.reason.startswith(CRASHED)
        search.tell(number, Ending.of(known.status, best, known.reason, crashed=crashed))
