"""What other sweeps found steers a search, and is never among its trials."""

import statistics
from pathlib import Path
from random import Random
from typing import Any

import optuna
import pytest
from helpers.asked import ask, ask_one

from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantiles import quantile_of, value_at
from search_spaces.quantized import Quantized
from sweeps.search.earlier import EarlierTrial
from sweeps.search.journal import storage
from sweeps.search.method import Asked, Ending
from sweeps.search.methods import METHODS
from sweeps.search.search import Search
from sweeps.spec import Spec, SpecError, load_spec

TAKING = [name for name, row in METHODS.items() if row.earlier != "refused"]
# One parameter is active in a part of the trials alone.
SPACE: dict[str, Any] = {
    "ccp_alpha": {"min": 0.0, "max": 1.0},
    "max_depth": {"min": 2, "max": 40},
    "min_samples_leaf": {"min": 1, "max": 50, "when": {"max_depth": {"min": 20}}},
}
FEW = {"nsga2": {"population_size": 10}, "gp": {"n_startup_trials": 10}}


def slow(method: str) -> Any:
    """A question of a Gaussian process takes a quarter of a second and more."""
    return pytest.param(method, marks=[pytest.mark.slow] if method == "gp" else [])


def spec_of(method: str, **lines: Any) -> Spec:
    given = {"model": "decision_tree", "method": method, "run_cap": 12, "parameters": SPACE, "default_first": False}
    return load_spec({**given, "metric": {"name": "val/log_loss"}, "sampler": FEW.get(method, {}), **lines})


def cost(config: dict[str, Any]) -> float:
    return abs(float(config["ccp_alpha"]) - 0.9) + abs(int(config["max_depth"]) - 36) / 40


def earlier(spec: Spec, n: int = 40, share: bool = False, sign: float = 1.0) -> list[EarlierTrial]:
    """Some were stopped, some failed; those with a high ccp_alpha are good."""
    rng = Random(7)
    drawn = sorted((spec.space.draw(rng) for _ in range(n)), key=lambda config: sign * cost(config))
    ways = ["stopped" if place % 7 == 3 else "failed" if place % 7 == 5 else "done" for place in range(n)]
    if share:
        return [EarlierTrial(config, "done", share=place / n) for place, config in enumerate(drawn)]
    values = [cost(config) if way != "failed" else None for config, way in zip(drawn, ways, strict=True)]
    return [EarlierTrial(*each, 2) for each in zip(drawn, ways, values, strict=True)]  # type: ignore[arg-type]


def play(search: Search, n: int) -> list[Asked]:
    found = []
    for _ in range(n):
        found.append(ask_one(search))
        search.tell(found[-1].number, Ending("done", cost(found[-1].config)))
    return found


@pytest.mark.parametrize("method", TAKING)
def test_a_search_begins_where_others_were_good(method: str) -> None:
    spec = spec_of(method)
    known = earlier(spec)
    warm = play(Search(spec, None, known), 3 if method == "gp" else 8)
    theirs = statistics.median(trial.value for trial in known if trial.value is not None)
    assert statistics.median(cost(config) for _, config in warm) < 0.8 * theirs
    for number, (asked, config) in enumerate(warm):
        assert asked == number
        assert spec.space.fault({name: v for name, v in config.items() if name in spec.space}) is None


@pytest.mark.parametrize("method", [slow(name) for name in TAKING])
def test_what_others_found_is_no_trial_and_a_resume_goes_on_as_the_straight_one(method: str, tmp_path: Path) -> None:
    spec = spec_of(method)
    known = earlier(spec)
    straight = Search(spec, tmp_path / "straight", known)
    asked = play(straight, 6)
    cut = [one for _ in range(3) for one in play(Search(spec, tmp_path / "cut", known), 2)]  # three processes
    assert cut == asked
    assert len(optuna.load_study(study_name=None, storage=storage(tmp_path / "cut")).trials) == 6
    assert (straight.asked, len(list(straight.ended())), len(list(straight.reported()))) == (6, 6, 0)
    pending = ask(straight, 2)  # side by side
    again = Search(spec, tmp_path / "cut", known)
    assert ask(again, 2) == pending
    again.set_aside()
    assert list(Search(spec, tmp_path / "cut", known).unfinished()) == pending


def test_places_alone_steer_until_a_search_has_as_many_trials_of_its_own() -> None:
    """What was good elsewhere is asked first; told that it is bad here, the search forgets."""
    spec = spec_of("tpe", run_cap=60)
    search = Search(spec, None, earlier(spec, share=True))
    first = [ask_one(search) for _ in range(4)]
    assert statistics.median(cost(one.config) for one in first) < 0.4
    for one in first:
        search.tell(one.number, Ending("done", -cost(one.config)))
    for _ in range(50):
        number, config = ask_one(search)
        search.tell(number, Ending("done", -cost(config)))
    late = [ask_one(search) for _ in range(6)]
    assert statistics.median(cost(one.config) for one in late) > 0.8


@pytest.mark.parametrize(("goal", "sign"), [("val/log_loss", 1.0), ("val/accuracy", -1.0)])
def test_a_place_is_read_as_the_value_in_that_place_here(goal: str, sign: float) -> None:
    spec = spec_of("tpe", metric={"name": goal})
    search = Search(spec, None, earlier(spec, 4, share=True))
    for value in (1.0, 2.0, 3.0, 4.0):
        search.tell(ask_one(search).number, Ending("done", value * sign))
    assert search.seen_elsewhere() == []
    search = Search(spec, None, earlier(spec, 8, share=True))
    for value in (1.0, 2.0, 3.0, 4.0):
        search.tell(ask_one(search).number, Ending("done", value * sign))
    assert search.seen_elsewhere() == [value * sign for value in (1.0, 2.0, 3.0, 4.0)]


@pytest.mark.parametrize("method", [name for name in METHODS if name not in TAKING])
def test_a_method_that_draws_whatever_is_known_refuses_it(method: str) -> None:
    lines: dict[str, Any] = {"model": "mlp", "budget": {"steps": 4}, "parameters": {"lr": {"values": [0.1, 0.2]}}}
    with pytest.raises(SpecError, match=f"warm_start: {method} draws no config by what others came to; valid: leave"):
        spec_of(method, warm_start=["elsewhere"], **lines)


@pytest.mark.parametrize(
    "domain",
    [
        Float(0.5, 4.0),
        Float(1e-4, 1e2, log=True),
        Float(0.0, 1.0, step=0.25),
        Int(2, 9),
        Int(1, 11, step=5),
        Int(1, 300, log=True),
        Choice("a", 1, True, None),
        Quantized(0.0, 1.0, 0.3),
    ],
    ids=str,
)
def test_a_value_lies_at_its_quantile(domain: Domain) -> None:
    for share in (0.0, 0.1, 0.5, 0.77, 1.0):
        value = value_at(domain, share)
        assert value_at(domain, quantile_of(domain, value)) == pytest.approx(value) or value is None
