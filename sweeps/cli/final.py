"""Commands for the best config and the final model: best, train, sample, predict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basics.shell import command_line
from basics.terminal import say
from sweeps.cli.command import (
    DONE,
    FAILED,
    INTERRUPTED,
    Address,
    DataDir,
    Json,
    Wandb,
    command,
    for_a_table,
    print_rows,
    print_text,
)

if TYPE_CHECKING:
    from sweeps.final.train import Request

app = typer.Typer()


@command(app, example="sweeps best DIR --out best.yaml && sweeps train best.yaml --seeds 5")
def best(
    what: Annotated[
        str,
        typer.Argument(
            metavar="DIR|WANDB_PATH",
            help="A sweep's folder; or best.yaml, or entity/project/artifact:alias, which hold one config.",
        ),
    ],
    metric: Annotated[str | None, typer.Option(help="Rank by this metric; by default the sweep's objective.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many trials; by default 1, or the whole front.")] = None,
    pareto: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="The Pareto front of these metrics, as val/accuracy,seconds.")
    ] = None,
    prefer: Annotated[
        str | None, typer.Option(metavar="METRIC|A=1,B=2", help="What comes first on a front: a metric, or weights.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the best config as a spec that runs, with a lock.")] = None,
    as_json: Json = False,
) -> None:
    """The best trials of a sweep, why they are, and the best config as a spec with a lock."""
    from sweeps.final.best_config import best_trials
    from sweeps.spec.document.writing import write_spec

    found = best_trials(what, metric, pareto, top, prefer)
    print_rows(found.rows if as_json else for_a_table(found.rows), as_json, found.columns)
    for row in found.rows:
        say(f"{row.get('trial', what)}: {row['why']}")
    if out is not None:
        write_spec(out, found.spec())
        trial, following = found.rows[0].get("trial", what), command_line("train", out, "--seeds", 5)
        say(f"wrote {out}, the config of {trial}; next: {following}")


@command(app, example="sweeps train best.yaml --seeds 5 --out my-model")
def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="BEST.yaml|DIR|WANDB_PATH",
            help="A spec of one config, a sweep's folder, or entity/project/artifact:alias.",
        ),
    ],
    seeds: Annotated[int, typer.Option(min=1, help="How many models to train.")] = 5,
    out: Annotated[Path | None, typer.Option(help="The folder; by default one below sweep-results/.")] = None,
    address: Address = None,
    wandb: Wandb = "auto",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> int:
    """Train the final model on all images but test, several times, then read the test set, once."""
    from sweeps.cli import arguments
    from sweeps.driver.runner import Options
    from sweeps.final import gap, sources
    from sweeps.final import train as final

    arguments.check_wandb(wandb)
    best = sources.config_in(sources.local(what))
    data, here = str(data_dir.resolve()) if data_dir else None, str(Path.cwd())
    options = Options(address=address, wandb=wandb, data_dir=data, start_in=here)
    request = final.Request(best, seeds, out or final.default_folder(best), options)
    say(f"{best.subject}, {seeds} seeds; results go to {request.folder}")
    try:
        if best.program is not None:
            return _repeated(request, as_json)
        result = final.train(request, say)
    except final.InterruptedTrainingError as interrupted:
        say(f"interrupted; {interrupted}")
        return INTERRUPTED
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        print_rows(gap.rows(result["gap"], result["lock"].get("trials")), as_json=False)
        print_rows(gap.table(result["test"]), as_json=False)
    say(gap.sentence(result["gap"]))
    for line in result["failed"]:
        say(f"failed: {line}")
    say(f"the model of seed {result['kept']}, the first and not the best: {request.folder / final.MODEL}/README.md")
    return FAILED if result["failed"] else DONE


def _repeated(request: Request, as_json: bool) -> int:
    """Run a program's config with several seeds, and say what came of it."""
    from sweeps.final import program

    result = program.repeat(request, say)
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        print_rows(program.rows(result), as_json=False)
    say(program.sentence(result))
    for line in result["failed"]:
        say(f"failed: {line}")
    return FAILED if result["failed"] else DONE


@command(app, example="sweeps sample DIR/model --n 100 --labels 3,9 --out grid.png")
def sample(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="The folder of a saved model.")],
    n: Annotated[int, typer.Option(min=1, max=100_000, help="How many samples.")] = 64,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Classes, in turn, by number or name (conditional models).")
    ] = None,
    out: Annotated[Path, typer.Option(help="A grid of them (.png), or an array (.npy, float32 in [-1, 1]).")] = Path(
        "samples.png"
    ),
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same samples.")] = 0,
) -> None:
    """Draw samples from a saved generative model."""
    from sweeps.final import predict as asking

    say(asking.sample(model, n, labels, out, seed))


@command(app, example="sweeps predict DIR/model images.npy > classes.csv")
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="The folder of a saved model.")],
    images: Annotated[
        Path, typer.Argument(metavar="IMAGES", help="An .npy, .npz or .png file, or a folder of pictures.")
    ],
    as_json: Json = False,
) -> None:
    """Tell the classes of images with a saved model; CSV on stdout."""
    from sweeps.final import predict as asking

    rows = asking.predict(model, images)
    print_text(json.dumps(rows, indent=2) if as_json else asking.as_csv(rows).rstrip("\n"))
