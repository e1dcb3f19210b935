"""Uploads what W&B lacks of a sweep: `python -m sweeps.tracking.sync FOLDER`, run by the command `sweeps sync`.

Everything is read from the sweep's folder and nothing from wandb's own files: whatever was recorded when, in how many
pieces or not at all, the server is asked which steps of a run it has, and is given those that follow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.folder import json_document
from analysis.report import write_report
from analysis.results import MANIFEST_FILE, REPORT_FILE, SPEC_FILE
from basics.errors import RequestError, RunError
from basics.files import one_at_a_time
from basics.python_process import spawn
from basics.shell import command_line
from sweeps.errors import FolderError, TrackingError, disk_fault, is_full, no_sweep
from sweeps.store.folder_lock import locked
from sweeps.tracking.best import write_best
from sweeps.tracking.mode import client, login_fault
from sweeps.tracking.process import Parent, StderrLines, end
from sweeps.tracking.queue import Layout, sync_command

PARALLEL = 8  # runs uploaded at once
DONE, FAILED, WRONG = 0, 1, 2


def sync(folder: Path, parallel: int, say: Callable[[str], None]) -> int:
    """Upload the sweep in `folder` by a process that Ctrl-C can end; its exit code."""
    command = ["-m", "sweeps.tracking.sync", str(folder), "--parallel", str(parallel), "--parent", str(os.getpid())]
    child = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    try:
        for line in child.stdout:
            say(line.decode(errors="replace").rstrip())
        return child.wait()
    finally:
        child.stdout.close()
        end(child)


def main(arguments: Sequence[str] | None = None) -> int:
    """In the child; 0 when the server has everything."""
    parser = argparse.ArgumentParser(prog="python -m sweeps.tracking.sync", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parallel", type=int, default=PARALLEL)
    parser.add_argument("--parent", type=int)
    options, stderr_lines = parser.parse_args(arguments), StderrLines()
    Parent(options.parent)
    try:
        return _locked(options.folder.resolve(), options.parallel, stderr_lines)
    except (RequestError, RunError) as error:
        stderr_lines.say(f"error: {error}")
        return WRONG if isinstance(error, RequestError) else FAILED
    except Exception as error:  # wandb's own: there is nobody else to hear it
        fault = disk_fault(error)
        stderr_lines.say(f"error: {fault or f'the upload broke off: {type(error).__name__}: {error}'}")
        return WRONG if fault and not is_full(error) else FAILED


def _locked(folder: Path, parallel: int, stderr_lines: StderrLines) -> int:
    if not (folder / SPEC_FILE).exists():
        raise no_sweep(folder, SPEC_FILE)
    client()
    fault = login_fault()
    if fault:
        raise TrackingError(f"W&B: {fault}")
    layout = Layout(folder)
    layout.wandb.mkdir(exist_ok=True)
    with locked(folder), one_at_a_time(layout.lock):
        return _upload(layout, parallel, stderr_lines)


def _upload(layout: Layout, parallel: int, stderr_lines: StderrLines) -> int:
    from sweeps.spec import load_spec
    from sweeps.tracking.replay import replay
    from sweeps.tracking.settings import settings_of
    from sweeps.tracking.upload import Upload

    spec, manifest = load_spec(layout.folder / SPEC_FILE, trusted=False), _manifest(layout.folder)
    settings = settings_of(spec, layout.folder, manifest["sweep"], (manifest.get("data") or {}).get("classes", ()))
    if not (layout.folder / REPORT_FILE).exists():
        write_report(layout.folder)
    write_best(layout.folder)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        events = replay(layout.folder, spec, stderr_lines.say)
        upload = Upload(layout.folder, settings, events, Path(scratch))
        faults = upload.run(parallel, stderr_lines.say)
    if faults:
        again = sync_command(layout.folder)
        stderr_lines.say(
            f"W&B has not taken {len(faults)} runs ({faults[0]}); nothing is lost, try again with: {again}"
        )
        return FAILED
    stderr_lines.say("W&B has all runs of the sweep" + (f": {upload.url}" if upload.url else ""))
    return DONE


def _manifest(folder: Path) -> dict[str, Any]:
    found = json_document(folder / MANIFEST_FILE, [])
    if not isinstance(found.get("sweep"), str):
        anew = command_line("resume", folder)
        raise FolderError(f"{folder / MANIFEST_FILE} is damaged or gone; '{anew}' writes it anew")
    return found


if __name__ == "__main__":
    code = main()
    os._exit(code)  # a server that hangs would hold the client's threads, and these the end
