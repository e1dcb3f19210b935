"""What the lines of a spec mean, and what of a model's space a sweep searches."""

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.spec_cases import gan, lr, refused

from search_spaces import SPACES
from search_spaces.conditions import AtLeast, OneOf
from search_spaces.domains import Choice, Float
from sweeps.spec import load_spec
from sweeps.spec.early_termination import Bands, Collapse
from sweeps.spec.parameters import Constant
from sweeps.spec.resolved import Budget, Objective, Resources, Tracking


def test_every_line_arrives(write: Callable[..., Path]) -> None:
    (path := write("")).write_text(
        """
        name: all
        description: every line
        model: logistic_regression
        dataset: fashion_mnist
        train_size: 1000
        classes: [0, Trouser]
        method: bayes
        metric: {name: val/log_loss}
        run_cap: 7
        parameters:
          C: {min: 1e-3, max: 1e1, distribution: log_uniform_values}
          penalty: {value: l2}
        early_terminate: {type: hyperband, max_iter: 27, s: 2}
        resources: {cpu: 2, gpu: 0.1}
        replicates: 3
        budget: {steps: 4, seconds: 1h30m}
        seed: 5
        project: p
        entity: e
        group: g
        alert_failure_rate: 0.5
        tags: [a, b]
        notes: n
        """
    )
    spec = load_spec(path)
    assert (spec.model, spec.dataset, spec.method, spec.trials) == ("logistic_regression", "fashion_mnist", "tpe", 7)
    assert spec.metric == Objective("val/log_loss", "minimize")
    assert spec.space == {"C": Float(0.001, 10.0, log=True).when(penalty=("l2", "l1", "elasticnet"))}
    assert spec.fixed == {"penalty": "l2"}
    assert (spec.train_size, spec.classes, spec.replicates, spec.seed) == (1000, (0, "Trouser"), 3, 5)
    assert spec.early_terminate == (Bands(max_iter=27, s=2, eta=3.0, strict=True),)
    assert (spec.resources, spec.budget) == (Resources(2.0, 0.1), Budget(4, 5400.0))
    assert spec.tracking == Tracking("p", "e", "g", ("a", "b"), "n", 0.5)
    assert (spec.name, spec.description, spec.source) == ("all", "every line", str(path))
    assert spec.warnings == ()
    assert load_spec(spec.document()) == spec


@pytest.mark.parametrize(("written", "method"), [("bayes", "tpe"), ("tpe", "tpe"), ("random", "random")])
def test_bayes_means_tpe(written: str, method: str) -> None:
    assert lr(method=written).method == method


def test_a_model_alone_is_its_whole_space_on_digits() -> None:
    spec = load_spec("gan")
    assert (spec.model, spec.dataset, spec.method, spec.trials) == ("gan", "digits", "tpe", 20)
    assert spec.space == SPACES["gan"]
    assert spec.metric == Objective("gen/frechet", "minimize")
    assert lr().metric == Objective("val/accuracy", "maximize")


def test_a_goal_is_the_metrics_own_and_asha_is_another_name_for_hyperband() -> None:
    assert lr(metric={"name": "val/brier", "goal": "minimize"}).metric == Objective("val/brier", "minimize")
    terms = {"min_iter": 3, "eta": 2, "strict": False}
    ours, theirs = (lr(early_terminate={"type": name, **terms}).terms(Bands) for name in ("asha", "hyperband"))
    assert ours is not None
    assert theirs is not None
    assert (ours.bands, ours.eta, ours.strict) == (theirs.bands, theirs.eta, theirs.strict)
    assert (ours.bands[:3], ours.strict) == ((3, 6, 12), False)


def test_rules_stand_in_a_mapping_or_a_list_and_patience_beside_bands_is_a_rule_of_its_own() -> None:
    both = gan(early_terminate={"type": "hyperband", "min_iter": 3, "patience": 4})
    assert set(both.early_terminate) == {Bands(min_iter=3), Collapse(patience=4)}
    listed = gan(early_terminate=[{"type": "collapse", "patience": 4}, {"type": "hyperband", "min_iter": 3}])
    assert listed.early_terminate == both.early_terminate
    assert gan(early_terminate=[{"type": "median"}]) == gan(early_terminate={"type": "median"})
    assert gan(early_terminate=[]) == gan()


