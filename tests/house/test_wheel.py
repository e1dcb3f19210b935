"""What others install: the wheel that `python -m build` makes, in an environment that has never seen this checkout."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from helpers.command import environment
from helpers.repository import REPOSITORY

PACKAGES = ("basics", "search_spaces", "trainables", "analysis", "sweeps")
FILES = ("pyproject.toml", "README.md", "LICENSE")
NO_SOURCE = shutil.ignore_patterns("__pycache__")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by way of the source archive, as `python -m build` does, of a copy: building leaves its traces."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, copy / package, ignore=NO_SOURCE)
    for name in FILES:
        shutil.copy(REPOSITORY / name, copy)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy, folder=out)
    [wheel] = out.glob("gdsweeps-*-py3-none-any.whl")
    return wheel


def run(*command: object, folder: Path) -> str:
    env = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_it_has_every_module_and_all_that_modules_read(wheel: Path) -> None:
    there = {path for package in PACKAGES for path in shipped(REPOSITORY / package)}
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == there
    assert {f"{package}/py.typed" for package in PACKAGES} <= there
    assert "analysis/templates/report.html.j2" in there


def shipped(package: Path) -> Iterator[str]:
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(REPOSITORY))


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


def test_it_says_what_it_is(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    [folder] = tmp_path.glob("*.dist-info")
    found: Distribution = PathDistribution(folder)
    assert (found.metadata["Name"], found.metadata["License-Expression"]) == ("gdsweeps", "Apache-2.0")
    assert [(entry.name, entry.value) for entry in found.entry_points] == [("sweeps", "sweeps.cli.__main__:program")]
    assert (folder / "licenses" / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(1800)
def test_the_demo_runs_where_nothing_but_the_wheel_is_installed(wheel: Path, tmp_path: Path) -> None:
    """The libraries are those of this environment; this checkout is out of its sight."""
    home, here = tmp_path / "environment", tmp_path / "here"
    shutil.copytree(REPOSITORY / "specs", here / "specs")
    run(sys.executable, "-m", "venv", "--without-pip", home, folder=here)
    run(sys.executable, "-m", "pip", "--python", home, "install", "--no-deps", "--no-index", wheel, folder=here)
    libraries = [path for path in sys.path if Path(path).name.endswith("-packages")]
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(libraries))
    where = run(home / "bin" / "python", "-c", "import sweeps; print(sweeps.__file__)", folder=here)
    assert Path(where.strip()).is_relative_to(packages)
    for spec, trials in (("digits_logistic_regression", 30), ("digits_gan", 12)):
        run(home / "bin" / "sweeps", "run", f"specs/{spec}.yaml", "--out", spec, "--wandb", "off", folder=here)
        assert len((here / spec / "trials.csv").read_text().splitlines()) == 1 + trials
        assert (here / spec / "report.html").stat().st_size > 10**6
        assert run(home / "bin" / "sweeps", "best", spec, folder=here)
