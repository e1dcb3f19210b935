"""A sweep that is interrupted: no trial runs by its journal, and the next one takes each up where it was."""

from pathlib import Path

import optuna
import pytest
from helpers.driven_sweep import deliver, open_sweep, report
from optuna.trial import TrialState

from sweeps.search.journal import JOURNAL, storage


def states(folder: Path) -> list[TrialState]:
    return [t.state for t in optuna.load_study(study_name=None, storage=storage(folder / JOURNAL)).trials]


@pytest.mark.parametrize("method", ["tpe", "random", "qmc", "nsga2"])
def test_no_trial_runs_after_an_interrupt_or_an_end(method: str, tmp_path: Path) -> None:
    _, sweep, _, _ = open_sweep(tmp_path, method=method, run_cap=3)
    first, second = sweep.hand_out(2)
    deliver(sweep, report(first, 1, 0.5, last=True))
    deliver(sweep, report(second, 1, 0.4, last=False))
    sweep.close(interrupted=True)
    assert states(tmp_path) == [TrialState.COMPLETE, TrialState.WAITING]

    for time in range(2):  # and once more before it has done anything
        _, sweep, search, _ = open_sweep(tmp_path, method=method, run_cap=3)
        assert (search.asked, sweep.over) == (2, False)
        [again] = sweep.hand_out(1)
        assert (again.trial, again.config, again.resumed) == (second.trial, second.config, True)
        assert states(tmp_path) == [TrialState.COMPLETE, TrialState.RUNNING]
        if time == 0:
            sweep.close(interrupted=True)
    [third] = sweep.hand_out(2)
    for work, step in ((again, 2), (third, 1)):
        deliver(sweep, report(work, step, 0.6, last=True))
    assert sweep.over
    sweep.close(interrupted=False)
    assert states(tmp_path) == [TrialState.COMPLETE] * 3
