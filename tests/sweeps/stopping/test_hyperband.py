"""Early termination: W&B's bands and decisions, against figures worked by hand."""

import pytest
from helpers.wandb_engine import CASES, hyperband_case, kept
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.spec import load_spec
from sweeps.spec.early_termination import Bands
from sweeps.stopping.hyperband import Hyperband
from sweeps.stopping.rules import rules_of


@pytest.mark.parametrize(
    ("terms", "bands"),
    [
        (Bands(max_iter=27, s=2), (3, 9)),
        (Bands(max_iter=27, s=2, eta=3.0), (3, 9)),
        (Bands(max_iter=27, s=9), (1, 3, 9)),  # stops where 27 / 3^k falls below 1
        (Bands(max_iter=100, s=3, eta=3.0), (3, 11, 33)),  # 33.3, 11.1, 3.7, cut
        (Bands(max_iter=5, s=2, eta=2.0), (1, 2)),
        (Bands(max_iter=10, s=2, eta=1.5), (4, 6)),  # 6.67, 4.44
        (Bands(max_iter=2, s=2), ()),
    ],
)
def test_bands_below_max_iter(terms: Bands, bands: tuple[int, ...]) -> None:
    assert terms.bands == bands


def test_bands_from_min_iter_have_no_end_in_practice() -> None:
    assert Bands(min_iter=3).bands[:4] == (3, 9, 27, 81)
    assert Bands(min_iter=1, eta=1.5).bands[:5] == (1, 2, 3, 5, 7)  # 1, 1.5, 2.25, 3.38, 5.06, 7.59
    assert Bands(min_iter=2).bands[-1] == 2 * 3**99


def test_max_iter_goes_before_min_iter() -> None:
    assert Bands(min_iter=5, max_iter=27, s=2).bands == (3, 9)


def test_eta_and_strict_default_as_in_the_engine_of_wandb() -> None:
    assert (Bands(min_iter=1).eta, Bands(min_iter=1).strict) == (3.0, True)


def test_no_early_termination_decides_nothing() -> None:
    assert rules_of(load_spec({"model": "gan", "run_cap": 1})) == []


def row(trial: str, step: int, value: float) -> Row:
    return Row(trial, step, 1.0, {"loss": value})


def feed(bands: Hyperband, curves: dict[str, list[float]]) -> dict[str, str | None]:
    """The last decision on each trial, the trials reporting in turn."""
    last = {}
    for trial, curve in curves.items():
        for step, value in enumerate(curve, start=1):
            last[trial] = bands.report(row(trial, step, value))
    return last


def test_the_threshold_parts_the_best_third() -> None:
    # Six trials reach band 1: int(6 / 3) = 2, so the third smallest is the mark, and it goes on itself.
    bands = Hyperband("loss", "minimize", (1,), 3.0)
    for trial, loss in zip("abcde", (0.5, 0.1, 0.4, 0.2, 0.3), strict=True):
        bands.report(row(trial, 1, loss))
    assert bands.report(row("f", 1, 0.25)) is None  # 0.1 0.2 [0.25] 0.3 0.4 0.5
    assert bands.report(row("c", 2, 0.0)) is not None  # its value AT the band, 0.4, stays the one that is judged


def test_before_the_first_band_nobody_is_judged() -> None:
    bands = Hyperband("loss", "minimize", (3,), 3.0)
    assert feed(bands, {"a": [0.1, 0.1], "b": [9.0, 9.0]}) == {"a": None, "b": None}


def test_the_first_to_reach_a_band_goes_on_and_a_worse_second_stops() -> None:
    bands = Hyperband("loss", "minimize", (2,), 3.0)
    assert feed(bands, {"a": [1.0, 0.5], "b": [1.0, 0.6], "c": [1.0, 0.4]}) == {
        "a": None,
        "b": bands_reason(0.6, 0.5, 2),
        "c": None,
    }


def bands_reason(value: float, threshold: float, trials: int) -> str:
    mark = f"the mark of the best 1/3 of {trials} trials at iteration 2"
    return f"{value:g} at iteration 2 is worse than {threshold:g}, {mark}"