def test_a_target_is_a_line_of_the_metric_or_a_rule() -> None:
    spec = lr(early_terminate={"type": "target", "value": 0.9})
    assert spec == lr(metric={"name": "val/accuracy", "target": 0.9})
    assert (spec.metric.target, spec.early_terminate) == (0.9, ())
    assert spec.document()["metric"] == {"name": "val/accuracy", "goal": "maximize", "target": 0.9}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(90, 90.0), ("90s", 90.0), ("30m", 1800.0), ("1h30m", 5400.0), ("1d", 86400.0), ("1e3", 1000.0)],
)
def test_a_time_is_seconds_or_has_units(written: int | str, seconds: float) -> None:
    assert lr(budget={"seconds": written}).budget.seconds == seconds


def test_numbers_without_a_dot_in_yaml_are_numbers(write: Callable[..., Path]) -> None:
    path = write(
        "model: logistic_regression\nrun_cap: 1e1\nparameters:\n  C: {values: [1e-3, 1e-2]}\n  tol: {value: 1e-5}\n"
        "  max_iter: {min: 100, max: 900}\n"
    )
    spec = load_spec(path)
    assert (spec.trials, spec.space["C"].values(), spec.fixed["tol"]) == (10, [0.001, 0.01], 1e-5)


def test_only_named_parameters_are_searched_and_keep_the_models_conditions() -> None:
    spec = lr({"penalty": {"values": ["l1", "l2"]}, "solver": {"values": ["lbfgs", "saga"]}})
    assert set(spec.space) == {"penalty", "solver"}
    assert spec.space["solver"].conditions == SPACES["logistic_regression"]["solver"].conditions
    assert spec.fixed == {}


def test_a_parameter_outside_the_models_space_can_be_searched() -> None:
    assert lr({"max_iter": {"values": [50, 100]}}).space == {"max_iter": Choice(50, 100)}


def test_what_a_condition_asks_for_and_is_not_named_has_its_default() -> None:
    assert lr({"C": {"min": 0.1, "max": 1.0}}).fixed == {"penalty": "l2"}


def test_when_adds_a_condition_and_replaces_the_models_own() -> None:
    spec = lr(
        {
            "C": {"min": 0.1, "max": 1.0, "when": {"class_weight": [None, "balanced"]}},
            "class_weight": {"values": [None, "balanced"]},
            "penalty": {"values": ["l1", "l2"]},
            "solver": {"values": ["saga", "lbfgs"], "when": {"penalty": "l2"}},
            "max_iter": {"min": 50, "max": 200, "when": {"C": {"min": 0.5}}},
        }
    )
    assert dict(spec.space["C"].conditions) == {
        "penalty": OneOf(("l2", "l1", "elasticnet")),
        "class_weight": OneOf((None, "balanced")),
    }
    assert dict(spec.space["solver"].conditions) == {"penalty": OneOf(("l2",))}
    assert dict(spec.space["max_iter"].conditions) == {"C": AtLeast(0.5)}


def test_a_value_that_is_not_always_active_is_searched_as_one_choice() -> None:
    spec = lr({"penalty": {"values": ["l2", "elasticnet"]}, "l1_ratio": {"value": 0.3}})
    assert spec.space["l1_ratio"] == Constant(0.3).when(penalty="elasticnet")
    assert spec.fixed == {}


def test_a_value_without_effect_is_kept_with_a_warning_and_a_range_is_refused() -> None:
    spec = lr({"penalty": {"value": "l2"}, "l1_ratio": {"value": 0.3}})
    assert spec.fixed == {"penalty": "l2", "l1_ratio": 0.3}
    assert spec.warnings == ("parameters.l1_ratio has no effect: it needs penalty elasticnet, and penalty is 'l2'",)
    line = refused(gan, {"g_depth": {"value": 2}, "g_width_3": {"min": 32, "max": 64}})
    assert line == "spec: parameters.g_width_3: has no effect: it needs g_depth at least 3, and g_depth is 2"


