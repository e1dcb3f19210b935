"""The one place where names are used that Optuna keeps to itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers._ga import BaseGASampler
from optuna.storages import InMemoryStorage

# What a line of a journal does: the benchmark of reports writes one of trials that never were.
from optuna.storages.journal._storage import JournalOperation as JournalOperation
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from analysis.metrics import Goal


def begun(study: optuna.Study) -> Trial:
    """A new trial, of a study in which none waits to be begun.

    `Study.ask` first looks through all trials for one that waits, which takes longer with every trial there is.
    """
    study._thread_local.cached_all_trials = None
    return Trial(study, study._storage.create_new_trial(study._study_id))


def taken_up(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """A trial that was set aside, or that a killed process left running, open again under its own number.

    `Study.ask` opens new trials only, and `Trial` wants the id in the storage, which has no public name.
    """
    if trial.state == TrialState.WAITING:
        study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
    return Trial(study, trial._trial_id)


def set_aside(trial: Trial) -> None:
    """Let a trial that runs wait, to be taken up: a study is told of ends alone, and a storage of any state."""
    trial.study._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)


def rehearsal_of(study: optuna.Study) -> optuna.Study:
    """A study in memory of the same trials, to see what a sampler would draw next: it may be asked, but not told.

    `Study.add_trials` copies each trial to its last value, which takes longer than a draw. In memory a trial is
    replaced and never changed, so that both studies may have the same ones; a storage has no public way to take them.
    """
    return _over(study.get_trials(deepcopy=False), study.directions)


def study_of(trials: Sequence[FrozenTrial], goals: Iterable[Goal]) -> optuna.Study:
    """A study in memory of new trials, which are numbered from 0 on; `create_trial` has no way to number them."""
    for number, trial in enumerate(trials):
        trial.number, trial._trial_id = number, number
    return _over(trials, [*goals])


def note_study(study: optuna.Study, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that samplers keep in a study, after those given were set: they have no public way in or out."""
    for key, value in attributes.items():
        study._storage.set_study_system_attr(study._study_id, key, value)
    return study._storage.get_study_system_attrs(study._study_id)


def generation_key(sampler: type[BaseGASampler]) -> str:
    """The attribute in which a genetic algorithm keeps a trial's generation, for one that it has not drawn itself."""
    return sampler._get_generation_key()


def _over(trials: Sequence[FrozenTrial], directions: Sequence[Goal] | Sequence[StudyDirection]) -> optuna.Study:
    """A study over a storage in memory that is given its trials, see `rehearsal_of`."""
    storage = InMemoryStorage()
    study = optuna.create_study(storage=storage, directions=directions)
    storage._studies[study._study_id].trials = list(trials)
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE and len(directions) == 1]
    best = max if study.directions[0] == StudyDirection.MAXIMIZE else min
    storage._studies[study._study_id].best_trial_id = best(done, key=_value)._trial_id if done else None
    places = {trial._trial_id: (study._study_id, trial.number) for trial in trials}
    storage._trial_id_to_study_id_and_number, storage._max_trial_id = places, max(places, default=-1)
    return study


def _value(trial: FrozenTrial) -> float:
    """The value of a trial that is complete, which has one whatever its type says."""
    assert trial.value is not None
    return trial.value


def hush_batches() -> None:
    """Keep the Gaussian process from asking on the terminal for the greenlet package, which is not a user's to mind.

    With it an ask took longer here, not shorter. The logger is known by the name of its module alone.
    """
    logging.getLogger("optuna._gp.batched_lbfgsb").setLevel(logging.ERROR)
