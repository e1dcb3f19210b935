"""At a terminal: nothing of what others wrote is obeyed, and the prompt comes before the report."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from helpers.command import HANGS, environment, sweeps
from helpers.driven_sweep import drive
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep

from basics.terminal import printable, printable_lines

ESCAPE = "\x1b]0;owned\x07\x1b[2J"


def on_a_terminal(*arguments: str, folder: Path) -> str:
    """What a command writes to a terminal."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "sweeps.cli", *arguments]
    process = subprocess.Popen(command, cwd=folder, env=environment(TERM="xterm"), stdin=side, stdout=side, stderr=side)
    os.close(side)
    said = b""
    try:
        while part := os.read(main, 65536):
            said += part
    except OSError:  # the other side is closed
        pass
    process.wait(timeout=HANGS)
    os.close(main)
    return said.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spec = {**CLASSIFIER_SPEC, "name": ESCAPE, "parameters": {f"C{ESCAPE}": {"values": [f"one{ESCAPE}", "two"]}}}
    failed = FakeTrial({f"C{ESCAPE}": "two"}, [], "failed", f"RuntimeError: {ESCAPE}")
    build_sweep(tmp_path / "it", [FakeTrial({f"C{ESCAPE}": f"one{ESCAPE}"}, [{"val/accuracy": 0.5}]), failed], spec)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("show", "it"),
        ("spaces", f"model{ESCAPE}"),
        *(
            pytest.param(command, marks=pytest.mark.slow)
            for command in (
                ("best", "it"),
                ("best", "it", "--metric", f"val/{ESCAPE}"),
                ("compare", "it"),
                ("list", f"nowhere{ESCAPE}"),
            )
        ),
    ],
)
def test_a_terminal_is_given_no_escapes(folder: Path, command: tuple[str, ...]) -> None:
    said = on_a_terminal(*command, folder=folder)
    assert said.strip()
    assert "\x1b]0;" not in said
    assert "\x1b[2J" not in said
    assert "\x07" not in said


def test_a_pipe_is_given_none_either(folder: Path) -> None:
    done = sweeps("show", "it", folder=folder)
    assert "owned" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_lines_stay_lines() -> None:
    assert printable("a\x1bb\nc") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    assert printable_lines("a\x1b\nb") == "a\N{REPLACEMENT CHARACTER}\nb"


@pytest.mark.slow
def test_the_prompt_is_back_before_the_report_which_comes_all_the_same(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=6)
    said = on_a_terminal("resume", str(folder), "--wandb", "off", folder=tmp_path)
    assert "6 done" in said
    assert f"report: {folder}/report.html (there in a few seconds)" in said.replace("\r\n", "\n")
    drawing = [p for p in psutil.process_iter(["cmdline"]) if str(folder) in (p.info["cmdline"] or [])]
    _, left = psutil.wait_procs(drawing, timeout=HANGS)
    assert not left
    assert (folder / "report.html").stat().st_size > 10**5
