"""Whatever a spec says, the command line ends with 0 or with 2 and one line."""

from pathlib import Path
from typing import Any

import pytest
from helpers.fuzzed_specs import fuzzed
from helpers.spec_cases import refused
from typer.testing import CliRunner

from sweeps.cli import app
from sweeps.cli.arguments import settings
from sweeps.spec import load_spec
from sweeps.spec.document.yaml_file import LONGEST


def check(folder: Path, seed: int, count: int) -> None:
    path, accepted = folder / "spec.yaml", 0
    for number, text in enumerate(fuzzed(seed, count)):
        path.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(app, ["run", str(path), "--dry-run"])
        case = f"spec {number} of seed {seed}:\n{text[:2000]}\n{done.stderr[:2000]}"
        assert done.exception is None or isinstance(done.exception, SystemExit), case
        assert done.exit_code in (0, 2), case
        assert done.exit_code == 0 or done.stderr.rstrip("\n").count("\n") == 0, case
        accepted += done.exit_code == 0
    assert 0 < accepted < count


def test_some_fuzzed_specs(tmp_path: Path) -> None:
    check(tmp_path, 0, 50)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_three_thousand_fuzzed_specs(tmp_path: Path) -> None:
    check(tmp_path, 1, 3000)


LR = {"model": "logistic_regression", "run_cap": 3}
RANGE = {"min": 0.1, "max": 1.0}


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        ({"parameters": {"C": {**RANGE, "q": 1e-320, "distribution": "q_uniform"}}}, "parameters.C.q: 1e-320 divides"),
        ({"parameters": {"C": {**RANGE, "step": 1e-12}}}, "parameters.C.step: 1e-12 divides the range"),
        ({"parameters": {"C": {"min": 0.1, "max": 10**400}}}, "parameters.C.max: 1000"),
        ({"parameters": {"C": {"min": -1.7e308, "max": 1.7e308}}}, "parameters.C: from -1.7e+308 to 1.7e+308"),
        ({"dataset": "d" * 256}, "dataset: 'ddd"),
        ({"dataset": "~nouser/x"}, "dataset: '~nouser/x' is the path of no"),
        ({"model_path": "d" * 256}, "model_path: 'ddd"),
        ({"model": "gan", "inception": "d" * 256}, "inception: 'ddd"),
        ({"name": "a\0b"}, "name: 'a\\x00b' does not fit"),
        ({"name": "../x"}, "name: '../x' does not fit"),
        ({"name": "/abs"}, "name: '/abs' does not fit"),
        ({"resources": {"cpu": 1e-9}}, "resources.cpu: 1e-09 does not fit"),
        ({"resources": {"gpu": 1e-9}}, "resources.gpu: 1e-09 of a GPU is none"),
    ],
)
def test_what_no_machine_can_do_is_refused(
    lines: dict[str, Any],
    start: str,
) -> None:
    assert refused(load_spec, {**LR, **lines}).startswith(f"spec: {start}")


def anchors(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_anchors_that_explode_are_refused_before_they_do(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    for text in (f"model: gan\ntags:\n  - {anchors(9)}".replace("\n", "\n    "), anchors(9), "model: &a [*a]"):
        path.write_text(text)
        line = refused(load_spec, path)
        assert "spec.yaml" in line
        assert len(line) < 500
    path.write_text("model: logistic_regression\ntags: &a [x, y]\nclasses: *a\n")
    assert load_spec(path).tracking.tags == ("x", "y")
    refused(settings, ["tags={" + anchors(9).replace("\n", ", ") + "}"])


def test_a_file_that_is_longer_than_any_spec_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("model: gan\n" + "#" * LONGEST)
    assert "is longer than a spec may be" in refused(load_spec, path)
