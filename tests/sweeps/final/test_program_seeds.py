"""A program's best config, to be run with several seeds."""

from pathlib import Path
from typing import Any

from sweeps.driver.runner import Options
from sweeps.final.program import ProgramResult, rows, runs_of, sentence
from sweeps.final.train import Request
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec

LINES = {"program": "train.py", "method": "random", "metric": {"name": "loss"}, "run_cap": 1}


def runs(seeds: int, parameters: dict[str, Any], **lines: Any) -> Spec:
    best = load_spec({**LINES, "parameters": {name: {"value": value} for name, value in parameters.items()}, **lines})
    return runs_of(Request(best, seeds, Path("out"), Options()))


def test_each_run_has_another_seed_and_none_the_one_that_was_picked() -> None:
    spec = runs(3, {"lr": 0.1, "seed": 2})
    assert (spec.method, spec.trials, spec.fixed) == ("grid", 3, {"lr": 0.1})
    assert [config["seed"] for config in spec.space.enumerate({})] == [1, 3, 4]
    assert (spec.model, spec.metric.name, spec.name) == ("train.py", "loss", "train-seeds")


def test_the_seed_may_have_another_name() -> None:
    assert [*runs(2, {"rng": 7, "seed": 1}, seed_parameter="rng").space] == ["rng"]


def test_a_program_without_a_seed_runs_as_often_all_the_same() -> None:
    spec = runs(3, {"lr": 0.1})
    assert (spec.trials, spec.seeds, dict(spec.space)) == (3, 3, {})


def test_what_came_of_it_is_said() -> None:
    result: Any = {"metric": "loss", "seed_parameter": "seed", "lock": {"metric": "loss", "score": 0.25}}
    result["metrics"] = {"acc": {"mean": 0.5, "n": 2}, "loss": {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 2}}
    found: ProgramResult = result
    assert sentence(found) == "loss: 0.25 in the sweep, 0.5 on average of 2 seeds"
    assert rows(found)[0] == {"metric": "loss", "mean": 0.5, "low": 0.4, "high": 0.6, "n": 2}
