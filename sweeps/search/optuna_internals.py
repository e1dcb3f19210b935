"""The one place where names are used that Optuna keeps to itself."""

from __future__ import annotations

import optuna

# What a line of a journal does: the benchmark of reports writes one of trials that never were.
from optuna.storages.journal._storage import JournalOperation as JournalOperation
from optuna.trial import FrozenTrial, Trial


def taken_up(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """A trial that a killed process left running, open again under its own number.

    `Study.ask` opens new trials only, and `Trial` wants the id in the storage, which has no public name.
    """
    return Trial(study, trial._trial_id)
