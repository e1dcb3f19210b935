"""Commands that end a sweep from another shell: stop, pause."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from basics.shell import command_line
from basics.terminal import say
from sweeps.cli.command import Folder, command
from sweeps.store.requests import Wish

app = typer.Typer()

HEARING = 10.0  # seconds in which a process that runs trials has surely heard
GLANCE = 0.1
STOPS = "no more trials start, those that run stop at their next report, and the sweep ends with its results"
PAUSES = "its state is kept, and it prints the command that goes on"


@command(app, example="sweeps stop sweep-results/gan-20260101-120000")
def stop(folder: Folder) -> None:
    """End a sweep that runs: no more trials start, those that run stop, the results are printed where it runs."""
    _ask(folder, "stop", STOPS)


@command(app, example="sweeps pause sweep-results/gan-20260101-120000")
def pause(folder: Folder) -> None:
    """Interrupt a sweep that runs, as Ctrl-C where it runs would; 'sweeps resume' goes on."""
    _ask(folder, "pause", PAUSES)


def _ask(folder: Path, wish: Wish, effect: str) -> None:
    """Leave the request, and say whether somebody has heard it; FolderError if there is nobody."""
    from analysis.results import SPEC_FILE
    from sweeps.errors import FolderError, no_sweep
    from sweeps.store import requests
    from sweeps.store.folder_lock import holder, is_elsewhere, is_running

    if not (folder / SPEC_FILE).exists():
        raise no_sweep(folder, SPEC_FILE)
    who, here = holder(folder), is_running(folder)
    if not here and not is_elsewhere(folder):
        resume = command_line("resume", folder)
        raise FolderError(
            f"{folder}: no process runs this sweep, so there is nothing to {wish}; {resume} goes on with it"
        )
    requests.ask(folder, wish)
    deadline = time.monotonic() + HEARING
    while not (heard := requests.is_heard(folder)) and here and is_running(folder) and time.monotonic() < deadline:
        time.sleep(GLANCE)
    name = f"process {who}" if who else "the process that runs it"
    if heard:
        say(f"{name} has heard: {effect}")
    elif here:
        say(f"{name} has not heard yet, as it loads data or starts Ray or its workers; it will then, and {effect}")
    else:
        say(f"no process of this machine runs this sweep; {name} will hear it if it still does, and shares this disk")
