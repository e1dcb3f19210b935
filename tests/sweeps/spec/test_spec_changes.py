"""What the command line changes in a spec, and specs of a user's own model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.spec_cases import lr, refused

from search_spaces import SPACES
from search_spaces.conditions import OneOf
from search_spaces.domains import Float, Int
from sweeps.spec import Spec, SpecError, load_spec
from sweeps.spec.early_termination import Median
from sweeps.spec.parameters import Constant
from sweeps.spec.resolved import Budget, Objective

OWN_MODEL = """
class Plain:
    def __init__(self, config, data, *, seed, device="cpu"):
        self.finished = False
    finished: bool
    def step(self): return {"train/mine": 0.0}
    def state(self): return {}
    def load_state(self, state): pass
    def predict_proba(self, x): return x

class Spaced(Plain):
    SPACE = {
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "momentum": {"min": 0.0, "max": 0.9, "when": {"optimizer": "sgd"}},
        "optimizer": {"values": ["sgd", "adam"]},
        "epochs": {"value": 3},
    }

class Dotted(Plain):
    SPACE = {"optimizer.lr": {"min": 0.1, "max": 1.0}, "optimizer": {"values": ["sgd", "adam"]}}

class Wrong(Plain):
    SPACE = {"lr": {"min": 1.0, "max": 0.1}}
