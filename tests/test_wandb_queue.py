"""The queue between a sweep and W&B, without W&B."""

from pathlib import Path

import pytest
from tracked import feed, tracker

from sweeps.wandb_queue import (
    FeedSettings,
    Layout,
    Position,
    QueueReader,
    QueueWriter,
    read_settings,
    write_settings,
)


def test_a_full_disk_is_said_once_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "queue.jsonl").symlink_to("/dev/full")
    observer = tracker(tmp_path, said, patience=0.1)
    feed(observer, "0000", range(1, 4))
    observer.close(interrupted=False)
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
    settings = FeedSettings("5eed", "a sweep", "gan", "digits", tags=("one", "two"), objective="val/accuracy")
    write_settings(layout, settings)
    assert read_settings(layout) == settings
