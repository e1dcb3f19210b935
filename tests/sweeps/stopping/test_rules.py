"""What the rules decide, against figures worked by hand and against Optuna's own pruner."""

from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.metrics import Goal
from analysis.ranking import Constraint
from analysis.rows import Row
from sweeps.spec import Objective
from sweeps.stopping.hyperband import Hyperband
from sweeps.stopping.median import MedianRule
from sweeps.stopping.no_improvement import NoImprovementRule
from sweeps.stopping.plateau import PlateauRule
from sweeps.stopping.rule import StoppingRule
from sweeps.stopping.target import TargetRule

ACCURACY, LOSS = Objective("score", "maximize"), Objective("score", "minimize")
values = st.floats(0, 1).map(lambda x: round(x, 2))
curves = st.lists(st.lists(values, min_size=1, max_size=6), min_size=2, max_size=8)


def row(trial: int, step: int, value: float, verdict: str = "", **numbers: float) -> Row:
    return Row(f"{trial:04d}", step, 1.0, {"score": value, **numbers}, verdict)


def ends(rule: StoppingRule, trial: int, value: float | None, status: Any = "done") -> str:
    """A trial of one step, to its end; why the sweep ends then, if it does."""
    if value is not None:
        rule.report(row(trial, 1, value))
    rule.ended(f"{trial:04d}", status)
    end = rule.sweep_end()
    return end.reason if end is not None else ""


