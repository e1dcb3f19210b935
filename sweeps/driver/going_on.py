"""Goes on with a sweep beyond its end: more trials than it was to have, ended trials that train on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.folder import load
from analysis.formatting import counted
from analysis.results import SPEC_FILE, trial_name
from sweeps.errors import SpecError
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.spec.search import population
from sweeps.store.journal_recovery import Say, open_search
from sweeps.store.sweep_folder import Record, Store


@dataclass(frozen=True)
class Beyond:
    """How far a sweep goes on: by `more` trials; `trials` that have ended train on, `steps` more if that is said."""

    more: int = 0
    trials: tuple[str, ...] = ()
    steps: int | None = None


AS_IT_WAS = Beyond()
NAMED = 10  # trials in an error's line


def with_more(folder: Path, spec: Spec, changes: Mapping[str, Any], more: int, say: Say) -> Spec:
    """The spec of a sweep that gets `more` trials: beyond its run_cap, or where something else has ended it, beyond
    those it has had, whatever ended it.

    SpecError where it has no run_cap and no end, or no config is left to try. The caller holds the folder's lock.
    """
    left = load(folder)
    search = open_search(left, spec, say)
    if spec.trials is None and not left.ended_by:
        what = "this sweep has no run_cap that could be raised, and it has not ended"
        raise SpecError(what, key="--more", valid="resume without it")
    trials = (search.tried if left.ended_by else max(spec.trials or 0, search.tried)) + more
    raised = spec.trials is not None and trials > spec.trials
    longer = load_spec(folder / SPEC_FILE, {**changes, "run_cap": trials}) if raised else spec
    if raised and (longer.trials or 0) < trials:
        what = f"there are only {counted(longer.trials or 0, 'config')}, so that there cannot be {trials} trials"
        raise SpecError(what, key="--more", valid=f"up to {max((longer.trials or 0) - trials + more, 0)}")
    if left.ended_by:
        search.notes.grant(trials)
        say(f"going on to {trials} trials, though the sweep had ended: {left.ended_by}")
    return longer


def train_on(folder: Path, spec: Spec, beyond: Beyond, say: Say) -> None:
    """Have trials that ended go on, each as a new one that starts with what the other has come to.

    To Optuna a trial that has ended has ended; so that its record stays true, another of the same config begins, with
    its seeds, rows, pictures and checkpoint, and is left running for the sweep to take up. SpecError for a trial that
    cannot go on, before any does. The caller holds the folder's lock.
    """
    if spec.method == population.METHOD:
        what = "the trials of a population go on by themselves, generation by generation"
        raise SpecError(
            what, key="--continue", valid="sweeps of other methods; here more steps: budget.steps of a new one"
        )
    search, store = open_search(load(folder), spec, say), Store(folder, spec.metric)
    for _ in store.existing_rows():  # which the store notes
        pass
    for number, config, status, reason in search.ended():
        store.known(trial_name(number), config, status, reason)
    records = {record.trial: record for record in store.records}
    wanted = dict.fromkeys(trial_name(trial) for trial in beyond.trials)
    found = {trial: _steps(records, trial, spec, beyond.steps) for trial in wanted}
    for _ in search.unfinished():  # which are taken up before any is begun
        pass
    for record, steps in ((records[trial], steps) for trial, steps in found.items()):
        say(_gone_on(search, store, record, steps))
    search.set_aside()
    store.close(interrupted=True)


def _steps(records: Mapping[str, Record], trial: str, spec: Spec, more: int | None) -> int | None:
    """How many steps in all a trial goes on to, None for its own end; SpecError if it cannot."""
    record, most = records.get(trial), spec.budget.steps
    if record is None or record.status not in ("done", "stopped"):
        reason = f" ({record.reason})" if record is not None and record.reason else ""
        what = f"trial {trial} has failed{reason}" if record is not None and record.status == "failed" else ""
        what = what or f"there is no trial {trial} that has ended"
        raise SpecError(what, key="--continue", valid=_those_that_may(records.values()))
    if record.status == "done" and most is None:
        what = f"trial {trial} came to the end of its own training after {counted(record.steps, 'step')}"
        valid = "a trial that was stopped, or that budget.steps has ended; to train for longer is another config"
        raise SpecError(what, key="--continue", valid=valid)
    if more is None and most is not None and record.steps >= most:
        what = f"trial {trial} has had all {most} steps of the budget"
        raise SpecError(what, key="--continue", valid="--steps N too, so many more; or a larger budget.steps")
    return most if more is None else record.steps + more


def _those_that_may(records: Iterable[Record]) -> str:
    names = [record.trial for record in records if record.status in ("done", "stopped")]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more or "none of this sweep"


def _gone_on(search: Search, store: Store, record: Record, steps: int | None) -> str:
    """Have one trial go on; what is to be said of it."""
    number, _ = search.go_on(int(record.trial), steps)
    has_state = store.go_on(trial_name(number), record.trial)
    to = f" to {counted(steps, 'step')}" if steps is not None else ""
    how = "from its checkpoint" if has_state else "from its start, with its seeds, as no checkpoint is kept of it"
    return f"trial {record.trial} goes on{to} as trial {trial_name(number)}, {how}"
