"""The journal of a search is of Optuna's form, and needs no lock and no wait for the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from sweeps.search.journal import opened

KILLED = """
import os, signal, sys
from pathlib import Path
from sweeps.search.journal import opened
study = opened(Path(sys.argv[1]), "sweep", ["maximize"])
for number in range(5):
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    study.tell(trial, number)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _by_optuna(journal: Path) -> optuna.Study:
    return optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(str(journal))))


def test_optunas_own_file_reads_and_goes_on_with_it(tmp_path: Path) -> None:
    journal = tmp_path / "optuna.journal"
    study = opened(journal, "sweep", ["minimize"])
    for _ in range(3):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0, 1))
    theirs = _by_optuna(journal)
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    ours = opened(journal, "sweep", ["minimize"])
    assert [trial.value for trial in ours.trials] == [trial.value for trial in theirs.trials]
    assert len(ours.trials) == 5


def test_what_was_written_is_there_after_a_kill(tmp_path: Path) -> None:
    journal = tmp_path / "optuna.journal"
    subprocess.run([sys.executable, "-c", KILLED, str(journal)], check=False, env=os.environ | {"PYTHONPATH": "."})
    assert [trial.value for trial in _by_optuna(journal).trials] == [0, 1, 2, 3, 4]
    assert [path.name for path in tmp_path.iterdir()] == ["optuna.journal"]
