"""What every row of the table of stopping rules keeps; a new row is tried here by itself, once it has a spec below."""

import copy
import pickle
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ranking import HOPELESS
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec import Spec, load_spec
from sweeps.stopping.rule import StoppingRule, SweepEnd
from sweeps.stopping.rules import RULES, report, rules_of

# A spec that asks for each rule, and for no other, so sharply that random rows stop many trials, or the sweep.
TERMS: dict[str, dict[str, Any]] = {
    "target": {"type": "target", "value": 0.5},
    "collapse": {"type": "collapse", "patience": 2, "severity": 0.3},
    "hyperband": {"type": "hyperband", "max_iter": 9, "s": 2},
    "median": {"type": "median", "min_steps": 2, "min_trials": 1},
    "plateau": {"type": "plateau", "patience": 2, "min_delta": 0.5},
    "no_improvement": {"type": "no_improvement", "trials": 2, "min_delta": 0.5},
}
OF_THE_SWEEP = ("target", "no_improvement")
TRIALS = ("0000", "0001", "0002", "0003")
End = tuple[str, Status]
Decision = tuple[str | None, SweepEnd | None]
each_rule = pytest.mark.parametrize("name", RULES)


def spec_of(terms: Any) -> Spec:
    return load_spec({"model": "gan", "dataset": "digits", "run_cap": 4, "early_terminate": terms})


@cache
def spec_with(name: str) -> Spec:
    return spec_of(TERMS[name])


