"""The argument list of a program, beside what W&B's own agents make of the same command."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from wandb.sdk.launch.sweeps import utils

from sweeps.spec.program.program import unknown_macros
from sweeps.worker.program.command import arguments, of_config

CONFIG = {"lr": 0.1, "net": {"depth": 3}, "flag": True, "off": False, "name": "a b", "none": None, "p.sub": [1, 2]}
FILE = Path("/there/config.json")


@pytest.mark.parametrize("macro", ["args", "args_no_equals", "args_no_hyphens", "args_no_boolean_flags", "args_json"])
def test_arguments_are_those_of_wandb(macro: str) -> None:
    theirs = utils.create_sweep_command_args({"args": {name: {"value": value} for name, value in CONFIG.items()}})
    assert of_config(CONFIG)[macro] == theirs[macro]
    assert arguments([f"${{{macro}}}"], "train.py", CONFIG, FILE, {}) == theirs[macro]


def test_a_command_of_every_kind_of_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA", "3")
    command: list[Any] = [
        "${env}",
        "python3",
        "${program}",
        "--gpu=${envvar:CUDA}",
        "${envvar:UNKNOWN}",
        5,
        "$(touch x)",
    ]
    ours = arguments(command, "train.py", {}, FILE, {"CUDA": "3"})
    assert ours == ["/usr/bin/env", "python3", "train.py", "--gpu=3", "UNKNOWN", "5", "$(touch x)"]
    assert utils.create_sweep_command([str(word) for word in command])[3:5] == ours[3:5]


def test_the_name_of_a_parameter_is_its_value_and_what_is_no_macro_is_left_out() -> None:
    command = ["${program}", "--lr", "${lr}", "${nothing}", "${args_json_file}"]
    assert arguments(command, "t.py", CONFIG, FILE, {}) == ["t.py", "--lr", "0.1", str(FILE)]
    assert unknown_macros(command, CONFIG) == ["nothing"]


def test_the_interpreter_is_that_of_the_activated_environment_or_else_ours(tmp_path: Path) -> None:
    assert arguments(["${interpreter}"], "t.py", {}, FILE, {"VIRTUAL_ENV": str(tmp_path)}) == [sys.executable]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    theirs = str(tmp_path / "bin" / "python")
    assert arguments(["${interpreter}"], "t.py", {}, FILE, {"VIRTUAL_ENV": str(tmp_path)}) == [theirs]


def test_values_reach_a_program_whole() -> None:
    assert json.loads(arguments(["${args_json}"], "t.py", CONFIG, FILE, {})[0]) == CONFIG
