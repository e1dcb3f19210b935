"""Run the `sweeps` command: in this process, which takes no time to start, or as a user does, in one of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import yaml

from helpers.repository import REPOSITORY
from sweeps.cli import main

HANGS = 500  # seconds: limits catch what hangs, not what is slow
TOY = {
    "model": "toy:Toy",
    "dataset": "digits",
    "method": "random",
    "metric": {"name": "train/score", "goal": "maximize"},
}


def environment(**extra: str) -> dict[str, str]:
    """No W&B account, and the toy model on the path of nobody but the command's own working folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "RAY_", "SWEEPS_"))}
    return {**kept, "HOME": kept.get("HOME", "/"), **extra}


def start(*arguments: str, folder: Path, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sweeps.cli", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment(**env), stdout=pipe, stderr=pipe, text=True)


@contextmanager
def several() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`start` for commands that run side by side; those that still run at the end of the block are killed."""
    running: list[subprocess.Popen[str]] = []

    def started(*arguments: str, folder: Path, **env: str) -> subprocess.Popen[str]:
        running.append(start(*arguments, folder=folder, **env))
        return running[-1]

    try:
        yield started
    finally:
        for process in running:
            if process.poll() is None:
                end(process, signal.SIGKILL)


def sweeps_process(*arguments: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command to its end, in an interpreter of its own."""
    process = start(*arguments, folder=folder, **env)
    try:
        out, err = process.communicate(timeout=HANGS)
    finally:
        if process.poll() is None:
            end(process, signal.SIGKILL)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def sweeps(*arguments: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command to its end, in this process; what it would print as a traceback is raised."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with _as_a_command(["sweeps", *arguments], folder, environment(**env)), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:  # as an interpreter does at its end
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            err.write("" if ended.code is None or isinstance(ended.code, int) else f"{ended.code}\n")
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def _as_a_command(argv: list[str], folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Arguments, working folder and environment of a command; a user's modules that it imports are forgotten after."""
    place, variables, path, imported = Path.cwd(), dict(os.environ), list(sys.path), set(sys.modules)
    before, sys.argv = sys.argv, argv
    os.chdir(folder)
    _become(env)
    sys.path.insert(0, "")  # as python -m has it
    try:
        yield
    finally:
        os.chdir(place)
        _become(variables)
        sys.argv, sys.path[:] = before, path
        for name in set(sys.modules) - imported:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
                del sys.modules[name]


def _become(env: Mapping[str, str]) -> None:
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    os.environ.update(env)


def toy_spec(folder: Path, **keys: Any) -> Path:
    """A spec of the toy model, which lies beside it; `parameters` are added to its space."""
    (folder / "toy.py").write_text((REPOSITORY / "tests" / "helpers" / "toy.py").read_text())
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump({**TOY, **keys}))
    return path


def rows_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "results.jsonl").read_text().splitlines() if (folder / "results.jsonl").exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def table(folder: Path) -> pd.DataFrame:
    """trials.csv, a row a trial."""
    return pd.read_csv(folder / "trials.csv", dtype={"trial": str})


def wait_until(condition: Callable[[], bool], seconds: float = HANGS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def end(process: subprocess.Popen[str], sent: signal.Signals) -> tuple[str, str]:
    """Send a signal; wait until the process and everything it started are gone."""
    family = [*psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(sent)
    out, err = process.communicate(timeout=HANGS)
    if sent is signal.SIGKILL:  # nobody is left to end Ray's agents, which take a minute to notice
        for orphan in family:
            with suppress(psutil.NoSuchProcess):
                orphan.kill()
    _, alive = psutil.wait_procs(family, timeout=HANGS)
    assert not alive, alive
    return out, err


def without_time(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what differs from run to run of the same trial."""
    return {name: value for name, value in row.items() if name != "seconds" and not name.startswith("sys/")}