def made(name: str) -> StoppingRule:
    rule = RULES[name](spec_with(name))
    assert rule is not None
    return rule


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Rows of four trials side by side, each in the order of its steps, as a driver files them."""
    steps = dict.fromkeys(TRIALS, 0)
    rows = []
    for _ in range(draw(st.integers(0, 40))):
        trial = draw(st.sampled_from(TRIALS))
        steps[trial] += 1
        verdict, severity = (
            draw(st.sampled_from(["healthy", *sorted(HOPELESS)])),
            draw(st.sampled_from([0.2, 0.5, 0.8])),
        )
        value = draw(st.one_of(st.none(), st.floats(0, 9).map(lambda x: round(x, 1))))
        row = {"trial": trial, "step": steps[trial], "seconds": 0.1, "verdict": verdict, "gen/severity": severity}
        rows.append(Row.of({**row, "evidence": ["so it is"], "gen/frechet": value}))
    return rows


@st.composite
def events(draw: st.DrawFn) -> list[Row | End]:
    """The same, and how some of the trials end, after which they report no more."""
    told: list[Row | End] = list(draw(histories()))
    for trial in draw(st.permutations(TRIALS))[: draw(st.integers(0, 4))]:
        place, status = draw(st.integers(0, len(told))), draw(st.sampled_from(ENDINGS))
        later = [event for event in told[place:] if not (isinstance(event, Row) and event.trial == trial)]
        told = [*told[:place], (trial, status), *later]
    return told


ENDINGS: tuple[Status, ...] = ("done", "stopped", "failed")


def decisions(rule: StoppingRule, told: Sequence[Row | End]) -> list[Decision]:
    return [decision(rule, event) for event in told]


def decision(rule: StoppingRule, event: Row | End) -> Decision:
    if isinstance(event, Row):
        return rule.report(event), rule.sweep_end()
    rule.ended(*event)
    return None, rule.sweep_end()


def test_every_row_of_the_table_is_tried_here() -> None:
    assert set(TERMS) == set(RULES)


@each_rule
def test_a_spec_that_asks_for_it_has_it_alone(name: str) -> None:
    assert [type(rule) for rule in rules_of(spec_of(TERMS[name]))] == [type(made(name))]
    assert rules_of(spec_of(None)) == []


@each_rule
@settings(deadline=None)
@given(told=events(), cut=st.integers(0, 40))
def test_fed_the_rows_and_then_the_ends_again_it_decides_as_the_one_that_never_stopped(
    name: str, told: list[Row | End], cut: int
) -> None:
    """As a resumed sweep does, which leaves out the rows of trials that failed."""
    straight, resumed = made(name), made(name)
    decisions(straight, told[:cut])
    ends = [event for event in told[:cut] if not isinstance(event, Row)]
    failed = {trial for trial, status in ends if status == "failed"}
    decisions(resumed, [event for event in told[:cut] if isinstance(event, Row) and event.trial not in failed])
    decisions(resumed, ends)
    assert resumed.sweep_end() == straight.sweep_end()
    assert decisions(resumed, told[cut:]) == decisions(straight, told[cut:])


@each_rule
@settings(deadline=None)
@given(rows=histories(), again=st.sets(st.integers(0, 40)))
def test_a_row_told_twice_changes_nothing(name: str, rows: list[Row], again: set[int]) -> None:
    """A trial that goes on from a checkpoint reports the steps since then once more."""
    once, twice = made(name), made(name)
    for index, row in enumerate(rows):
        found = decision(once, row)
        assert decision(twice, row) == found
        if index in again:
            assert decision(twice, copy.deepcopy(row)) == found


@each_rule
@settings(deadline=None)
@given(rows=histories(), data=st.data(), cut=st.integers(0, 40))
def test_rows_that_come_late_stand_at_their_steps(name: str, rows: list[Row], data: st.DataObject, cut: int) -> None:
    """One that a damaged file had lost is told after those of later steps."""
    in_order, late = made(name), made(name)
    decisions(in_order, rows[:cut])
    decisions(late, data.draw(st.permutations(rows[:cut])))
    assert decisions(late, rows[cut:]) == decisions(in_order, rows[cut:])


@each_rule
@settings(deadline=None)
@given(rows=histories(), failed=st.sampled_from(["0000", "0001"]), cut=st.integers(0, 40))
def test_a_trial_that_failed_sets_no_mark(name: str, rows: list[Row], failed: str, cut: int) -> None:
    rows = [row for index, row in enumerate(rows) if index < cut or row.trial != failed]
    knew, never = made(name), made(name)
    decisions(knew, rows[:cut])
    decisions(never, [row for row in rows[:cut] if row.trial != failed])
    for rule in (knew, never):
        rule.ended(failed, "failed")
        rule.ended("0009", "failed")  # of which neither ever heard
    assert decisions(knew, rows[cut:]) == decisions(never, rows[cut:])


@each_rule
@settings(deadline=None)
@given(rows=histories(), again=st.sampled_from(["0000", "0001"]), cut=st.integers(0, 40))
def test_a_trial_that_starts_again_has_told_nothing(name: str, rows: list[Row], again: str, cut: int) -> None:
    knew, never = made(name), made(name)
    decisions(knew, rows[:cut])
    decisions(never, [row for row in rows[:cut] if row.trial != again])
    knew.forget(again)
    assert decisions(knew, rows[cut:]) == decisions(never, rows[cut:])


@each_rule
@settings(deadline=None)
@given(told=events(), cut=st.integers(0, 40))
def test_a_copy_goes_on_alone(name: str, told: list[Row | End], cut: int) -> None:
    rule = made(name)
    decisions(rule, told[:cut])
    copies = [pickle.loads(pickle.dumps(rule)), copy.deepcopy(rule)]
    found = [decisions(one, told[cut:]) for one in copies]
    assert found == [decisions(rule, told[cut:])] * 2


@each_rule
@settings(deadline=None)
@given(told=events())
def test_it_stops_trials_or_ends_the_sweep_and_not_both(name: str, told: list[Row | End]) -> None:
    found = decisions(made(name), told)
    assert not any(end if name not in OF_THE_SWEEP else reason for reason, end in found)


@pytest.mark.parametrize("name", [name for name in RULES if name not in OF_THE_SWEEP])
def test_it_stops_somebody_and_says_why(name: str) -> None:
    """A trial as good as can be, and one that is neither good nor healthy."""
    rule, said = made(name), []
    for step in range(1, 10):
        good = {"verdict": "healthy", "gen/severity": 0.0, "evidence": [], "gen/frechet": 9.0 - step}
        bad = {"verdict": min(HOPELESS), "gen/severity": 0.9, "evidence": ["one class"], "gen/frechet": 9.0}
        assert rule.report(Row.of({"trial": "0000", "step": step, "seconds": 0.1, **good})) is None
        said.append(rule.report(Row.of({"trial": "0001", "step": step, "seconds": 0.1, **bad})))
    assert said[-1]


@pytest.mark.parametrize("name", OF_THE_SWEEP)
def test_it_ends_the_sweep_and_says_why(name: str) -> None:
    rule = made(name)
    for trial, value in zip(TRIALS, (8.0, 0.4, 7.0, 7.0), strict=True):
        assert rule.sweep_end() is None
        assert rule.report(Row(trial, 1, 1.0, {"gen/frechet": value, "gen/severity": 0.0}, "healthy")) is None
        if name == "target" and trial == "0001":
            break
        rule.ended(trial, "done")
    end = rule.sweep_end()
    assert end is not None
    assert "0.4" in end.reason


def test_of_several_rules_each_hears_every_row_and_the_first_reason_is_given() -> None:
    spec = spec_of([TERMS["hyperband"], TERMS["collapse"]])
    both, collapse, hyperband = rules_of(spec), made("collapse"), made("hyperband")
    assert len(both) == 2
    for step in range(1, 6):
        for trial, value in (("0000", 1.0), ("0001", 9.0)):
            verdict = "healthy" if trial == "0000" or step < 4 else min(HOPELESS)
            row = Row(trial, step, numbers={"gen/severity": 0.9, "gen/frechet": value}, verdict=verdict)
            alone = [rule.report(row) for rule in (collapse, hyperband)]
            assert report(both, row) == next((reason for reason in alone if reason), None)
    assert all(alone)
