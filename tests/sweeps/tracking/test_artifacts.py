"""Artifacts of W&B as folders, with the real client against servers on loopback."""

import threading
from pathlib import Path

import pytest
from helpers.tracked import logged_in
from helpers.wandb_server import Accepting, hanging, refusing

from sweeps.errors import ArtifactError, TrackingError
from sweeps.tracking.fetch import fetched, is_artifact

BEST = "someone/tests/best-config:latest"

pytestmark = pytest.mark.usefixtures("mark")


def test_an_artifact_becomes_a_folder(tmp_path: Path) -> None:
    server = Accepting()
    server.artifacts.add("best-config", {"best.yaml": b"model: gan\n", "evil.py": b"raise SystemExit(9)"})
    with logged_in(server):
        folder = fetched(BEST, tmp_path / "best", ["best.yaml"])
    assert folder == tmp_path / "best"
    assert (folder / "best.yaml").read_bytes() == b"model: gan\n"
    assert [path.name for path in folder.rglob("*")] == ["best.yaml"]  # nothing but what was asked for


def test_an_artifact_without_the_files_asked_for_is_refused(tmp_path: Path) -> None:
    server = Accepting()
    server.artifacts.add("best-config", {"evil.py": b""})
    with logged_in(server), pytest.raises(ArtifactError, match=r"it holds none of best\.yaml"):
        fetched(BEST, tmp_path / "best", ["best.yaml"])


def test_only_a_path_of_four_names_is_an_artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_artifact(BEST)
    assert not any(map(is_artifact, ["sweep-results/gan", "a/b/c", "a/b:c", "/a/b/c:d", "a/b/c:d/e", "../b/c:d"]))
    monkeypatch.chdir(tmp_path)
    Path(BEST).mkdir(parents=True)
    assert not is_artifact(BEST)


def test_files_that_would_leave_the_folder_are_refused(tmp_path: Path) -> None:
    server = Accepting()
    server.artifacts.add("best-config", {"best.yaml": b"a: 1\n", "../evil.yaml": b"a: 1\n"})
    with logged_in(server), pytest.raises(ArtifactError, match=r"refused: its file \.\./evil\.yaml would leave"):
        fetched(BEST, tmp_path / "best", ["best.yaml"])
    assert not (tmp_path / "best").exists()
    assert not (tmp_path / "evil.yaml").exists()


@pytest.mark.slow
def test_one_line_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="valid: entity/project/artifact:alias"):
        fetched("someone/best-config", tmp_path, ["best.yaml"])
    with pytest.raises(TrackingError, match="not logged in"):
        fetched(BEST, tmp_path, ["best.yaml"])
    with logged_in(Accepting()), pytest.raises(ArtifactError, match=f"{BEST}: .*not found"):
        fetched(BEST, tmp_path, ["best.yaml"])
    with logged_in(refusing(401)), pytest.raises(TrackingError) as refused:
        fetched(BEST, tmp_path, ["best.yaml"])
    assert "\n" not in str(refused.value)
    assert list(tmp_path.glob("*.yaml")) == []


@pytest.mark.slow
def test_a_server_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    over = threading.Event()
    with logged_in(hanging(over)):
        with pytest.raises(TrackingError, match="does not answer"):
            fetched(BEST, tmp_path, ["best.yaml"], patience=4.0)
        over.set()
