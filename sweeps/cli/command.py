"""What all commands share: registration, exit codes, common options, and output to stdout and stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from basics.terminal import printable_lines, say

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The sweep's folder.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the spec; repeatable.")
]
Address = Annotated[str | None, typer.Option(help="A Ray cluster; without it, this machine.")]
DataDir = Annotated[Path | None, typer.Option(help="Where datasets lie or are downloaded to (or SWEEPS_DATA).")]
Wandb = Annotated[
    str, typer.Option(metavar="auto|online|offline|off", help="Weights & Biases; auto: online when logged in.")
]


def command(app: typer.Typer, *, example: str) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Register a command: its exit code is what it returns, and a wrong request is one line and exit code 2."""

    def register(function: Callable[..., int | None]) -> Callable[..., None]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            raise typer.Exit(_guarded(function, *args, **kwargs))

        app.command(function.__name__.rstrip("_"), epilog=f"Example: {example}")(run)
        return run

    return register


def _guarded(function: Callable[..., int | None], *args: Any, **kwargs: Any) -> int:
    try:
        return function(*args, **kwargs) or DONE
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        from basics.errors import RequestError, RunError
        from sweeps.errors import disk_fault, is_full

        why = str(error) if isinstance(error, (RequestError, RunError)) else disk_fault(error)
        if not why:
            raise
        say(f"error: {' '.join(why.split())}")
        return FAILED if isinstance(error, RunError) or is_full(error) else WRONG


def say_each(messages: Iterable[str]) -> None:
    for message in messages:
        say(message)


def print_text(text: object) -> None:
    """Print a result on stdout, without control characters if that is a terminal."""
    print(printable_lines(str(text)) if sys.stdout.isatty() else text)


def for_a_table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of configs without the columns that a table does not show: reasons in sentences, and the lock."""
    return [
        {name: "null" if value is None else value for name, value in row.items() if name not in ("why", "lock")}
        for row in rows
    ]


def print_rows(rows: Any, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Rows as a table, its columns in that order, or as one JSON document."""
    if as_json:
        print(json.dumps(rows, indent=2, default=str, allow_nan=False))
        return
    from sweeps.cli.tables import print_table

    print_table(rows, columns)
