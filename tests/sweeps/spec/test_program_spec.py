"""Specs of programs: W&B's own sweep files as people write them, read with the meaning they have there."""

from pathlib import Path
from typing import Any

import pytest
from helpers.spec_cases import refused

from sweeps.spec import load_spec
from sweeps.spec.program.program import DEFAULT_COMMAND, Program
from sweeps.spec.resolved import FINISHED, Spec

LR = {"lr": {"min": 1e-4, "max": 1e-1}}


def program(**lines: Any) -> Spec:
    document = {
        "program": "train.py",
        "method": "bayes",
        "metric": {"name": "val_loss"},
        "parameters": LR,
        "run_cap": 3,
    }
    return load_spec(document | {"run_cap": 3} | lines)


def test_a_wandb_sweep_is_read_as_it_is_and_back() -> None:
    spec = program(command=["${env}", "python3", "${program}", "--epochs", 5, "${args}"])
    assert spec.program == Program("train.py", ("${env}", "python3", "${program}", "--epochs", "5", "${args}"))
    assert (spec.metric.name, spec.metric.goal) == ("val_loss", "minimize")  # as at W&B where no goal is said
    assert (spec.method, spec.default_first, spec.short_name, spec.subject) == ("tpe", False, "train", "train.py")
    assert load_spec(spec.document()) == spec
    assert not {"model", "dataset"} & spec.document().keys()


def test_what_nobody_says_is_what_wandb_does() -> None:
    spec = program()
    assert spec.program == Program("train.py")
    assert spec.program.command == DEFAULT_COMMAND
    assert "command" not in spec.document()


def test_a_program_has_parameters_of_any_name() -> None:
    names = ["train_size", "cv_folds", "model", "p.sub", "a-b", "seed"]
    spec = program(parameters={name: {"values": [1, 0.5]} for name in names})
    assert [*spec.space] == names


def test_a_grid_needs_no_metric_and_a_search_does() -> None:
    lines: dict[str, Any] = {"program": "train.py", "method": "grid", "parameters": {"lr": {"values": [0.1, 0.2]}}}
    spec = load_spec(lines)
    assert (spec.metric.name, spec.trials) == (FINISHED, 2)
    assert load_spec(spec.document()) == spec
    line = refused(load_spec, lines | {"method": "bayes"})
    assert line.startswith("spec: metric: is missing, and bayes needs to know what is searched for; valid: a mapping")
    lines["early_terminate"] = {"type": "hyperband", "min_iter": 1}
    assert "early_terminate needs" in refused(load_spec, lines)


def test_a_command_may_name_the_program_itself() -> None:
    spec = load_spec({"command": ["python", "-m", "pkg.train", "${args}"], "method": "random", "parameters": LR})
    assert spec.program is not None
    assert (spec.program.path, spec.short_name, load_spec(spec.document()).program) == ("", "program", spec.program)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"dataset": "digits"}, "dataset: is not for a program; valid: leave it out"),
        ({"replicates": 3}, "replicates: is not for a program"),
        ({"method": "pbt"}, "method: a program's state is its own, and cannot be handed on to another trial"),
        ({"metric": {"name": "step"}}, "metric.name: step is a column of the results themselves"),
        ({"parameters": None}, "parameters: null is no mapping of parameters"),
        ({"command": "python train.py"}, "command: 'python train.py' does not fit; valid: a list of words"),
        ({"early_terminate": {"type": "collapse"}}, "early_terminate: a program does not collapse"),
        ({"grace": -1}, "grace: -1 does not fit"),
    ],
)
def test_what_a_program_cannot_have_is_refused_in_a_line(lines: dict[str, Any], said: str) -> None:
    assert refused(program, **lines).startswith(f"spec: {said}")


def test_lines_of_a_program_are_refused_beside_a_model() -> None:
    line = refused(load_spec, {"model": "logistic_regression", "resumable": True})
    assert line == "spec: resumable: is about a program, and this is a model; valid: leave it out"


def test_what_is_doubtful_is_said() -> None:
    spec = program(command=["${program}", "${foo}", "${lr}"], seed_parameter="rng")
    assert [warning.split(":")[0] for warning in spec.warnings] == ["command", "seed_parameter", "resources"]
    assert not program(resources={"cpu": 2}).warnings


def test_a_resume_may_give_a_program_more_time_to_end() -> None:
    from sweeps.spec.resuming import check_unchanged

    check_unchanged(program().document(), program(grace="1m"), "spec")
    assert "command: " in refused(check_unchanged, program().document(), program(command=["${program}"]), "spec")


def test_the_file_of_a_spec_need_not_lie_beside_the_program(tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text("program: src/train.py\nmethod: random\nparameters: {lr: {min: 1e-5, max: 1e-2}}\n")
    assert load_spec(path).program == Program("src/train.py")
