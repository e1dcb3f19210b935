"""The temporary folder of a sweep: whose it is, who may enter, what a killed driver leaves in it."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from helpers.command import HANGS, sweeps

from sweeps.driver.cluster.temporary_folder import (
    INSIDE,
    RAY,
    SOCKET,
    clear_abandoned,
    gather,
    private_file,
    scratch_folder,
)
from sweeps.errors import ClusterError

HOLDS = """
import sys
from sweeps.driver.cluster.temporary_folder import scratch_folder
with scratch_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def above(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of this test's own, with a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def holder() -> tuple[subprocess.Popen[str], Path]:
    """A process that has a scratch folder until its standard input ends."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_for_its_owner_alone_and_goes_at_the_end(above: Path) -> None:
    with scratch_folder() as folder:
        assert folder.parent == above
        assert mode(folder) == 0o700
        assert (folder / RAY).is_dir()
    assert list(above.iterdir()) == []


def test_a_long_temporary_folder_is_not_used_for_sockets_do_not_fit(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = above / ("job-" + "1" * 90)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with scratch_folder() as folder:
        assert len(str(folder.parent)) + INSIDE <= SOCKET
    assert list(long.iterdir()) == []


def test_no_temporary_folder_at_all_is_one_line(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ClusterError, match="TMPDIR"), scratch_folder():
        pass


def test_what_a_killed_driver_left_is_cleared_and_a_living_ones_is_not(above: Path) -> None:
    killed, left = holder()
    living, used = holder()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    foreign = above / "sweeps-of-another-kind"
    foreign.mkdir()
    (above / "sweeps-link").symlink_to(used)
    with scratch_folder() as folder:
        assert not left.exists()
        assert {used, foreign, folder} <= set(above.iterdir())
    living.communicate("")
    assert living.returncode == 0
    assert not used.exists()


def test_what_a_killed_driver_left_is_cleared_on_request(above: Path) -> None:
    killed, left = holder()
    living, used = holder()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    place = {"TMPDIR": str(above)}
    assert sweeps("doctor", "--clean", folder=above, **place).stderr == f"sweeps: removed {left}\n"
    assert list(above.iterdir()) == [used]
    assert "no killed sweep" in sweeps("doctor", "--clean", folder=above, **place).stderr
    living.communicate("")


def test_processes_of_a_dead_drivers_ray_end_with_its_folder_and_no_others(above: Path, tmp_path: Path) -> None:
    killed, left = holder()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    program = tmp_path / "ray" / "agent.py"
    program.parent.mkdir()
    program.write_text("import time\ntime.sleep(600)\n")
    agent, other, reader = (
        subprocess.Popen([sys.executable, *words])
        for words in (
            [program, f"--temp-dir={left}/ray"],
            [program, f"--temp-dir={tmp_path}/sweeps-nobody/ray"],
            ["-c", "import time; time.sleep(600)", f"{left}/ray"],
        )
    )
    try:
        psutil.Process(agent.pid).cmdline()
        clear_abandoned(above)
        assert agent.wait(timeout=HANGS) == -signal.SIGKILL
        assert not left.exists()
        assert (other.poll(), reader.poll()) == (None, None)
    finally:
        for process in (agent, other, reader):
            process.kill()
            process.wait()


def test_logs_are_gathered_from_regular_files_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for everybody")
    logs = tmp_path / RAY / "session_1" / "logs"
    logs.mkdir(parents=True)
    (tmp_path / RAY / "session_latest").symlink_to(tmp_path / RAY / "session_1")
    (logs / "worker-a.out").write_text("printed\n")
    (logs / "worker-b.err").write_text("")
    (logs / "worker-x.out").symlink_to(secret)
    os.mkfifo(logs / "worker-y.out")
    gather(tmp_path, tmp_path / "workers.log")
    assert (tmp_path / "workers.log").read_text() == "--- worker-a.out\nprinted\n"
    assert mode(tmp_path / "workers.log") == 0o600


def test_a_private_file_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "ray.log"
    path.write_text("before\n")
    path.chmod(0o644)
    with private_file(path) as file:
        file.write(b"after\n")
    assert (path.read_text(), mode(path)) == ("before\nafter\n", 0o600)