def test_a_spec_of_values_alone_is_one_trial() -> None:
    for method in ("bayes", "random", "grid"):
        spec = lr({"C": {"value": 0.1}, "penalty": {"value": "l1"}, "solver": {"value": "saga"}}, method=method)
        assert (spec.trials, len(spec.space)) == (1, 0)


def test_a_grid_has_as_many_trials_as_configs_unless_the_cap_is_smaller() -> None:
    parameters = {
        "penalty": {"values": ["l1", "l2"]},
        "solver": {"values": ["lbfgs", "saga"]},
        "C": {"values": [1, 10]},
    }
    assert lr(parameters, method="grid").trials == 6  # l1: 2; l2: 2 solvers x 2
    assert lr(parameters, method="grid", run_cap=4).trials == 4


def test_a_sweep_without_an_end_says_so() -> None:
    endless = load_spec({"model": "gan"})
    assert endless.trials is None
    assert endless.warnings == ("run_cap: not given, nor a budget: the sweep goes on until it is interrupted",)
    assert load_spec({"model": "gan", "budget": {"seconds": 60}}).warnings == ()


def test_log_uniform_with_bounds_that_look_like_values_is_pointed_out() -> None:
    spec = lr({"C": {"distribution": "log_uniform", "min": 1e-3, "max": 0.1}})
    assert "1.001 to 1.105" in spec.warnings[0]
    assert "log_uniform_values takes the values themselves" in spec.warnings[0]


def test_a_pair_the_model_refuses_is_a_warning_and_a_spec_of_such_pairs_an_error() -> None:
    loose = {
        "penalty": {"values": ["l1", "l2"]},
        "solver": {"values": ["lbfgs", "saga"], "when": {"penalty": ["l1", "l2"]}},
    }
    (warning,) = lr(loose, run_cap=4).warnings
    assert "lbfgs cannot fit penalty l1" in warning
    line = refused(lr, {"penalty": {"value": "l1"}, "solver": {"value": "lbfgs", "when": {"penalty": "l1"}}})
    assert "lbfgs cannot fit penalty l1" in line


def test_lines_that_start_a_program_are_named_and_left_out() -> None:
    spec = lr(program="train.py", command=["python", "${program}"], controller={"type": "local"})
    assert [warning.split(":")[0] for warning in spec.warnings] == ["program", "command", "controller"]
    assert all("does not apply here" in warning for warning in spec.warnings)
    assert spec == lr()


def test_a_sweep_of_wandb_without_a_model_hears_what_it_lacks() -> None:
    line = refused(load_spec, {"controller": {}, "method": "bayes"})
    assert line.startswith("spec: model: is missing, and controller: {} does not apply here; valid: a model of ours")


def test_seeds_are_trials_of_the_one_config() -> None:
    values = {"C": {"value": 0.1}, "penalty": {"value": "l1"}, "solver": {"value": "saga"}}
    for method in ("bayes", "random", "grid"):
        spec = lr(values, method=method, seeds=3)
        assert (spec.trials, len(spec.space), spec.method) == (3, 0, "random")
        assert load_spec(spec.document()) == spec
    line = refused(lr, {"C": {"values": [0.1, 1.0]}}, seeds=3)
    assert "seeds: there is more than one config, C being searched; valid: replicates" in line


def test_a_final_spec_measures_nothing() -> None:
    spec = load_spec(
        {"model": "gan", "parameters": {"lr_g": {"value": 0.001}}, "final": True, "lock": {"trial": "0001"}}
    )
    assert (spec.metric.name, spec.final, spec.lock) == ("train/images", True, {"trial": "0001"})
    assert load_spec(spec.document()) == spec
    line = refused(load_spec, {"model": "mlp", "final": True, "metric": {"name": "val/accuracy"}})
    assert "metric.name: val/accuracy is not measured; valid: train/images" in line
