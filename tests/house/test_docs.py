"""What the README and the guides tell a reader to do works as it stands."""

import ast
import json
import pkgutil
import re
import shutil
from pathlib import Path

import pytest
import yaml
from helpers.command import sweeps
from helpers.repository import REPOSITORY
from helpers.sweep_folder import FakeTrial, build_sweep

from sweeps.search.methods import METHODS
from sweeps.spec import load_spec
from sweeps.spec.early_termination import TERMS, options

README = (REPOSITORY / "README.md").read_text()
COMMANDS = [line.split("#")[0].strip() for line in re.findall(r"^ {4}(sweeps .*)$", README, re.MULTILINE)]
WITHOUT_A_SWEEP = [command for command in COMMANDS if command.startswith(("sweeps run", "sweeps spaces"))]
ON_A_SWEEP = [
    command
    for command in COMMANDS
    if command.startswith(("sweeps list", "sweeps show", "sweeps best", "sweeps report", "sweeps compare"))
]
PACKAGES = ("basics", "search_spaces", "trainables", "analysis", "sweeps")
OURS = (*PACKAGES, "tests", "specs", "docs", "benchmarks")
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md"))]
MAPS = ["CONTRIBUTING.md", "docs/architecture.md"]  # of this repository


def test_the_readme_has_its_commands() -> None:
    assert len(WITHOUT_A_SWEEP) >= 2
    assert len(ON_A_SWEEP) >= 4


@pytest.mark.parametrize("command", WITHOUT_A_SWEEP)
def test_a_run_in_the_readme_is_accepted(command: str, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "specs", tmp_path / "specs")
    done = sweeps(*command.split()[1:], "--dry-run", folder=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ON_A_SWEEP)
def test_a_command_in_the_readme_works_on_a_sweep(command: str, tmp_path: Path) -> None:
    build_sweep(tmp_path / "sweep-results" / "it", [FakeTrial({"C": 1.0, "penalty": "l2"}, [{"val/accuracy": 0.5}])])
    done = sweeps(*command.replace("DIR", "sweep-results/it").split()[1:], folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_every_search_method_stands_in_the_guide() -> None:
    lines = (REPOSITORY / "docs" / "spec.md").read_text().splitlines()
    for name, row in METHODS.items():
        said = " or ".join(f"`{other}`" for other in (name, *row.other_names))
        searched = (
            "finite lists of values" if row.finite else "numbers" if row.categorical == "refused" else "any space"
        )
        assert [line for line in lines if line.startswith(f"| {said} |") and line.endswith(f"| {searched} |")], name


def test_the_guide_says_of_each_search_method_what_its_row_says() -> None:
    lines = (REPOSITORY / "docs" / "search.md").read_text().splitlines()
    for name, row in METHODS.items():
        cells = (row.conditional, row.categorical, row.constraint, row.objectives, row.parallel, row.earlier)
        assert f"| `{name}` | {' | '.join(cells)} |" in lines
        said = " or ".join(f"`{other}`" for other in (name, *row.other_names))
        sampler = "" if row.finite else row.sampler
        assert [line for line in lines if line.startswith(f"| {said} |") and f"{sampler} |" in line]
        defaults = {option: json.dumps(one.default).strip('"') for option, one in row.options.items()}
        options = ", ".join(f"`{option}: {default}`" for option, default in defaults.items())
        assert not options or f"| `{name}` | {options} |" in lines


def test_every_stopping_rule_stands_in_the_guide_with_its_options() -> None:
    lines = (REPOSITORY / "docs" / "early-termination.md").read_text().splitlines()
    for name, kind in TERMS.items():
        [line] = [line for line in lines if line.startswith("| `") and f"`{name}`" in line.split("|")[1]]
        assert {option for option in options(kind) if f"`{option}`" not in line} == set()


@pytest.mark.parametrize("document", ["README.md", "docs/running.md", "docs/search.md", "docs/early-termination.md"])
def test_specs_shown_are_specs(document: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / document).read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        load_spec(yaml.safe_load(block))


@pytest.mark.parametrize("path", sorted((REPOSITORY / "specs").rglob("*.yaml")), ids=lambda path: path.stem)
def test_specs_of_the_repository_are_specs(path: Path) -> None:
    assert load_spec(path).trials


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_pictures_are_there(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((REPOSITORY / document).parent / target).exists(), target


@pytest.mark.parametrize("document", MAPS)
def test_files_and_folders_named_are_there(document: str) -> None:
    text = re.sub(r"```.*?```", "", (REPOSITORY / document).read_text(), flags=re.DOTALL)
    for named in re.findall(r"`([\w/]+(?:/|\.py))`", text):
        assert found(named), f"{document}: {named}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_python_files_named_are_there(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    readers_own = re.findall(r"^# (\w+\.py)$", text, re.MULTILINE)
    assert [named for named in re.findall(r"[\w/]+\.py\b", text) if named not in readers_own and not found(named)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_tables_named_are_in_their_files(document: str) -> None:
    text = " ".join((REPOSITORY / document).read_text().split())
    for table, named in re.findall(r"`([A-Z_]+)` (?:in|of) `([\w/]+\.py)`", text):
        assert any(re.search(rf"^{table}\b", file.read_text(), re.MULTILINE) for file in found(named)), (table, named)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_modules_named_and_what_is_imported_of_them_are_there(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    named = set(re.findall(rf"(?<![\w/.])(?:{'|'.join(PACKAGES)})(?:\.(?!md\b)\w+)+", text))
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith((*PACKAGES, "helpers")):
                named |= {f"{node.module}.{alias.name}" for alias in node.names}
    for name in sorted(named):
        pkgutil.resolve_name(name)


def found(named: str) -> list[Path]:
    """The files and folders of the repository whose path ends so."""
    last = named.rstrip("/").split("/")[-1]
    paths = [path for package in OURS for path in [REPOSITORY / package, *(REPOSITORY / package).rglob(last)]]
    return [path for path in paths if path.as_posix().endswith(f"/{named.rstrip('/')}")]


@pytest.mark.ray
@pytest.mark.slow
def test_the_own_model_of_the_guide_is_swept(tmp_path: Path, cluster: tuple[str, str]) -> None:
    text = (REPOSITORY / "docs" / "own-model.md").read_text()
    for name, language in (("mine.py", "python"), ("spec.yaml", "yaml")):
        block = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
        assert block is not None
        (tmp_path / name).write_text(block.group(1))
    done = sweeps(
        "run", "spec.yaml", "--trials", "3", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "3 done" in done.stderr