"""


Own = Callable[..., Spec]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN_MODEL)
    return lambda cls, **lines: load_spec(
        {"model": f"{name}:{cls}", "model_path": str(tmp_path), "run_cap": 3, **lines}
    )


def test_a_budget_of_trials_is_the_run_cap_and_the_command_line_goes_before_the_file() -> None:
    spec = load_spec({"model": "gan", "budget": {"trials": 3, "steps": 2}})
    assert (spec.trials, spec.budget, spec.document()["budget"]) == (3, Budget(steps=2), {"steps": 2})
    assert load_spec("gan", {"budget.trials": 3}).trials == 3
    assert load_spec({"model": "gan", "budget": {"trials": 3}}, {"run_cap": 4}).trials == 4
    with pytest.raises(SpecError, match=r"budget\.trials: 3, and 4 in run_cap"):
        load_spec("gan", {"budget.trials": 3, "run_cap": 4})


def test_a_rule_that_stands_alone_is_changed_by_its_lines_and_a_list_as_a_whole() -> None:
    spec = lr(overrides={"early_terminate.type": "median", "early_terminate.min_trials": 2})
    assert spec.early_terminate == (Median(min_trials=2),)
    both = [{"type": "median"}, {"type": "plateau", "patience": 3}]
    assert lr(early_terminate=both, overrides={"early_terminate": []}).early_terminate == ()
    with pytest.raises(SpecError, match=r"early_terminate\.min_trials: has nothing below it"):
        lr(early_terminate=both, overrides={"early_terminate.min_trials": 2})


def test_overrides_are_lines_paths_or_bare_names() -> None:
    spec = lr(overrides={"run_cap": 3, "seed": None, "budget.steps": 5, "metric.name": "val/brier", "C": "1e-1"})
    assert (spec.trials, spec.seed, spec.budget.steps, spec.metric.name) == (3, 0, 5, "val/brier")
    assert spec.space["C"] == Constant(0.1).when(penalty=("l2", "l1", "elasticnet"))  # none has no C
    assert set(spec.space) == set(SPACES["logistic_regression"])
    spec = lr(overrides={"class_weight": None})
    assert spec.fixed == {"class_weight": None}
    assert set(spec.space) == set(SPACES["logistic_regression"]) - {"class_weight"}


def ends_of_c(spec: Spec) -> tuple[float, float]:
    domain = spec.space["C"]
    assert isinstance(domain, Float)
    return domain.low, domain.high


def test_a_path_below_a_parameter_changes_that_end_of_the_models_own_range() -> None:
    assert ends_of_c(lr(overrides={"parameters.C.max": 1}))[1] == 1.0
    assert lr(overrides={"C.max": 1}).space == lr(overrides={"parameters.C.max": 1}).space
    assert lr(overrides={"solver": ["saga", "lbfgs"]}).space["solver"].values() == ["saga", "lbfgs"]
    assert ends_of_c(lr({"C": {"value": 1}}, {"C.min": 0.1, "C.max": 1.0})) == (0.1, 1.0)
    assert lr({"C": {"min": 0.1, "max": 1.0}}, {"C.value": 0.5}).fixed["C"] == 0.5


def test_a_fixed_parameter_takes_those_with_it_that_depend_on_it() -> None:
    spec = lr(overrides={"penalty": "l2"})
    assert "l1_ratio" not in spec.space
    assert spec.warnings == ()


def load_own(own: Own, cls: str, parameters: dict[str, Any], overrides: dict[str, Any]) -> Spec:
    lines = own(cls, parameters=parameters).document()
    return load_spec({**lines, "parameters": parameters}, overrides)


@pytest.mark.parametrize(
    ("cls", "overrides", "fixed", "high"),
    [
        ("Plain", {"optimizer.lr": 0.5}, {"optimizer.lr": 0.5}, None),
        ("Plain", {"parameters.optimizer.lr": 0.5}, {"optimizer.lr": 0.5}, None),
        ("Plain", {"optimizer.lr.max": 0.5}, {}, 0.5),
        ("Dotted", {"optimizer.lr": 0.5}, {"optimizer.lr": 0.5}, None),
        ("Dotted", {"optimizer.lr.max": 0.5}, {}, 0.5),
    ],
)
def test_a_name_with_a_dot_is_addressed_as_it_is(
    own: Own, cls: str, overrides: dict[str, Any], fixed: dict[str, Any], high: float | None
) -> None:
    spec = load_own(own, cls, {"optimizer.lr": {"min": 0.1, "max": 1.0}}, overrides)
    assert spec.fixed == fixed
    assert getattr(spec.space.get("optimizer.lr"), "high", None) == high


def test_a_name_with_a_dot_goes_before_the_line_of_its_head_and_needs_not_be_there_yet(own: Own) -> None:
    parameters = {"model.depth": {"values": [1, 2]}}
    assert load_own(own, "Plain", parameters, {"model.depth": 3}).fixed == {"model.depth": 3}
    added = load_own(own, "Plain", parameters, {"net.width": 8, "net.lr.min": 0.1, "net.lr.max": 0.2})
    assert added.fixed == {"net.width": 8}
    assert added.space["net.lr"] == Float(0.1, 0.2)


@pytest.mark.parametrize(
    ("overrides", "start"),
    [
        ({"run_capp": 3}, "spec: run_capp: unknown parameter"),
        ({"budget.step": 3}, "spec: budget.step: unknown key"),
        ({"seed.x": 3}, "spec: seed: {'x': 3} does not fit"),
        ({"C": -1}, "spec: parameters.C.value: -1.0 must be over 0"),
        ({"parameters": 3}, "spec: parameters: 3 is no mapping"),
        ({"C.max": "big"}, "spec: parameters.C.max: 'big' does not fit"),
    ],
)
def test_a_wrong_override_is_named(overrides: dict[str, Any], start: str) -> None:
    assert refused(lr, overrides=overrides).startswith(start)


def test_a_slip_on_the_command_line_may_have_meant_a_line() -> None:
    assert refused(lr, overrides={"run_capp": 3}).endswith("did you mean run_cap?")


def test_a_space_of_ones_own_is_searched_and_its_constants_stay(own: Own) -> None:
    whole = own("Spaced")
    assert set(whole.space) == {"lr", "momentum", "optimizer"}
    assert dict(whole.space["momentum"].conditions) == {"optimizer": OneOf(("sgd",))}
    assert whole.fixed == {"epochs": 3}
    narrow = own("Spaced", parameters={"lr": {"value": 0.01}, "optimizer": {"values": ["sgd", "adam"]}})
    assert (set(narrow.space), narrow.fixed) == ({"optimizer"}, {"epochs": 3, "lr": 0.01})
    assert load_spec(whole.document()) == whole


def test_a_space_of_ones_own_names_what_there_is(own: Own) -> None:
    assert "did you mean momentum?" in refused(own, "Spaced", parameters={"momentun": {"value": 1.0}})
    line = refused(own, "Spaced", parameters={"lr": {"value": "fast"}})
    assert line == "spec: parameters.lr.value: 'fast' is text; valid: a number, as in the model's SPACE"
    assert "Wrong: SPACE.lr.min: min 1.0 is over max 0.1" in refused(own, "Wrong")


def test_without_a_space_any_parameter_goes_and_some_must_be_given(own: Own) -> None:
    spec = own("Plain", parameters={"anything": {"min": 1, "max": 3}})
    assert spec.space == {"anything": Int(1, 3)}
    assert "has no SPACE, so these must be given" in refused(own, "Plain")


def test_a_metric_of_ones_own_needs_a_goal(own: Own) -> None:
    spec = own("Spaced", metric={"name": "train/mine", "goal": "minimize"})
    assert spec.metric == Objective("train/mine", "minimize")
    line = refused(own, "Spaced", metric={"name": "val/acuracy"})
    assert "unknown metric 'val/acuracy' without a goal" in line
    assert line.endswith("did you mean val/accuracy?")
