"""The queue between a sweep and W&B, without W&B."""

from pathlib import Path

import pytest
from helpers.tracked import TrackedSweep

from sweeps.spec import load_spec
from sweeps.tracking.queue import Layout, Position, QueueFullError, QueueReader, QueueWriter
from sweeps.tracking.settings import read_settings, settings_of, write_settings


@pytest.mark.slow
def test_a_full_disk_is_said_once_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "queue.jsonl").symlink_to("/dev/full")
    sweep = TrackedSweep(tmp_path, said, patience=0.1)
    sweep.feed("0000", range(1, 4))
    sweep.end()
    assert [line for line in said if "No space left" in line] == [said[0]]


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    path.write_text('{"event": "trial_started", "tri')
    reader = QueueReader(path)
    assert list(reader.events()) == []
    writer = QueueWriter(path)
    writer.put({"event": "close", "session": "a"})
    writer.close()
    assert [event["event"] for _, event in reader.events()] == ["close"]
    assert reader.offset == path.stat().st_size
    reader.close()


def test_position_covers_what_is_delivered_for_good(tmp_path: Path) -> None:
    position = Position(100, {"0001": 40})
    assert position.covers(50, "0000")
    assert position.covers(39, "0001")
    assert not position.covers(40, "0001")
    assert not position.covers(100, "0000")
    position.save(tmp_path / "offset")
    assert Position.load(tmp_path / "offset") == position
    (tmp_path / "offset").write_text("{")
    assert Position.load(tmp_path / "offset") == Position(0, {})


def test_settings_survive_the_way_to_the_feed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.wandb.mkdir()
    spec = load_spec("logistic_regression", {"tags": ["one", "two"], "group": "a group", "alert_failure_rate": 0.5})
    given = settings_of(spec, tmp_path, "5eed", ("cat", "dog"), "offline")
    write_settings(layout, given)
    assert read_settings(layout) == given


def test_a_full_queue_takes_nothing_more_but_its_end(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    writer = QueueWriter(path, limit=100)
    writer.put({"event": "row", "row": {"trial": "0000", "step": 1}})
    with pytest.raises(QueueFullError):
        writer.put({"event": "row", "row": {"trial": "0000", "step": 2, "words": "x" * 100}})
    with pytest.raises(QueueFullError):
        writer.put({"event": "r"})  # it would fit, but after a gap
    writer.put({"event": "close", "session": "a"}, always=True)
    writer.close()
    assert [event["event"] for _, event in QueueReader(path).events()] == ["row", "close"]
