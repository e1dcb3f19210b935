"""JSON lines are read also from files that were damaged, or saved by an editor."""

from pathlib import Path

from basics.json_lines import json_lines


def test_damage_costs_a_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"n": 1}\n\n[2]\nnot json\n{"word": "caf\xc3"}\n{"n": 3')
    assert list(json_lines(path)) == [{"n": 1}, [2], None, {"word": "caf\ufffd"}, None]


def test_a_byte_order_mark_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"n": 1}\r\n{"n": 2}\r\n', encoding="utf-8-sig")
    assert list(json_lines(tmp_path / "rows.jsonl")) == [{"n": 1}, {"n": 2}]


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    assert list(json_lines(tmp_path / "rows.jsonl")) == []
