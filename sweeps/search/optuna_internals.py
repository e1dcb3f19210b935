"""The one place where names are used that Optuna keeps to itself."""

from __future__ import annotations

import optuna
from optuna.storages import InMemoryStorage

# What a line of a journal does: the benchmark of reports writes one of trials that never were.
from optuna.storages.journal._storage import JournalOperation as JournalOperation
from optuna.trial import FrozenTrial, Trial


def begun(study: optuna.Study) -> Trial:
    """A new trial, of a study in which none waits to be begun.

    `Study.ask` first looks through all trials for one that waits, which takes longer with every trial there is.
    """
    study._thread_local.cached_all_trials = None
    return Trial(study, study._storage.create_new_trial(study._study_id))


def taken_up(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """A trial that a killed process left running, open again under its own number.

    `Study.ask` opens new trials only, and `Trial` wants the id in the storage, which has no public name.
    """
    return Trial(study, trial._trial_id)


def rehearsal_of(study: optuna.Study) -> optuna.Study:
    """A study in memory of the same trials, to see what a sampler would draw next: it may be asked, but not told.

    `Study.add_trials` copies each trial to its last value, which takes longer than a draw. In memory a trial is
    replaced and never changed, so that both studies may have the same ones; a storage has no public way to take them.
    """
    storage, trials = InMemoryStorage(), study.get_trials(deepcopy=False)
    rehearsal = optuna.create_study(storage=storage, direction=study.direction)
    storage._studies[rehearsal._study_id].trials = trials
    places = {trial._trial_id: (rehearsal._study_id, trial.number) for trial in trials}
    storage._trial_id_to_study_id_and_number, storage._max_trial_id = places, max(places, default=-1)
    return rehearsal
