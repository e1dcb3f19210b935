"""Folders that are somebody else's, cannot be written, are full or are gone: one line, and nothing is lost."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.command import environment, rows_of, sweeps, sweeps_process, toy_spec
from helpers.driven_sweep import drive

RUN = ("run", "logistic_regression", "--trials", "2", "--wandb", "off")


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 4 MB, that even root can fill or find read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_folder_with_something_else_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "report.html").write_text("my own report")
    refused(sweeps(*RUN, "--out", "mine", folder=tmp_path), "mine", "not empty", "--out")
    assert [path.name for path in foreign.iterdir()] == ["report.html"]
    assert (foreign / "report.html").read_text() == "my own report"


@pytest.mark.parametrize("option", ["--out", "name"])
def test_a_name_that_is_too_long_for_a_folder(tmp_path: Path, option: str) -> None:
    given = ("--out", "x" * 300) if option == "--out" else ("--set", f"name={'x' * 250}")
    refused(sweeps(*RUN, *given, folder=tmp_path), "xxx")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", [("report", "disk/it"), ("resume", "disk/it"), ("run", "gan", "--out", "disk/new")])
def test_a_read_only_folder_is_named(tmp_path: Path, mounted: Path, command: tuple[str, ...]) -> None:
    drive(mounted / "it", trials=2)
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    refused(sweeps(*command, folder=tmp_path), "disk/", "Read-only")


def test_a_comparison_that_cannot_be_written_is_named(tmp_path: Path, mounted: Path) -> None:
    drive(tmp_path / "it", trials=2)
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    refused(sweeps("compare", "it", "it", "--out", "disk/compared.csv", folder=tmp_path), "disk/", "Read-only")


def test_letters_beyond_ascii_where_there_are_none(tmp_path: Path) -> None:
    drive(tmp_path / "größe", trials=1)
    done = sweeps_process("list", ".", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "gr??e" in done.stdout


@pytest.mark.slow
def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    for command in ("list", "run logistic_regression --wandb off"):
        line = f"cd '{gone}' && rmdir '{gone}' && '{sys.executable}' -m sweeps.cli {command}"
        done = subprocess.run(["bash", "-c", line], env=environment(), capture_output=True, text=True)
        gone.mkdir()
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.ray
@pytest.mark.slow
def test_a_disk_that_fills_ends_the_sweep_in_a_line_and_costs_no_row(tmp_path: Path, mounted: Path) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 200}}
    toy_spec(tmp_path, parameters=parameters, run_cap=4)
    (mounted / "ballast").write_bytes(bytes((4 << 20) - (96 << 10)))
    done = sweeps_process("run", "toy.yaml", "--out", "disk/it", "--wandb", "off", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.strip().splitlines()
    assert "disk/it" in last
    assert "no space left" in last
    assert "sweeps resume disk/it" in last
    before = rows_of(mounted / "it")
    (mounted / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(mounted)], check=True)
    again = sweeps_process("resume", "disk/it", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    rows = rows_of(mounted / "it")
    assert rows[: len(before)] == before
    assert len({(row["trial"], row["step"]) for row in rows}) == len(rows) == 4 * 200
