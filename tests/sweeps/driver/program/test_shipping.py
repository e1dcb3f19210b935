"""The folder of a program on its way to another machine."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from sweeps.driver.program import shipping
from sweeps.driver.program.shipping import packed
from sweeps.errors import FolderError
from sweeps.worker.program.code import unpacked


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_what_git_ignores_and_the_sweep_itself_stay_behind(tmp_path: Path) -> None:
    write(tmp_path, "train.py", "src/net.py", "data/big.bin", "it/results.jsonl", "notes.txt")
    (tmp_path / ".gitignore").write_text("data/\n")
    for command in (["init", "-q"], ["add", "train.py", ".gitignore"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    there = unpacked(packed(tmp_path, tmp_path / "it"))
    assert files_of(there) == {"train.py", "src/net.py", "notes.txt", ".gitignore"}
    assert (there / "src/net.py").read_text() == "src/net.py"


def test_a_folder_without_git_goes_without_what_is_made_anew(tmp_path: Path) -> None:
    write(tmp_path, "train.py", ".env/x", "venv/pyvenv.cfg", "venv/lib/y.py", "pkg/__pycache__/z.pyc", "wandb/run")
    assert files_of(unpacked(packed(tmp_path, tmp_path / "it"))) == {"train.py"}


def test_too_much_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "train.py")
    monkeypatch.setattr(shipping, "LARGEST", 4)
    with pytest.raises(FolderError, match=r"holds more than 0 MiB.*\.gitignore, or say --no-ship"):
        packed(tmp_path, tmp_path / "it")


def test_an_archive_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../out.txt"))
    with pytest.raises(tarfile.OutsideDestinationError):
        unpacked(buffer.getvalue())
