"""A sweep's search in optuna-dashboard, also of a sweep that still runs. On loopback: the page can edit the study."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from basics.shell import command_line
from sweeps.errors import FolderError, no_sweep
from sweeps.search.journal import JOURNAL, JOURNAL_FAULTS, storage

HOST = "127.0.0.1"


def serve(folder: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; FolderError if there is no sweep, its journal is damaged or the port is taken."""
    journal = folder / JOURNAL
    if not journal.is_file():
        raise no_sweep(folder, JOURNAL)
    import optuna_dashboard

    try:
        found = storage(journal)
    except JOURNAL_FAULTS:
        raise FolderError(f"{journal} is damaged; {command_line('resume', folder)} builds it anew") from None
    say(f"http://{HOST}:{port}/ shows {folder}; Ctrl-C ends it")
    try:
        with suppress(KeyboardInterrupt):
            optuna_dashboard.run_server(found, host=HOST, port=port)
    except OSError as error:
        raise FolderError(f"port {port} cannot be served ({error.strerror}); choose another --port") from None
