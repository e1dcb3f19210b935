"""The file in a sweep's folder that holds its search: a journal of Optuna's, and what its states mean.

A config that diverges or raises is `failed` for us. Optuna hears of it as PRUNED and far past a constraint, because
its samplers do not read what is FAIL: they would go there again and again. The user attribute STATUS keeps our word.
FAIL is left for a worker that died, which says nothing of the config (and for journals from before).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from analysis.metrics import Goal
from analysis.results import JOURNAL_FILE
from basics.files import cut_torn_line
from sweeps.search.journal_file import JournalFile
from sweeps.search.method import Status

JOURNAL = JOURNAL_FILE
CRASHED = "its worker died"  # how the reason of such a trial begins
# What Optuna raises over a journal that is not whole; an IndexError over one whose study was lost.
JOURNAL_FAULTS = (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError)
# The constraint that a failed config is past, farther than any trial can be past the spec's.
SOUND, FAR = "trains to its end", sys.float_info.max
STATUS = "status"  # the user attribute of a trial that ended; of an older journal's it follows from the state
VALUES = "values/"  # and a step: the user attribute with what a trial reported then of several objectives
REPLICATES = "replicates"  # the user attribute of a trial that is another seed of an earlier one
NOTE = "sampler"  # the user attribute with what a search method keeps of a trial it asked for
STATES: dict[Status, TrialState] = {
    "done": TrialState.COMPLETE,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
_STATUSES = {state: status for status, state in STATES.items()}


def storage(journal: Path) -> JournalStorage:
    """Optuna's storage in that file, which is made if it is not there."""
    return JournalStorage(JournalFile(journal))


def opened(journal: Path | None, name: str, goals: Iterable[Goal]) -> optuna.Study:
    """The study in that file, whatever it was called when it began; a new one where there is none, or no file."""
    if journal is None:
        return optuna.create_study(directions=[*goals])
    # The caller holds the sweep's own lock, so a lock file found here was left by a killed process;
    # Optuna would wait half a minute for it.
    Path(f"{journal}.lock").unlink(missing_ok=True)
    cut_torn_line(journal)
    kept = storage(journal)
    if kept.get_all_studies():
        return optuna.load_study(study_name=None, storage=kept)
    return optuna.create_study(storage=kept, study_name=name, directions=[*goals])


def intermediate(trial: FrozenTrial) -> dict[int, tuple[float, ...]]:
    """What a trial reported, by step: of several objectives it stands in user attributes, as Optuna takes one value."""
    several = {
        int(name.removeprefix(VALUES)): tuple(values)
        for name, values in trial.user_attrs.items()
        if name.startswith(VALUES)
    }
    return several or {step: (value,) for step, value in trial.intermediate_values.items()}


def status_of(trial: FrozenTrial) -> Status:
    """How a trial in the journal ended, in our own word."""
    if not trial.state.is_finished():
        return "running"
    status: Status = trial.user_attrs.get(STATUS, _STATUSES[trial.state])
    return status
