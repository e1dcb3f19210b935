"""Every slip in a spec is one line: file, key, what is valid, the nearest name."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.spec_cases import lr, refused

from sweeps.spec import load_spec


@pytest.mark.parametrize(
    ("lines", "start", "words"),
    [
        ({"model": "logistic_regresion"}, "model: ", "did you mean logistic_regression?"),
        ({"model": "no_such_package.models:Name"}, "model: ", "no module no_such_package"),
        ({"model": 3}, "model: 3 does not fit", "valid: a model of ours"),
        ({"methd": "grid"}, "methd: unknown key", "did you mean method?"),
        ({"method": "grdi"}, "method: 'grdi' does not fit; valid: bayes, tpe, random, grid", "did you mean grid?"),
        ({"method": "custom"}, "method: 'custom' does not fit", "valid: bayes, tpe, random, grid"),
        ({"dataset": "fashon_mnist"}, "dataset: unknown dataset", "did you mean fashion_mnist?"),
        ({"dataset": "./no_such.npz"}, "dataset: ./no_such.npz: no such file", "looked for"),
        (
            {"metric": {"name": "val/acuracy"}},
            "metric.name: unknown metric 'val/acuracy'; valid: ",
            "did you mean val/accuracy?",
        ),
        (
            {"metric": {"name": "gen/frechet_pixels"}},
            "metric.name: gen/frechet_pixels is no metric of a classifier",
            "",
        ),
        ({"metric": {"name": "train/iterations"}}, "metric.name: train/iterations has no better way", ""),
        ({"metric": {"name": "seconds"}}, "metric.name: seconds only grow", "valid: val/accuracy"),
        (
            {"metric": {"name": "val/accuracy", "goal": "minimize"}},
            "metric.goal: minimize contradicts",
            "valid: maximize",
        ),
        (
            {"metric": {"name": "val/accuracy", "goal": "max"}},
            "metric.goal: 'max' does not fit",
            "maximize or minimize",
        ),
        ({"metric": {"goal": "maximize"}}, "metric.name: is missing", "val/accuracy"),
        ({"metric": "val/accuracy"}, "metric: 'val/accuracy' does not fit", "valid: a mapping {name, goal}"),
        ({"metric": {"name": "val/accuracy", "target": "best"}}, "metric.target: 'best' does not fit", "a number"),
        (
            {"metric": {"name": "val/accuracy", "target": 0.9}, "early_terminate": {"type": "target", "value": 0.8}},
            "metric.target: 0.9, and 0.8 in early_terminate",
            "one of the two",
        ),
        ({"metric": {"name": "val/accuracy", "impute": "mean"}}, "metric.impute: 'mean' does not fit", "worst, best"),
        ({"metrics": []}, "metrics: several objectives", "metric: [{name, goal}"),
        ({"scheduler": {"engine": "optuna"}}, "scheduler: ", "method"),
        ({"run_cap": 0}, "run_cap: 0 does not fit; valid: a whole number, 1 or more", ""),
        ({"run_cap": True}, "run_cap: true does not fit", ""),
        ({"run_cap": 2.5}, "run_cap: 2.5 does not fit", ""),
        ({"early_terminate": {"min_iter": 3}}, "early_terminate.type: is missing", "hyperband"),
        (
            {"early_terminate": {"type": "medain"}},
            "early_terminate.type: 'medain' does not fit; valid: hyperband, asha, collapse, median",
            "did you mean median?",
        ),
        ({"early_terminate": {"type": "plateau"}}, "early_terminate.patience: is missing", "a whole number, 1 or more"),
        ({"early_terminate": {"type": "target"}}, "early_terminate.value: is missing", "target of the objective"),
        ({"early_terminate": {"type": "no_improvement"}}, "early_terminate.trials: is missing", "ended trials"),
        (
            {"early_terminate": {"type": "median", "patience": 2}},
            "early_terminate.patience: has no meaning with type median",
            "with collapse or plateau",
        ),
        (
            {"early_terminate": [{"type": "median"}, {"type": "plateau", "patiense": 2}]},
            "early_terminate[1].patiense: unknown key",
            "did you mean patience?",
        ),
        (
            {"early_terminate": [{"type": "median"}, {"type": "plateau", "patience": 0}]},
            "early_terminate[1].patience: 0 does not fit",
            "1 or more",
        ),
        (
            {"early_terminate": [{"type": "asha", "min_iter": 1}, {"type": "hyperband", "min_iter": 2}]},
            "early_terminate[1].type: is there twice",
            "each rule once",
        ),
        ({"early_terminate": "median"}, "early_terminate: 'median' does not fit", "or a list of them"),
        ({"early_terminate": {"type": "hyperband"}}, "early_terminate: says no bands", "min_iter, or max_iter and s"),
        ({"early_terminate": {"type": "hyperband", "max_iter": 9}}, "early_terminate.s: is missing", ""),
        (
            {"early_terminate": {"type": "asha", "max_iter": 2, "s": 2}},
            "early_terminate.max_iter: 2 / 3 is below 1",
            "",
        ),
        (
            {"early_terminate": {"type": "asha", "min_iter": 1, "eta": 1}},
            "early_terminate.eta: 1 does not fit",
            "above 1",
        ),
        ({"early_terminate": {"type": "asha", "min_itre": 1}}, "early_terminate.min_itre: unknown key", "min_iter?"),
        (
            {"early_terminate": {"type": "asha", "min_iter": 1, "strict": 1}},
            "early_terminate.strict: 1 does not fit",
            "",
        ),
        ({"early_terminate": {"type": "collapse"}}, "early_terminate: a classifier does not collapse", "another type"),
        ({"early_terminate": {"type": "asha", "min_iter": 1, "patience": 2}}, "early_terminate: a classifier", ""),
        (
            {"model": "gan", "early_terminate": {"type": "collapse", "min_iter": 1}},
            "early_terminate.min_iter: has no meaning with type collapse",
            "with hyperband or asha",
        ),
        (
            {"model": "gan", "early_terminate": {"type": "asha", "min_iter": 1, "severity": 0.5}},
            "early_terminate.severity: has no meaning with type asha",
            "with patience, or with collapse",
        ),
        (
            {"model": "gan", "early_terminate": {"type": "collapse", "patience": 0}},
            "early_terminate.patience: 0 does not fit",
            "1 or more",
        ),
        ({"constraint": {"max": 1}}, "constraint.name: is missing", "gen/severity"),
        ({"constraint": {"name": "val/log_loss"}}, "constraint: needs one bound", "max, or min"),
        ({"constraint": {"name": "val/log_loss", "max": 1, "min": 0}}, "constraint: needs one bound", ""),
        (
            {"constraint": {"name": "val/log_los", "max": 1}},
            "constraint.name: unknown metric 'val/log_los'; valid: ",
            "val/log_loss?",
        ),
        ({"constraint": {"name": "gen/severity", "max": 1}}, "constraint.name: gen/severity is no metric of a", "val/"),
        ({"constraint": {"name": "val/log_loss", "max": "low"}}, "constraint.max: 'low' does not fit", "a number"),
        ({"resources": {"gpu": 1.5}}, "resources.gpu: 1.5 is more than one GPU", "whole number"),
        ({"resources": {"cpu": 0}}, "resources.cpu: 0 does not fit", "above 0"),
        ({"resources": {"gpus": 1}}, "resources.gpus: unknown key", "did you mean gpu?"),
        ({"budget": {"seconds": "30 minutes"}}, "budget.seconds: '30 minutes' does not fit", "30m"),
        ({"budget": {"steps": 0}}, "budget.steps: 0 does not fit", ""),
        ({"trial_timeout": 0}, "trial_timeout: 0 does not fit", "above 0"),
        ({"budget": {"core_hours": 0}}, "budget.core_hours: 0 does not fit", "above 0"),
        ({"budget": {"core_hour": 2}}, "budget.core_hour: unknown key", "did you mean core_hours?"),
        ({"budget": {"gpu_hours": 2}}, "budget.gpu_hours: a trial has no GPU", "resources: {gpu: 1}, or core_hours"),
        ({"budget": {"trials": 3}, "run_cap": 4}, "budget.trials: 3, and 4 in run_cap", "one of the two lines"),
        ({"replicates": 0}, "replicates: 0 does not fit", ""),
        ({"seed": -1}, "seed: -1 does not fit", ""),
        ({"train_size": 0}, "train_size: 0 does not fit", ""),
        ({"inception": 3}, "inception: 3 does not fit", "valid: a file, torchvision's weights of Inception v3"),
        ({"inception": "w.pth"}, "inception: a classifier is not judged", "valid: a generative model"),
        ({"model": "gan", "inception": "w.pth"}, "inception: there is no file ", "/w.pth; valid: "),
        (
            {"model": "gan", "dataset": "ring", "inception": "w.pth"},
            "inception: ring holds points, and Inception looks at images",
            "",
        ),
        ({"classes": []}, "classes: [] does not fit", ""),
        ({"classes": [1, True]}, "classes[1]: true does not fit", ""),
        ({"tags": "a"}, "tags: 'a' does not fit", "a list"),
        ({"name": ""}, "name: '' does not fit", ""),
        ({1: 2}, "the key 1 is not text", ""),
        ({"parameters": None}, "parameters: null is no mapping", ""),
        ({"parameters": []}, "parameters: [] is no mapping", ""),
        ({"parameters": {1: {"value": 2}}}, "parameters: the key 1 is not text", ""),
        ({"method": "grid"}, "parameters.C: a grid needs a finite list of values", "method: random or bayes"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_valid(
    lines: dict[str, Any],
    start: str,
    words: str,
) -> None:
    line = refused(load_spec, {"model": "logistic_regression", "run_cap": 9, **lines})
    assert line.startswith(f"spec: {start}")
    assert words in line


@pytest.mark.parametrize(
    ("parameters", "start", "words"),
    [
        ({"Cc": {"value": 1}}, "parameters.Cc: unknown parameter; valid: penalty, C", "did you mean C?"),
        ({"solver": {"values": ["saga", "liblinearr"]}}, "parameters.solver.values: 'liblinearr'", "mean liblinear?"),
        ({"C": {"value": -1}}, "parameters.C.value: -1.0 must be over 0", ""),
        ({"C": {"value": "one"}}, "parameters.C.value: 'one' is not a number", ""),
        ({"C": {"value": True}}, "parameters.C.value: True is not a number", ""),
        ({"C": {"values": [0.1, -1]}}, "parameters.C.values: -1.0 must be over 0", ""),
        ({"C": {"min": -1.0, "max": 1.0}}, "parameters.C.min: -1.0 must be over 0", ""),
        ({"l1_ratio": {"min": 0.1, "max": 1.5, "when": {"penalty": "l2"}}}, "parameters.l1_ratio.max: 1.5 must be", ""),
        ({"max_iter": {"min": 50.0, "max": 99.5}}, "parameters.max_iter.min: 50.0 is not a whole number", ""),
        ({"slice_iter": {"value": 10}}, "parameters.slice_iter.value: 10 must be 50 or more", ""),
        ({"C": {"min": 0.1, "max": 1.0, "when": {"penalt": "l2"}}}, "parameters.C.when.penalt: unknown", "penalty?"),
        (
            {"C": {"min": 0.1, "max": 1.0, "when": {"penalty": "l3"}}},
            "parameters.C.when.penalty: penalty is never 'l3'; valid: l2, l1, elasticnet, none",
            "did you mean l",
        ),
        (
            {
                "max_iter": {"values": [50, 60], "when": {"tol": 0.1}},
                "tol": {"values": [0.1, 0.2], "when": {"max_iter": 50}},
            },
            "parameters: the conditions of max_iter, tol depend on each other in a circle",
            "",
        ),
    ],
)
def test_a_value_the_model_does_not_take_is_refused_before_anything_starts(
    parameters: dict[str, Any],
    start: str,
    words: str,
) -> None:
    line = refused(lr, parameters)
    assert line.startswith(f"spec: {start}")
    assert words in line


@pytest.mark.parametrize("ends", [(1, 10**9), (1, 2_000_000)])
def test_an_endless_grid_is_refused_at_once(ends: tuple[int, int]) -> None:
    line = refused(lr, {"max_iter": {"min": ends[0], "max": ends[1]}}, method="grid")
    assert line.startswith("spec: parameters.max_iter: a grid of more than 1,000,000 configs; valid: fewer values")


def test_a_grid_refuses_every_continuous_range_but_takes_stepped_ones() -> None:
    for entry in ({"min": 0.1, "max": 1.0}, {"min": 0.1, "max": 1.0, "distribution": "log_uniform_values"}):
        assert refused(lr, {"C": entry}, method="grid").startswith("spec: parameters.C: a grid needs a finite list")
    assert lr({"C": {"min": 0.5, "max": 1.0, "q": 0.25, "distribution": "q_uniform"}}, method="grid").trials == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: [gan\n", r"sweep\.yaml:2: not YAML: "),
        ("model: gan\nparameters:\n  lr_g: {value: 1\nseed: 1\n", r"sweep\.yaml:4: not YAML: "),
        ("model: gan\n\tseed: 1\n", r"sweep\.yaml:2: not YAML: "),
        ("model: gan\nseed: 1\nseed: 2\n", r"sweep\.yaml:3: seed: is there twice"),
        (
            "model: gan\nparameters:\n  lr_g: {value: 1, value: 2}\n",
            r"sweep\.yaml:3: parameters\.lr_g\.value: is there twice",
        ),
        ("", r"sweep\.yaml: is empty; valid: lines such as"),
        ("- gan\n", r"sweep\.yaml: is a list, not a mapping"),
        ("model: !!python/object/apply:os.getcwd []\n", r"sweep\.yaml:1: not YAML: "),
        ("model: gan\nrun_cap: x\n", r"sweep\.yaml: run_cap: 'x' does not fit"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_line(write: Callable[..., Path], text: str, message: str) -> None:
    assert re.search(f"/{message}", refused(load_spec, write(text)))


def test_a_missing_file_names_the_nearest_one(write: Callable[..., Path], tmp_path: Path) -> None:
    write("model: gan\n", "digits_gan.yaml")
    line = refused(load_spec, tmp_path / "digit_gan.yaml")
    assert line.endswith(f"no such file; did you mean {tmp_path / 'digits_gan.yaml'}?")


def test_a_binary_file_and_a_folder_are_no_specs(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    assert "it is not text in UTF-8" in refused(load_spec, tmp_path / "x.yaml")
    assert "cannot be read: Is a directory" in refused(load_spec, tmp_path)


def test_a_name_that_is_neither_model_nor_file_gets_the_nearest_model() -> None:
    line = refused(load_spec, "logistic_regresion")
    assert line.startswith("logistic_regresion: no such model, and no such file; valid: ")
    assert line.endswith("did you mean logistic_regression?")


def test_a_relative_dataset_starts_at_the_file_and_on_the_command_line_at_the_shell(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "data.npz").write_bytes(b"")
    monkeypatch.chdir(tmp_path / "b")
    path = write("model: gan\nrun_cap: 1\ndataset: data.npz\n", "a/sweep.yaml")
    spec = load_spec(path)
    assert spec.dataset == str(tmp_path / "a" / "data.npz")
    assert load_spec(spec.document()) == spec
    assert load_spec(path, {"dataset": "./data.npz"}).dataset == str(tmp_path / "b" / "data.npz")