class TestMedian:
    @settings(deadline=None)
    @given(curves, st.sampled_from(["minimize", "maximize"]), st.integers(1, 3), st.integers(1, 3))
    def test_it_decides_as_optunas_pruner_where_all_others_are_done(
        self, curves: list[list[float]], goal: Goal, min_steps: int, min_trials: int
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        pruner = optuna.pruners.MedianPruner(
            n_startup_trials=0, n_warmup_steps=min_steps, n_min_trials=min_trials, interval_steps=1
        )
        study, rule = (
            optuna.create_study(direction=goal, pruner=pruner),
            MedianRule("score", goal, min_steps, min_trials),
        )
        for number, curve in enumerate(curves):
            trial = study.ask()
            for step, value in enumerate(curve, start=1):
                trial.report(value, step)
                stopped = rule.report(row(number, step, value)) is not None
                assert stopped == trial.should_prune()
            study.tell(trial, curve[-1])

    def test_in_words(self) -> None:
        rule = MedianRule("score", "maximize", min_trials=3)
        for trial, value in enumerate((0.9, 0.7, 0.6)):
            assert rule.report(row(trial, 1, value)) is None  # fewer than three others
        assert rule.report(row(3, 1, 0.7)) is None  # as good as the median
        assert rule.report(row(4, 1, 0.5)) == (
            "0.5 at best so far is worse than 0.7, the median of 4 other trials at report 1"
        )


class TestPlateau:
    @pytest.mark.parametrize(
        ("curve", "min_delta", "stops_at"),
        [
            ([0.1, 0.2, 0.2, 0.2, 0.2], 0.0, 5),  # three reports since step 2
            ([0.1, 0.2, 0.2, 0.2, 0.21], 0.0, None),
            ([0.1, 0.2, 0.21, 0.22, 0.23, 0.3], 0.05, 5),  # each a little better, none by more than 0.05
            ([0.5, 0.4, 0.3, 0.2], 0.0, 4),
        ],
    )
    def test_patience_counts_reports_since_the_last_improvement(
        self, curve: list[float], min_delta: float, stops_at: int | None
    ) -> None:
        rule = PlateauRule("score", "maximize", 3, min_delta)
        said = [rule.report(row(0, step, value)) for step, value in enumerate(curve, start=1)]
        assert next((step for step, reason in enumerate(said, start=1) if reason), None) == stops_at

    def test_in_words(self) -> None:
        rule = PlateauRule("score", "minimize", 1, 0.1)
        rule.report(row(0, 1, 0.5))
        assert rule.report(row(0, 2, 0.45)) == "no better than 0.5 by more than 0.1 in 1 report"


class TestTarget:
    def test_the_trial_that_reached_it_goes_on_and_no_other(self) -> None:
        rule = TargetRule(ACCURACY, 0.9)
        assert rule.report(row(0, 1, 0.85)) is None
        assert rule.sweep_end() is None
        rule.report(row(1, 1, 0.9))
        end = rule.sweep_end()
        assert end is not None
        assert end.reason == "the target 0.9 is reached: score 0.9 of trial 0001 at step 1"
        assert (end.lets("0001"), end.lets("0000")) == (True, False)

    def test_less_is_better_where_that_is_the_goal(self) -> None:
        rule = TargetRule(LOSS, 0.1)
        rule.report(row(0, 1, 0.2))
        assert rule.sweep_end() is None
        rule.report(row(0, 2, 0.05))
        assert rule.sweep_end() is not None

    def test_a_fault_is_made_up_for_by_no_value(self) -> None:
        """Of the trial's best step, which its place rests on."""
        bound = Objective("score", "maximize", (Constraint("seconds_a_step", max=1.0),))
        rule = TargetRule(bound, 0.9)
        rule.report(row(0, 1, 0.95, "mode_collapse", seconds_a_step=0.5))
        rule.report(row(1, 1, 0.95, "healthy", seconds_a_step=2.0))
        rule.report(row(0, 2, 0.92, "healthy", seconds_a_step=0.5))
        assert rule.sweep_end() is None
        rule.report(row(0, 3, 0.97, "healthy", seconds_a_step=0.5))
        assert rule.sweep_end() is not None

    def test_one_that_fails_after_all_has_reached_nothing(self) -> None:
        rule = TargetRule(ACCURACY, 0.9)
        rule.report(row(0, 1, 0.95))
        rule.ended("0000", "failed")
        assert rule.sweep_end() is None


class TestNoImprovement:
    def test_trials_are_counted_from_the_last_that_was_better(self) -> None:
        rule = NoImprovementRule(ACCURACY, 3)
        assert not any(ends(rule, trial, value) for trial, value in enumerate((0.5, 0.4, 0.6, 0.6, 0.1)))
        assert ends(rule, 5, 0.2) == (
            "no improvement: none of the 3 trials that ended since is better than trial 0002 (score 0.6)"
        )

    def test_a_small_step_is_none(self) -> None:
        rule = NoImprovementRule(LOSS, 2, min_delta=0.1)
        assert not any(ends(rule, trial, value) for trial, value in enumerate((0.5, 0.45)))
        assert "better than trial 0000 (score 0.5) by more than 0.1" in ends(rule, 2, 0.41)

    def test_a_better_one_that_runs_is_waited_for_and_lets_the_sweep_go_on(self) -> None:
        rule = NoImprovementRule(ACCURACY, 2)
        rule.report(row(9, 1, 0.9))
        assert not any(ends(rule, trial, value) for trial, value in enumerate((0.5, 0.4, 0.3)))
        assert not ends(rule, 9, None)
        assert not ends(rule, 10, 0.1)
        assert ends(rule, 11, 0.2)

    def test_a_stopped_trial_stands_behind_those_that_are_done(self) -> None:
        rule = NoImprovementRule(ACCURACY, 1)
        assert not ends(rule, 0, 0.5)
        assert ends(rule, 1, 0.8, "stopped")

    def test_failures_count(self) -> None:
        rule = NoImprovementRule(ACCURACY, 2)
        assert not ends(rule, 0, None, "failed")
        assert ends(rule, 1, None, "failed") == "no improvement: none of the 2 trials that ended has a value of score"


@settings(deadline=None)
@given(curves, st.sampled_from(["minimize", "maximize"]))
def test_without_strict_the_bands_never_stop_the_leader(curves: list[list[float]], goal: Goal) -> None:
    """With it they do: 0.99 at step 8 is stopped by a mark of step 1 that others have moved since."""
    rule, best = Hyperband("score", goal, (1, 2, 4), strict=False), dict[int, float]()
    for step in range(1, 7):
        for trial, curve in enumerate(curves):
            value = curve[(step - 1) % len(curve)]
            cost = -value if goal == "maximize" else value
            best[trial] = min(best.get(trial, cost), cost)
            stopped = rule.report(row(trial, step, value)) is not None
            assert not (stopped and best[trial] == min(best.values()))
    strict = Hyperband("score", "maximize", (1,))
    strict.report(row(0, 1, 0.3))
    strict.report(row(1, 1, 0.6))
    assert strict.report(row(0, 8, 0.99)) is not None
