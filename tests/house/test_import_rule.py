"""Who may import whom, read from the source: the star of the packages, the floors of `sweeps`, and no cycle."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from helpers.repository import REPOSITORY

# From the ground up: a floor imports from itself and from those below it.
FLOORS = (
    "errors", "report", "wandb_log", "search", "spec", "store", "stopping", "evaluation", "worker", "results",
    "tracking", "driver", "final", "cli",
)  # fmt: skip
# What each package may import besides the standard library. `sweeps` is the home of the run's libraries; torch is
# allowed there only where checkpoints are read and threads are bound.
ALLOWED = {
    "basics": set(),
    "search_spaces": {"basics"},
    "trainables": {
        "torch", "torchvision", "sklearn", "sklearnex", "daal4py", "numpy", "scipy", "PIL", "platformdirs",
        "zuko", "hmmlearn", "safetensors", "skops", "threadpoolctl", "basics",
    },
    "analysis": {
        "numpy", "pandas", "scipy", "sklearn", "matplotlib", "PIL", "plotly", "jinja2", "markupsafe", "yaml", "prdc",
        "basics",
    },
    "sweeps": {
        "ray", "optuna", "optuna_dashboard", "optunahub", "cmaes", "wandb", "typer", "click", "rich", "pydantic",
        "pydantic_core", "yaml", "numpy", "scipy", "pandas", "psutil", "threadpoolctl", "torch", "search_spaces",
        "trainables", "analysis", "basics",
    },
}  # fmt: skip
OURS = tuple(ALLOWED)
TORCH_IN_SWEEPS = {
    "lane.py",
    "running.py",
    "resource_usage.py",
    "threads.py",
    "doctor.py",
    "extractors.py",
    "lost_rows.py",
}
RUN_LIBRARIES = {"ray", "optuna", "cmaes", "wandb", "typer", "rich", "pydantic"}
ONCE = {"fcntl": "basics.files", "difflib": "basics.text"}  # what others would write again is used here alone
MOST_MODULES = 16  # of a folder, "about fifteen"


def sources(package: str) -> list[Path]:
    return sorted((REPOSITORY / package).rglob("*.py"))


def module(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path): path for package in OURS for path in sources(package)}


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of all that a file imports, wherever in the file and under whatever condition."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: a relative import gets around the rules here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """Our modules that a file imports: of `from a.b import c` a.b.c if that is one, else a.b."""
    found = {name if name in MODULES else name.rpartition(".")[0] for name in imports(path)}
    return (found & MODULES.keys()) - {module(path)}


def floor(name: str) -> int:
    return FLOORS.index(name.split(".")[1])


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_its_home_allows(package: str) -> None:
    allowed = ALLOWED[package] | {package} | set(sys.stdlib_module_names)
    assert sources(package)
    assert not {(p.name, n) for p in sources(package) for n in imports(p) if n.split(".")[0] not in allowed}


def test_torch_stays_in_its_few_files_of_sweeps() -> None:
    users = {path.name for path in sources("sweeps") if any(n.split(".")[0] == "torch" for n in imports(path))}
    assert users <= TORCH_IN_SWEEPS


def test_only_sweeps_knows_the_libraries_of_a_run() -> None:
    others = [path for package in OURS if package != "sweeps" for path in sources(package)]
    assert not {(path.name, n) for path in others for n in imports(path) if n.split(".")[0] in RUN_LIBRARIES}


def test_locks_and_nearest_names_are_decided_once() -> None:
    modules = [(name, n) for name, path in MODULES.items() for n in imports(path) if n.split(".")[0] in ONCE]
    assert {name for name, _ in modules} == set(ONCE.values())


def test_every_module_of_sweeps_stands_on_a_floor() -> None:
    there = {path.relative_to(REPOSITORY / "sweeps").parts[0].removesuffix(".py") for path in sources("sweeps")}
    assert there - {"__init__", "__pycache__"} == set(FLOORS)


def test_a_floor_imports_only_from_those_below() -> None:
    upwards = [
        (name, other)
        for name, path in MODULES.items()
        if name.startswith("sweeps.")
        for other in ours(path)
        if other.startswith("sweeps.") and floor(other) > floor(name)
    ]
    assert not upwards


@pytest.mark.parametrize("package", OURS)
def test_no_module_imports_itself_by_way_of_others(package: str) -> None:
    """Also by an import inside a function or for a type alone: the two are one thing, and want one file."""
    graph = {name: {o for o in ours(path) if o.startswith(package)} for name, path in MODULES.items()}
    try:
        TopologicalSorter({n: found for n, found in graph.items() if n.startswith(package)}).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle of imports: {' -> '.join(error.args[1])}")


def test_a_folder_is_no_heap() -> None:
    folders = {path.parent for path in MODULES.values()}
    heaps = {str(f.relative_to(REPOSITORY)): len(list(f.glob("[!_]*.py"))) for f in folders}
    assert not {name: count for name, count in heaps.items() if count > MOST_MODULES}
