"""What Ray, Optuna and wandb keep to themselves is used in one file per library: a new version has one to mend."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.repository import REPOSITORY

HOMES = {
    "ray": "sweeps/driver/cluster/ray_internals.py",
    "optuna": "sweeps/search/optuna_internals.py",
    "wandb": "sweeps/wandb_log/internals.py",
}
# Names without an underscore that are no more public: of no reference page, or said to be the library's own.
UNSAID = ("temporary_state", "error_file", "ray_actor", "wandb_internal_pb2")
PROCESS = "_exit"  # os._exit, which is documented
SOURCES = [path for home in ("sweeps", "benchmarks") for path in sorted((REPOSITORY / home).rglob("*.py"))]
FILES = [path for path in SOURCES if str(path.relative_to(REPOSITORY)) not in HOMES.values()]


def is_private(name: str) -> bool:
    return (name.startswith(("_", "x_")) and not name.startswith("__") and name != PROCESS) or name in UNSAID


def of_libraries(tree: ast.Module) -> Iterator[str]:
    """Private parts of dotted names of the libraries, imported or written as text."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            names = [node.value]
            if node.value.startswith("x_"):  # one of wandb's settings
                yield node.value
        for name in names:
            first, *rest = name.split(".")
            if first in HOMES and any(is_private(part) for part in rest):
                yield name


def of_others(tree: ast.Module) -> Iterator[str]:
    """Private attributes of objects that are neither ours nor made in this file."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            own.add(node.attr)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            yield ast.unparse(node)


def private_names(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [*of_libraries(tree), *of_others(tree)]


def test_no_other_file_uses_a_private_name() -> None:
    found = {str(path.relative_to(REPOSITORY)): names for path in FILES if (names := private_names(path))}
    found.pop("benchmarks/sleeper.py", None)  # of our own runner
    assert not found


@pytest.mark.parametrize("library", HOMES)
def test_the_file_of_a_library_uses_that_ones_alone(library: str) -> None:
    path = REPOSITORY / HOMES[library]
    tree = ast.parse(path.read_text())
    assert private_names(path)
    others = [name for name in of_libraries(tree) if name.split(".")[0] in HOMES.keys() - {library}]
    assert not others


@pytest.mark.parametrize("library", HOMES)
def test_each_use_has_its_reason(library: str) -> None:
    """In the docstring of its function, or in a comment above."""
    tree = ast.parse((REPOSITORY / HOMES[library]).read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert functions
    assert all(len(ast.get_docstring(function) or "") > 40 for function in functions)


@pytest.mark.parametrize(
    "line",
    [
        "from ray._raylet import Loader",
        "import optuna.storages._rdb",
        "from optuna.storages.journal._storage import Operation",
        "module = import_module('wandb.proto.wandb_internal_pb2')",
        "study._storage.get_trial(0)",
        "trial.temporary_state.ray_actor",
        "settings = {'x_disable_stats': True}",
    ],
)
def test_a_private_name_is_seen(line: str) -> None:
    tree = ast.parse(line)
    assert [*of_libraries(tree), *of_others(tree)]
