"""Which parameters mattered: PED-ANOVA (Watanabe et al. 2023) by Optuna, for the report, which knows no Optuna."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, create_trial

from analysis.metrics import Goal
from analysis.results import IMPORTANCE_FILE
from basics.files import replace_file
from sweeps.search.journal import JOURNAL, JOURNAL_FAULTS, REPLICATES, intermediate, status_of, storage

MIN_TRIALS = 10  # of fewer it would tell chance
MIN_TOP = 5  # trials the top has at least, as Optuna asks for; the top tenth where that is more


def importance(trials: Sequence[FrozenTrial], goal: Goal) -> dict[str, Any]:
    """`shares` of the parameters in what told the top trials apart, largest first, sum 1; {} if nothing can be said.

    A trial that was stopped early counts with the best value it had, one that failed not at all. `trials` is how many
    were looked at and `top` how many of them are the top. Of several objectives it is about the first.
    """
    once = [trial for trial in trials if REPLICATES not in trial.user_attrs]  # no config counts twice
    scored = [trial for trial in once if _value(trial, goal) is not None and trial.params]
    if len(scored) < MIN_TRIALS:
        return {}
    from optuna.importance import PedAnovaImportanceEvaluator  # brings scikit-learn's ensembles, which take seconds

    study = optuna.create_study(direction=goal)
    study.add_trials([_completed(trial, goal) for trial in scored])
    top = max(MIN_TOP, round(len(scored) / 10))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Target and region quantiles")  # all trials are alike: {} says so
        warnings.filterwarnings("ignore", message="Some regimes for parameter")  # it was seldom active
        found = PedAnovaImportanceEvaluator(target_quantile=top / len(scored)).evaluate(study)
    total = sum(found.values())
    if total <= 0:
        return {}
    shares = {name: value / total for name, value in found.items()}
    return {"method": "PED-ANOVA", "trials": len(scored), "top": top, "shares": shares}


def latest(folder: Path) -> dict[str, Any] | None:
    """`importance` of the search in a sweep's folder, of one that runs or was killed as well; None where what the
    folder's file says is as new, or where no search is."""
    journal, written = folder / JOURNAL, folder / IMPORTANCE_FILE
    if not journal.is_file() or (written.is_file() and written.stat().st_mtime >= journal.stat().st_mtime):
        return None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.load_study(study_name=None, storage=storage(journal))
    except JOURNAL_FAULTS:  # empty or damaged: a resume builds it anew
        return None
    goal: Goal = "maximize" if study.directions[0] == StudyDirection.MAXIMIZE else "minimize"
    return importance(study.get_trials(deepcopy=False), goal)


def write_importance(folder: Path) -> None:
    """What `latest` says into the sweep's folder, if it is newer than what is there."""
    found = latest(folder)
    if found is not None:
        replace_file(folder / IMPORTANCE_FILE, json.dumps(found).encode())


def _value(trial: FrozenTrial, goal: Goal) -> float | None:
    status = status_of(trial)
    if status == "done":
        return next(iter(trial.values), None)
    values = [first for first, *_ in intermediate(trial).values()] if status == "stopped" else []
    return (max if goal == "maximize" else min)(values, default=None)


def _completed(trial: FrozenTrial, goal: Goal) -> FrozenTrial:
    return create_trial(params=trial.params, distributions=trial.distributions, value=_value(trial, goal))
