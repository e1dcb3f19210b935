"""Where a new sweep goes: a folder of its own, here, and holding nothing yet."""

from pathlib import Path

import pytest

from sweeps.driver.new_folder import new_folder
from sweeps.errors import FolderError
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec


def named(name: str | None) -> Spec:
    return load_spec({"model": "logistic_regression", "dataset": "digits", "name": name} if name else "svm")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_several_in_one_second_have_a_folder_each() -> None:
    folders = {new_folder(named(None), None) for _ in range(5)}
    assert len(folders) == 5
    assert all(folder.is_dir() and folder.parent == Path("sweep-results") for folder in folders)


@pytest.mark.parametrize("name", ["../outside", "/abs", "a/b", "a/"])
def test_a_name_that_leads_elsewhere_is_refused(here: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name: "):
        new_folder(named(name), None)
    assert list(here.rglob("*")) == []


@pytest.mark.parametrize("out", ["s3://bucket/sweep", "gs://bucket"])
def test_a_place_on_another_machine_is_refused(here: Path, out: str) -> None:
    with pytest.raises(FolderError, match="no folder of this machine"):
        new_folder(named(None), Path(out))
    assert list(here.iterdir()) == []


def test_the_command_that_goes_on_is_quoted() -> None:
    folder = Path("my sweep")
    folder.mkdir()
    (folder / "spec.yaml").touch()
    with pytest.raises(FolderError, match="sweeps resume 'my sweep'"):
        new_folder(named(None), folder)
