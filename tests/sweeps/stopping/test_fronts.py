"""Hyperband's bands with several metrics: a trial goes on by its front."""

import itertools
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.stopping.hyperband import Hyperband

OTHERS: dict[str, Goal] = {"seconds_a_step": "minimize"}


def row(trial: str, step: int, loss: float, seconds: float) -> Row:
    return Row(trial, step, 0.1, {"loss": loss, "seconds_a_step": seconds})


def test_of_a_band_the_first_fronts_go_on() -> None:
    """a and b trade one metric for the other, e has one value of a's and one worse, c and d are beaten in both."""
    rule = Hyperband("loss", "minimize", (1,), 3.0, others=OTHERS)
    points = {"a": (1.0, 3.0), "b": (3.0, 1.0), "c": (4.0, 4.0), "d": (5.0, 5.0), "e": (1.0, 3.5)}
    for trial, point in points.items():
        rule.report(row(trial, 1, *point))
    told = {trial: rule.report(row(trial, 2, 0.0, 0.0)) for trial in points}
    assert [trial for trial, reason in told.items() if reason] == ["c", "d", "e"]
    assert told["c"] == (
        "number 4 of 5 trials at iteration 1 by the fronts of loss, seconds_a_step, of which the best 1/3 go on"
    )


def test_the_few_of_a_front_that_go_on_are_far_from_each_other() -> None:
    """Nine on one line, of which four may go on: both ends, the middle, and one between."""
    rule = Hyperband("loss", "minimize", (1,), 3.0, others=OTHERS)
    for number in range(9):
        rule.report(row(str(number), 1, float(number), float(8 - number)))
    reasons = [rule.report(row(str(number), 2, 0.0, 0.0)) for number in range(9)]
    assert [number for number, reason in enumerate(reasons) if not reason] == [0, 2, 4, 8]


def test_a_step_that_lacks_a_metric_is_no_iteration() -> None:
    rule = Hyperband("loss", "minimize", (1,), 3.0, others=OTHERS)
    rule.report(row("a", 1, 1.0, 1.0))
    assert rule.report(Row("b", 1, 0.1, {"loss": 9.0})) is None
    assert rule.report(row("b", 2, 9.0, 9.0)) is not None


def test_not_strict_a_trial_is_held_by_the_best_of_what_it_reported() -> None:
    early = {"a": [(1.0, 1.0)], "b": [(0.9, 0.9)], "c": [(2.0, 2.0), (0.1, 9.0)]}
    for strict, stops in ((True, True), (False, False)):
        rule = Hyperband("loss", "minimize", (1,), 3.0, strict, OTHERS)
        reasons = [rule.report(row(t, n, *p)) for t, ps in early.items() for n, p in enumerate(ps, 1)]
        assert bool(reasons[-1]) is stops


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5).map(float)), max_size=30),
    st.booleans(),
    st.sampled_from(["minimize", "maximize"]),
)
def test_beside_a_metric_that_is_the_same_for_all_it_decides_as_of_one(
    reports: list[tuple[str, float]], strict: bool, goal: Literal["minimize", "maximize"]
) -> None:
    one, two = (Hyperband("loss", goal, (1, 2, 4), 3.0, strict, others) for others in ({}, OTHERS))
    steps = {trial: itertools.count(1) for trial in "abcd"}
    for trial, value in reports:
        told = row(trial, next(steps[trial]), value, 1.0)
        assert bool(one.report(told)) == bool(two.report(told))


@given(st.permutations([(t, n) for t in "abc" for n in (1, 2)]))
def test_the_order_among_trials_does_not_matter(order: list[tuple[str, int]]) -> None:
    points = {"a": [(1, 5), (2, 2)], "b": [(5, 1), (3, 3)], "c": [(4, 4), (1, 1)]}
    states = []
    for reports in (sorted(order), order):
        rule = Hyperband("loss", "minimize", (1, 2), 2.0, others=OTHERS)
        for trial, step in reports:
            rule.report(row(trial, step, *map(float, points[trial][step - 1])))
        again = {trial: rule.report(row(trial, 2, *map(float, points[trial][1]))) for trial in points}
        states.append(again)
    assert states[0] == states[1]
