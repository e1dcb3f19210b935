"""What a final training runs, and what its gap is: no run and no test set here."""

from pathlib import Path
from typing import Any

import pytest
from helpers.sweep_folder import FakeTrial, build_sweep
from hypothesis import given
from hypothesis import strategies as st

from analysis.final_result import Measured
from analysis.folder import load
from analysis.intervals import wilson
from sweeps.errors import SpecError
from sweeps.final import gap
from sweeps.final.plan import Plan, best_steps, plan, trained_on
from sweeps.final.result import ignores_seed
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.spec.seeds import trial_seeds
from trainables import MODELS


def best(model: str = "mlp", step: int = 8, steps: int = 10, **lines: Any) -> Spec:
    values = lines.pop("values", {"updates": 1000, "updates_per_step": 100} if model == "mlp" else {})
    document = {"model": model, "method": "random", "parameters": {k: {"value": v} for k, v in values.items()}}
    return load_spec({**document, "lock": {"step": step, "steps": steps, "trial": "0003"}, **lines})


def planned(spec: Spec, before: int = 54_000, after: int = 60_000) -> Plan:
    return plan(spec, 3, MODELS[spec.model], (before, after))


def test_k_updates_scale_with_the_images_and_the_steps_stay() -> None:
    found = planned(best())
    assert (found.final.fixed["updates"], found.final.fixed["updates_per_step"]) == (1110, 111)
    assert found.final.budget.steps == 8
    assert (found.replicates.fixed["updates"], found.replicates.budget.steps) == (1000, 8)
    assert found.steps == (
        "8 steps, as many as were best in the sweep (of 10); "
        "a step is 111 updates, by the 60,000 images in place of 54,000"
    )


def test_an_iteration_of_a_solver_goes_through_all_images_and_stays() -> None:
    found = planned(best("logistic_regression", 2, 4, values={"max_iter": 200, "slice_iter": 50}))
    assert found.final.fixed["max_iter"] == 200
    assert found.final.budget.steps == 2
    assert found.steps == "2 steps, as many as were best in the sweep (of 4); a step is what it was"


def test_what_was_best_at_its_own_end_is_trained_to_its_end() -> None:
    assert best_steps(best(step=10)) is None
    assert best_steps(best(step=9)) == 9
    assert best_steps(best(step=10, budget={"steps": 10})) == 10  # the sweep ended it, not the model
    assert best_steps(best(step=6, steps=6, budget={"steps": 10})) is None
    assert best_steps(load_spec({"model": "mlp", "parameters": {"lr": {"value": 0.1}}, "budget": {"steps": 4}})) == 4
    stopped = {"step": 6, "steps": 6, "stopped": True}
    assert best_steps(best(lock=stopped)) == 6  # early termination ended it, not the model
    with pytest.raises(SpecError, match=r"lock\.step: 0 is no step"):
        best_steps(best(step=0))


def test_a_final_training_is_a_sweep_of_one_config_with_seeds_of_its_own() -> None:
    spec = best(metric={"name": "val/log_loss"}, replicates=2, early_terminate={"type": "hyperband", "min_iter": 1})
    found = planned(spec)
    assert (found.final.final, found.final.metric.name) == (True, "train/images")
    assert (found.replicates.final, found.replicates.metric.name) == (False, "val/log_loss")
    for each in (found.final, found.replicates):
        assert (each.trials, each.seeds, each.replicates, each.early_terminate, each.lock) == (3, 3, 1, (), None)
        assert load_spec(each.document()) == each
    seeds = [trial_seeds(each, trial) for each in (spec, found.final, found.replicates) for trial in range(4)]
    assert len({seed for trial in seeds for seed in trial}) == 2 * 4 + 4 + 4


def test_less_data_and_cross_validation_are_of_the_sweep_alone() -> None:
    lines = {"values": {"cv_folds": 5}, "train_size": 5000, "metric": {"name": "cv/accuracy"}}
    found = planned(best("svm", 5, 5, **lines), before=5000)
    assert "cv_folds" not in found.final.fixed
    assert (found.final.train_size, found.final.budget.steps) == (None, None)
    assert (found.replicates.train_size, found.replicates.fixed["cv_folds"]) == (5000, 5)
    searched = best(values={"updates": 1000, "updates_per_step": 100, "train_size": 1000})
    assert trained_on(searched, 54_000) == 1000
    found = planned(searched, before=1000)
    assert found.final.fixed["updates_per_step"] == 6000
    assert "train_size" not in found.final.fixed


@given(st.integers(1, 500), st.integers(1, 40), st.floats(0.2, 100))
def test_a_scaled_schedule_has_as_many_steps(step: int, steps: int, factor: float) -> None:
    scaled = MODELS["mlp"].scaled({"updates": step * steps, "updates_per_step": step}, factor)
    each = scaled["updates_per_step"]
    assert each == max(1, round(step * factor))
    assert scaled["updates"] == steps * each


def test_defaults_are_scaled_as_well() -> None:
    assert MODELS["mlp"].scaled({}, 1.5) == {"updates": 6000, "updates_per_step": 600}
    assert MODELS["hmm"].scaled({"n_states": 5}, 2.0) == {"n_states": 5}


