"""The command line: each command calls one function. Heavy imports wait until a command needs them."""

from __future__ import annotations

import io
import os
import sys

import typer

from sweeps.cli import about, ending, final, looking, sweeping

app = typer.Typer(
    help="Hyperparameter sweeps for classifiers and generative models on images.",
    epilog="Start with: sweeps run logistic_regression --trials 20",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (sweeping, ending, final, looking, about):  # in the order that --help has
    app.add_typer(group.app)


def main() -> None:
    # OpenMP's threads spin while they wait for each other: where other work keeps one of two cores, six times as slow.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # A terminal that knows no letters beyond ASCII gets a question mark for each, and no traceback.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    app()
