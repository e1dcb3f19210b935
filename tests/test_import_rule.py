"""The house's one rule, read from the source: who may import whom, and where each third-party library lives."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

OURS = {"search_spaces", "trainables", "analysis", "sweeps"}
# What each package may import besides the standard library. `sweeps` is the home of the run's libraries; torch is
# allowed there only where checkpoints are read and threads are bound.
ALLOWED = {
    "search_spaces": set(),
    "trainables": {
        "torch", "torchvision", "sklearn", "sklearnex", "daal4py", "numpy", "scipy", "PIL", "platformdirs",
        "zuko", "hmmlearn", "safetensors", "skops", "threadpoolctl",
    },
    "analysis": {
        "numpy", "pandas", "scipy", "sklearn", "matplotlib", "PIL", "plotly", "jinja2", "markupsafe", "yaml", "prdc",
    },
    "sweeps": {
        "ray", "optuna", "optuna_dashboard", "wandb", "typer", "click", "rich", "pydantic", "pydantic_core", "yaml",
        "numpy", "pandas", "psutil", "threadpoolctl", "torch", "search_spaces", "trainables", "analysis",
    },
}  # fmt: skip
TORCH_IN_SWEEPS = {"trial.py", "lost_rows.py", "consumption.py", "threads.py", "doctor.py", "features.py"}
RUN_LIBRARIES = {"ray", "optuna", "wandb", "typer", "rich", "pydantic"}


def imports(path: Path) -> Iterator[str]:
    """Top-level names of all modules a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def sources(package: str) -> list[Path]:
    return sorted((REPOSITORY / package).rglob("*.py"))


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_imports_only_what_its_home_allows(package: str) -> None:
    allowed = ALLOWED[package] | {package} | set(sys.stdlib_module_names)
    assert sources(package)
    strays = {(p.name, n) for p in sources(package) for n in imports(p) if n not in allowed}
    assert not strays


def test_torch_stays_in_its_few_files_of_sweeps() -> None:
    users = {path.name for path in sources("sweeps") if "torch" in imports(path)}
    assert users <= TORCH_IN_SWEEPS


def test_only_sweeps_knows_the_libraries_of_a_run() -> None:
    others = [path for package in OURS - {"sweeps"} for path in sources(package)]
    assert not {(path.name, name) for path in others for name in imports(path) if name in RUN_LIBRARIES}


def test_relative_imports_do_not_get_around_the_rule() -> None:
    for package in OURS:
        for path in sources(package):
            nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)]
            assert all(node.level <= 1 for node in nodes), path