def over_seeds(*values: float) -> dict[str, Measured]:
    return gap.summary([{"trial": str(n), "test/accuracy": value} for n, value in enumerate(values)])


def test_the_gap_has_a_part_of_selection_and_a_part_of_the_data() -> None:
    lock = {"score": 0.90}
    found = gap.optimism(lock, "val/accuracy", "maximize", [0.88, 0.86], over_seeds(0.85, 0.83))
    assert found["gaps"] == pytest.approx({"selection": 0.03, "data": 0.03, "whole": 0.06})
    said = "val/accuracy looked 0.0600 better in the sweep than it is on the test set"
    assert gap.sentence(found) == f"{said}: +0.0300 by being picked, +0.0300 between validation and test"
    table = gap.rows(found, 12)
    assert [row["measured on"] for row in table] == [
        "validation, the best of 12 trials",
        "validation, fresh seeds",
        "test",
    ]
    assert [row["val/accuracy"] for row in table] == pytest.approx([0.90, 0.87, 0.84])
    assert table[2]["low"] == pytest.approx(0.84 - 12.7062 * 0.01, abs=1e-5)  # t of one degree of freedom


def test_what_is_to_be_small_looks_better_when_it_is_smaller() -> None:
    test = gap.summary([{"test/frechet": 5.0}, {"test/frechet": 7.0}])
    found = gap.optimism({"score": 4.0}, "gen/frechet", "minimize", [4.5], test)
    assert found["gaps"] == {"selection": 0.5, "data": 1.5, "whole": 2.0}
    worse = gap.optimism({"score": 8.0}, "gen/frechet", "minimize", [7.0], test)
    assert gap.sentence(worse).startswith("gen/frechet looked 2.0000 worse in the sweep")


def test_where_a_number_is_missing_there_is_no_gap() -> None:
    found = gap.optimism({}, "val/accuracy", "maximize", [0.88], over_seeds(0.85))
    assert found["gaps"].keys() == {"data"}
    assert "there is no gap to tell" in gap.sentence(found)
    assert "test" not in gap.optimism({"score": 1.0}, "train/score", "maximize", [1.0], over_seeds(0.85))


def test_test_metrics_are_summed_up_over_the_seeds() -> None:
    found = over_seeds(0.8, 0.9, 1.0)["test/accuracy"]
    assert found["mean"] == pytest.approx(0.9)
    assert (found["n"], found["values"]) == (3, [0.8, 0.9, 1.0])
    assert found["low"] == pytest.approx(0.9 - 4.302653 * 0.1 / 3**0.5)
    assert found["high"] == 1
    assert gap.table({"test/recall/a": found, "test/accuracy": found})[0]["metric"] == "test/accuracy"


def test_seeds_that_give_the_same_have_the_interval_of_the_images() -> None:
    rows = [{"test/accuracy": 0.975, "test/log_loss": 0.1, "test/recall/a": 0.9, "confusion": [[18, 2], [0, 20]]}] * 3
    found = gap.summary(rows, ("a", "b"))
    same = wilson(0.975, 40)
    assert (found["test/accuracy"]["low"], found["test/accuracy"]["high"]) == (same.low, same.high)
    assert (found["test/accuracy"]["n"], found["test/accuracy"]["images"]) == (3, 40)
    assert found["test/recall/a"]["low"] == wilson(0.9, 20).low
    assert found["test/log_loss"]["low"] is None
    fresh = gap.optimism({"score": 0.98}, "val/accuracy", "maximize", [0.97] * 3, found, 288)["replicates"]
    assert (fresh["low"], fresh["high"]) == (wilson(0.97, 288).low, wilson(0.97, 288).high)


@pytest.mark.parametrize("name", ["test/accuracy", "test/recall/T-shirt/top", "test/ood_auroc_mnist"])
def test_no_interval_of_a_share_leaves_it(name: str) -> None:
    low, high = ends(gap.summary([{name: 0.99}, {name: 1.0}, {name: 0.9}])[name])
    assert (0 < low < 0.96, high) == (True, 1)
    assert ends(gap.summary([{"test/log_loss": 0.99}, {"test/log_loss": 0.1}])["test/log_loss"])[1] > 1


def ends(measured: Measured) -> tuple[float, float]:
    """The ends of an interval that there is."""
    assert measured["low"] is not None
    assert measured["high"] is not None
    return measured["low"], measured["high"]


@pytest.mark.parametrize(("second", "expected"), [(0.9, True), (0.8, False)])
def test_a_model_without_seed_dependence_is_known_by_its_replicates(
    tmp_path: Path, second: float, expected: bool
) -> None:
    trials = [FakeTrial({}, [{"val/accuracy": 0.5}, {"val/accuracy": value}]) for value in (0.9, second)]
    assert ignores_seed(load(build_sweep(tmp_path / "two", trials))) is expected
    assert not ignores_seed(load(build_sweep(tmp_path / "one", trials[:1])))
