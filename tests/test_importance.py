"""What the search says of its parameters once it is over."""

import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweeps.importance import MIN_TRIALS, importance


def trial(number: int, state: TrialState = TrialState.COMPLETE, sign: int = 1) -> FrozenTrial:
    """One in which `matters` is all that matters."""
    params = {"matters": (number * 0.618) % 1, "idle": (number * 0.414) % 1}
    value = sign * params["matters"]
    return create_trial(
        params=params,
        distributions=dict.fromkeys(params, FloatDistribution(0, 1)),
        value=value if state == TrialState.COMPLETE else None,
        state=state,
        intermediate_values={1: value - sign, 2: value} if state == TrialState.PRUNED else {},
    )


@pytest.mark.parametrize(("goal", "sign"), [("maximize", 1), ("maximize", -1), ("minimize", 1)])
def test_what_matters_has_the_larger_share_whichever_way_is_better(goal, sign):
    found = importance([trial(n, sign=sign) for n in range(60)], goal)
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert found["shares"]["matters"] > 0.8
    assert (found["trials"], found["top"]) == (60, 6)


def test_stopped_trials_count_with_their_best_value_and_failed_ones_not():
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING]
    trials = [trial(n, states[n % 4]) for n in range(60)]
    found = importance(trials, "maximize")
    assert found["trials"] == 30
    completed = importance([trial(n) for n in range(60) if n % 4 < 2], "maximize")
    assert found["shares"] == pytest.approx(completed["shares"])


@pytest.mark.parametrize("count", [0, MIN_TRIALS - 1])
def test_of_few_trials_nothing_is_said(count):
    assert importance([trial(n) for n in range(count)], "minimize") == {}


def test_nor_of_trials_that_are_all_alike():
    same = [create_trial(params={"p": 0.5}, distributions={"p": FloatDistribution(0, 1)}, value=1.0)] * 20
    assert importance(same, "minimize") == {}