def test_a_goal_to_maximize_turns_the_order() -> None:
    bands = Hyperband("loss", "maximize", (1,), 3.0)
    bands.report(row("a", 1, 0.9))
    reason = bands.report(row("b", 1, 0.8))
    assert reason == "0.8 at iteration 1 is worse than 0.9, the mark of the best 1/3 of 2 trials at iteration 1"
    assert bands.report(row("c", 1, 0.95)) is None


def test_strict_judges_the_value_at_the_band_and_lenient_the_best_so_far() -> None:
    curves = {"a": [0.5, 0.4], "b": [0.3, 0.6]}  # b was better before the band, worse at it
    assert feed(Hyperband("loss", "minimize", (2,), 3.0, strict=True), curves)["b"] is not None
    assert feed(Hyperband("loss", "minimize", (2,), 3.0, strict=False), curves)["b"] is None


def test_a_trial_that_passed_is_judged_again_when_the_mark_moves() -> None:
    bands = Hyperband("loss", "minimize", (1,), 3.0)
    assert bands.report(row("a", 1, 0.5)) is None
    assert bands.report(row("b", 1, 0.1)) is None
    assert "at iteration 1" in (bands.report(row("a", 2, 0.4)) or "")


def test_only_the_last_band_passed_counts() -> None:
    bands = Hyperband("loss", "minimize", (1, 2), 3.0)
    feed(bands, {"a": [0.1, 0.9]})
    assert bands.report(row("b", 1, 0.5)) is not None
    assert bands.report(row("b", 2, 0.2)) is None  # worse than a at band 1, better at band 2


def test_iterations_are_reports_whatever_the_steps_are_called() -> None:
    bands = Hyperband("loss", "minimize", (2,), 3.0)
    for step, value in ((10, 0.1), (20, 0.1)):
        bands.report(row("a", step, value))
    assert bands.report(row("b", 10, 0.5)) is None
    assert bands.report(row("b", 20, 0.5)) is not None


reports = st.lists(
    st.tuples(st.sampled_from("abcd"), st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 2))), max_size=40
)


@given(reports, st.sampled_from(["minimize", "maximize"]), st.booleans())
def test_replaying_the_rows_gives_the_same_decisions(rows: list[tuple[str, float]], goal: Goal, strict: bool) -> None:
    def run(*repeats: int) -> list[str | None]:
        bands, steps, decisions = Hyperband("loss", goal, (1, 3, 9), 3.0, strict), dict.fromkeys("abcd", 0), []
        for trial, value in rows:
            steps[trial] += 1
            for _ in repeats:
                decision = bands.report(row(trial, steps[trial], value))
            decisions.append(decision)
        return decisions

    assert run(1) == run(1, 2)  # a row told twice, as after a resume, changes nothing


@given(reports)
def test_mirrored_values_and_goal_decide_alike(rows: list[tuple[str, float]]) -> None:
    low, high, steps = (
        Hyperband("loss", "minimize", (1, 3), 3.0),
        Hyperband("loss", "maximize", (1, 3), 3.0),
        dict.fromkeys("abcd", 0),
    )
    for trial, value in rows:
        steps[trial] += 1
        stopped = low.report(row(trial, steps[trial], value)) is not None
        assert stopped == (high.report(row(trial, steps[trial], -value)) is not None)


def test_it_stops_what_the_engine_of_wandb_stops() -> None:
    """Random terms and losses; all others have reported before the one that is judged does."""
    stopped = []
    for number in range(CASES):
        terms, goal, histories = hyperband_case(number)
        said = Bands(**terms)
        rule = Hyperband("loss", goal, said.bands, said.eta, said.strict)
        last = None
        for trial, history in enumerate(histories):
            for step, value in enumerate(history, start=1):
                last = rule.report(row(f"{trial:04d}", step, value))
        stopped.append(last is not None)
    assert stopped == kept("stopped").tolist()
