"""Commands that list models, data sets and search spaces, and check the installation: models, datasets, spaces,
doctor."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from basics.terminal import say
from sweeps.cli.command import (
    DONE,
    FAILED,
    Json,
    command,
    print_rows,
    say_each,
)

app = typer.Typer()


@command(app, example="sweeps models")
def models(as_json: Json = False) -> None:
    """List the models there are."""
    from sweeps.cli import listing

    print_rows(listing.models(), as_json)


@command(app, example="sweeps datasets")
def datasets(as_json: Json = False) -> None:
    """List the datasets there are; a path to your own will do as well."""
    from sweeps.cli import listing

    print_rows(listing.datasets(), as_json)


@command(app, example="sweeps spaces gan")
def spaces(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="The model whose space to show.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a spec, for editors.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is searched for a model, with ranges and conditions."""
    from sweeps.cli import arguments, listing

    if schema:
        print(json.dumps(arguments.schema(), indent=2))
    else:
        print_rows(listing.space(arguments.model_name(model)), as_json)


@command(app, example="sweeps doctor")
def doctor(
    clean: Annotated[
        bool,
        typer.Option("--clean", help="Remove what your killed sweeps left: folders and processes of Ray."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Check what a sweep needs on this machine: Python, libraries, Ray, GPU, data, W&B."""
    if clean:
        return _clean()
    from sweeps.cli.doctor import checks

    found = checks()
    print_rows(found, as_json)
    return FAILED if any(row["state"] == "missing" for row in found) else DONE


def _clean() -> int:
    from sweeps.driver.cluster.temporary_folder import clear_abandoned, short_folder

    removed = clear_abandoned(short_folder())
    say_each(f"removed {folder}" for folder in removed)
    if not removed:
        say("no killed sweep has left anything")
    return DONE
