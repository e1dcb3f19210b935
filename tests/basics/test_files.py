"""Files written in one move, set aside when damaged, and locks on them that die with their process."""

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from basics.files import TAIL, cut_torn_line, one_at_a_time, replace_file, replacing, set_aside, take_lock


@pytest.mark.parametrize("whole", [b"", b"\n", b"one\ntwo\n", b"x" * 2 * TAIL + b"\n"])
@pytest.mark.parametrize("torn", [0, 1, TAIL - 1, TAIL, TAIL + 1, 3 * TAIL])
def test_a_torn_last_line_is_cut_however_long_it_is(tmp_path: Path, whole: bytes, torn: int) -> None:
    path = tmp_path / "lines"
    path.write_bytes(whole + b"t" * torn)
    cut_torn_line(path)
    assert path.read_bytes() == whole


def test_only_the_end_of_a_file_is_read_for_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n" * 2**20 + b"torn")
    tracemalloc.start()
    try:
        cut_torn_line(path)
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 8
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == 4 * 2**20


def test_a_reader_sees_the_old_content_until_the_new_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    replace_file(path, b"old")
    with replacing(path) as partial:
        partial.write_bytes(b"ne")
        assert path.read_bytes() == b"old"
        partial.write_bytes(b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("table.csv", b"new")]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    replace_file(path, b"old")
    with pytest.raises(TypeError), replacing(path) as partial, partial.open("wb") as half:
        half.writelines([b"half", None])  # type: ignore[list-item]  # it is refused
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("table.csv", b"old")]


def test_what_a_killed_process_of_the_same_number_left_is_not_written_on(tmp_path: Path) -> None:
    with replacing(tmp_path / "journal") as partial:
        partial.touch()
    partial.write_bytes(b"of another life\n")
    with replacing(tmp_path / "journal") as partial, partial.open("ab") as lines:
        lines.write(b"whole\n")
    assert (tmp_path / "journal").read_bytes() == b"whole\n"


def test_a_damaged_file_is_set_aside_over_an_earlier_one(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (tmp_path / "0001.pt").write_bytes(content)
        assert set_aside(tmp_path / "0001.pt") == tmp_path / "0001.pt.damaged"
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("0001.pt.damaged", b"second")]


def test_a_lock_has_one_holder_or_several_that_share_it(tmp_path: Path) -> None:
    with (
        (tmp_path / ".lock").open("w") as one,
        (tmp_path / ".lock").open() as two,
        (tmp_path / ".lock").open() as three,
    ):
        assert take_lock(two, shared=True)
        assert take_lock(three, shared=True)
        assert not take_lock(one)
        two.close()
        assert not take_lock(one, seconds=0.05)
        three.close()
        assert take_lock(one)


HOLD = """
import sys, time
from pathlib import Path
from basics.files import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_waits_goes_on_when_the_holder_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "made" / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with lock.open() as handle:
            assert not take_lock(handle)
        os.kill(holder.pid, signal.SIGKILL)
        with one_at_a_time(lock), lock.open() as handle:
            assert not take_lock(handle)


def test_where_no_lock_can_be_made_only_who_may_goes_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with one_at_a_time(tmp_path / "file" / ".lock", if_possible=True):
        assert not (tmp_path / "file").is_dir()
    with pytest.raises(OSError, match="file"), one_at_a_time(tmp_path / "file" / ".lock"):
        pytest.fail("nobody keeps another out")
