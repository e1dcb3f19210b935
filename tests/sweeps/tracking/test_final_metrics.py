"""A final training in W&B, with the real client against a server on loopback: seeds, test figures, model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.tracked import TrackedSweep, logged_in, logged_out
from helpers.wandb_server import Accepting

from analysis import final_result
from sweeps.final.gap import summary
from sweeps.tracking.final_metrics import track_tested
from sweeps.tracking.sync import sync

FINAL: dict[str, Any] = {
    "final": True,
    "seeds": 2,
    "metric": {"name": "train/images", "goal": "maximize"},
    "parameters": {"C": {"value": 0.5}},
}
EACH = [
    {"trial": "0000", "test/accuracy": 0.75, "test/accuracy/3": 0.5, "confusion": [[3, 1], [1, 3]]},
    {"trial": "0001", "test/accuracy": 0.85, "test/accuracy/3": 0.7, "confusion": [[3, 1], [0, 4]]},
]
GAP: final_result.OptimismGap = {"metric": "val/accuracy", "goal": "maximize", "gaps": {"whole": 0.125}}
RESULT: final_result.Tested = {"gap": GAP, "test": summary(EACH), "each": [*EACH]}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the sweep of a final training, beside its model."""
    folder = tmp_path / "final"
    folder.mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    (folder / "report.html").write_text("<html></html>")  # which an upload would draw for seconds
    with logged_out(tmp_path / "home"):
        yield folder


def trained(folder: Path, mode: str) -> None:
    sweep = TrackedSweep(folder, mode=mode, **FINAL)
    for trial in ("0000", "0001"):
        sweep.start(trial)
        for step in (1, 2):
            sweep.row(trial, step, **{"train/images": 9.0})
        sweep.done(trial)
    sweep.end()


def is_whole(server: Accepting) -> None:
    """The server has the steps of both seeds once, what the test set said of each and of both, and the model."""
    assert [server.steps(f"5eed-{trial}") for trial in ("0000", "0001", "sweep")] == [[1, 2], [1, 2], [2, 4, 5]]
    assert [server.summaries[f"5eed-{trial}"]["test/accuracy"] for trial in ("0000", "0001")] == [0.75, 0.85]
    told = server.summaries["5eed-sweep"]
    assert (told["test/accuracy"], told["test/accuracy/3"], told["gap/whole"]) == (pytest.approx(0.8), 0.6, 0.125)
    assert told["test/accuracy.low"] < 0.8 < told["test/accuracy.high"]
    assert all(server.runs[f"5eed-{run}"]["tags"][-2:] == ["done", "tested"] for run in ("0000", "0001", "sweep"))
    model = server.artifacts.named("final-model")
    assert model is not None
    assert (model.run, list(model.files), model.metadata["gap/whole"]) == ("5eed-sweep", ["model.json"], 0.125)
    assert server.artifacts.named("best-config") is None


@pytest.mark.slow
def test_the_test_figures_follow_the_training_to_its_runs(folder: Path) -> None:
    server = Accepting()
    with logged_in(server):
        trained(folder, "online")
        assert "test/accuracy" not in server.summaries["5eed-0000"]
        track_tested(folder, RESULT, folder.parent / "model", "online", patience=60)
        is_whole(server)
        said: list[str] = []
        assert sync(folder, 4, said.append) == 0
    assert said[0] == "W&B has 2 of 2 trials; uploading 0"
    assert [alert["title"] for alert in server.alerts] == ["final: is over", "final: was tested"]
    assert server.alerts[-1]["text"] == "2 trials: 2 done; test/accuracy 0.8"


@pytest.mark.slow
def test_what_was_tested_offline_is_uploaded_and_an_upload_from_before_is_completed(folder: Path) -> None:
    server = Accepting()
    trained(folder, "offline")
    with logged_in(server):
        assert sync(folder, 4, list[str]().append) == 0
        track_tested(folder, RESULT, folder.parent / "model", "offline", patience=60)
        assert sync(folder, 4, list[str]().append) == 0
    is_whole(server)
