"""The command line: each command calls one function. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sweeps.runner import Outcome

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    help="Hyperparameter sweeps for classifiers and generative models on images.",
    epilog="Start with: sweeps run logistic_regression --trials 20",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

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


def command(*, example: str) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
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
        from sweeps.errors import RUN_FAILED, WRONG_REQUEST

        if not isinstance(error, (*WRONG_REQUEST, *RUN_FAILED)):
            raise
        say(f"error: {' '.join(str(error).split())}")
        return WRONG if isinstance(error, WRONG_REQUEST) else FAILED


def say(message: str) -> None:
    """A line for the person at the terminal; stdout is kept for results."""
    print(f"sweeps: {message}", file=sys.stderr)


@command(example="sweeps run specs/digits_gan.yaml --set run_cap=20 --out my-sweep")
def run(
    what: Annotated[
        str, typer.Argument(metavar="SPEC.yaml|MODEL", help="A spec, a model's name, or package.module:Name.")
    ],
    dataset: Annotated[str | None, typer.Option(help="A dataset's name, an .npz file or a folder of images.")] = None,
    trials: Annotated[int | None, typer.Option(help="How many trials (the spec's run_cap).")] = None,
    set_: Set = None,
    out: Annotated[Path | None, typer.Option(help="The sweep's folder; by default one below sweep-results/.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the whole sweep.")] = None,
    address: Address = None,
    wandb: Wandb = "auto",
    data_dir: DataDir = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and print the resolved spec; run nothing.")] = False,
) -> int:
    """Run a sweep."""
    from sweeps import requests

    given = {"dataset": dataset, "run_cap": trials, "seed": seed}
    spec = requests.spec(what, {k: v for k, v in given.items() if v is not None} | requests.settings(set_ or []))
    for warning in spec.warnings:
        say(warning)
    if dry_run:
        print(requests.as_yaml(spec), end="")
        return DONE
    requests.check_wandb(wandb)
    from sweeps import runner

    folder = runner.new_folder(spec, out)
    data = str(data_dir.resolve()) if data_dir else None
    options = runner.Options(address=address, wandb=wandb, data_dir=data)
    say(f"{spec.model} on {spec.dataset}, {spec.method} search; results go to {folder}")
    return _ended(runner.run(spec, folder, options))


@command(example="sweeps resume sweep-results/gan-20260101-120000")
def resume(
    folder: Folder,
    address: Address = None,
    wandb: Annotated[
        str | None, typer.Option(metavar="auto|online|offline|off", help="As in run; by default as before.")
    ] = None,
    data_dir: DataDir = None,
) -> int:
    """Go on with a sweep that was interrupted or killed; trials that ended are not repeated."""
    from sweeps import requests, runner

    if wandb is not None:
        requests.check_wandb(wandb)
    data = str(data_dir.resolve()) if data_dir else None
    return _ended(runner.resume(folder, address=address, wandb=wandb, data_dir=data))


@command(example="sweeps list sweep-results")
def list_(
    root: Annotated[Path, typer.Argument(metavar="ROOT", help="Where to look for sweeps.")] = Path("sweep-results"),
    as_json: Json = False,
) -> None:
    """List the sweeps below a folder, with what became of their trials."""
    from sweeps import listing

    _print(listing.sweeps_below(root), as_json)


@command(example="sweeps show sweep-results/gan-20260101-120000 --json")
def show(folder: Folder, as_json: Json = False) -> None:
    """Show a sweep's trials: status, objective and config."""
    from sweeps import listing

    _print(listing.trials_of(folder), as_json)


@command(example="sweeps sync sweep-results/gan-20260101-120000")
def sync(
    folder: Folder,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Runs uploaded at once.")] = 8,
) -> int:
    """Upload to W&B what it does not have of a sweep; it may be run again at any time."""
    from sweeps.tracking.sync import sync

    return sync(folder, parallel, say)


@command(example="sweeps best DIR --out best.yaml && sweeps train best.yaml --seeds 5")
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
    out: Annotated[Path | None, typer.Option(help="Write the best config as a spec that runs, with a lock.")] = None,
    as_json: Json = False,
) -> None:
    """The best trials of a sweep, why they are, and the best config as a spec with a lock."""
    from sweeps import requests
    from sweeps.choice import choice

    found = choice(what, metric, pareto, top)
    _print(found.rows if as_json else _without_why(found.rows), as_json)
    for row in found.rows:
        say(f"{row.get('trial', what)}: {row['why']}")
    if out is not None:
        requests.write(out, found.spec())
        say(f"wrote {out}, the config of {found.rows[0].get('trial', what)}; next: sweeps train {out} --seeds 5")


@command(example="sweeps train best.yaml --seeds 5 --out my-model")
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
    from sweeps import final, gap, requests, sources
    from sweeps.runner import Options

    requests.check_wandb(wandb)
    best = sources.config_in(sources.local(what))
    options = Options(address=address, wandb=wandb, data_dir=str(data_dir.resolve()) if data_dir else None)
    request = final.Request(best, seeds, out or final.default_folder(best), options)
    say(f"{best.model} on {best.dataset}, {seeds} seeds; results go to {request.folder}")
    try:
        result = final.train(request, say)
    except final.InterruptedTrainingError as interrupted:
        say(f"interrupted; {interrupted}")
        return INTERRUPTED
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        _print(gap.rows(result["gap"], result["lock"].get("trials")), as_json=False)
        _print(gap.table(result["test"]), as_json=False)
    say(gap.words(result["gap"]))
    for line in result["failed"]:
        say(f"failed: {line}")
    say(f"the model of seed {result['kept']}, the first and not the best: {request.folder / final.MODEL}/README.md")
    return FAILED if result["failed"] else DONE


@command(example="sweeps sample DIR/model --n 100 --labels 3,9 --out grid.png")
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
    from sweeps import asking

    say(asking.sample(model, n, labels, out, seed))


@command(example="sweeps predict DIR/model images.npy > classes.csv")
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL_DIR", help="The folder of a saved model.")],
    images: Annotated[
        Path, typer.Argument(metavar="IMAGES", help="An .npy, .npz or .png file, or a folder of pictures.")
    ],
    as_json: Json = False,
) -> None:
    """Tell the classes of images with a saved model; CSV on stdout."""
    from sweeps import asking

    rows = asking.predict(model, images)
    print(json.dumps(rows, indent=2) if as_json else asking.as_csv(rows), end="\n" if as_json else "")


@command(example="sweeps report sweep-results/gan-20260101-120000")
def report(
    folder: Folder,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh the page until the sweep ends, or Ctrl-C.")] = False,
) -> None:
    """Write the sweep's page, DIR/report.html: what it found in words and pictures, every trial, what to try next."""
    if watch:
        from sweeps.watch import watched

        for page in watched(folder):
            say(f"{page} is as of {time.strftime('%H:%M:%S')}")
        say(f"the sweep in {folder} is not running, so the page is complete")
        print(page)
    else:
        from analysis.report import write_report
        from sweeps.importance import latest

        print(write_report(folder, importance=latest(folder)))


@command(example="sweeps compare sweep-results/gan sweep-results/vae --out comparison.html")
def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The sweeps' folders.")],
    out: Annotated[
        list[Path] | None, typer.Option(help="Also write it as a page, .html, as .csv or as .md; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare sweeps: training time, quality, speed of convergence, collapse rate, and their curves overlaid."""
    from analysis.folder import load
    from analysis.report import compare

    sweeps = [load(folder) for folder in folders]
    written = [compare.write_comparison(sweeps, path) for path in out or []]
    _print(compare.as_rows(sweeps) if as_json else compare.in_words(sweeps), as_json)
    for path in written:
        say(f"wrote {path}")


@command(example="sweeps dashboard sweep-results/gan-20260101-120000")
def dashboard(
    folder: Folder, port: Annotated[int, typer.Option(min=1, max=65535, help="The port on this machine.")] = 8080
) -> None:
    """Look at a sweep's search in optuna-dashboard, on this machine alone; Ctrl-C ends it."""
    from sweeps.dashboard import serve

    say(f"http://127.0.0.1:{port}/ shows {folder}; Ctrl-C ends it")
    serve(folder, port)


@command(example="sweeps judge samples.npy --dataset fashion_mnist")
def judge(
    samples: Annotated[Path, typer.Argument(metavar="SAMPLES", help="An .npy, .npz or .pt file, or a folder of PNGs.")],
    dataset: Annotated[str, typer.Option(help="The data the samples should be like: a name, an .npz file, a folder.")],
    labels: Annotated[Path | None, typer.Option(help="The classes they were asked for, one a sample.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Judge anybody's samples: a verdict with reasons, and how they compare with the real images."""
    from sweeps import judge as bench

    found = bench.judge(samples, dataset, labels, data_dir, say)
    if as_json:
        _print(bench.document(found), as_json=True)
        return
    print(f"{found.verdict} (severity {found.severity:.2f}; {found.n:,} samples seen by {found.extractor})")
    print(*(f"  {sentence}" for sentence in found.evidence), sep="\n", end="\n\n")
    _print(bench.table(found), as_json=False)


@command(example="sweeps models")
def models(as_json: Json = False) -> None:
    """List the models there are."""
    from sweeps import listing

    _print(listing.models(), as_json)


@command(example="sweeps datasets")
def datasets(as_json: Json = False) -> None:
    """List the datasets there are; a path to your own will do as well."""
    from sweeps import listing

    _print(listing.datasets(), as_json)


@command(example="sweeps spaces gan")
def spaces(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="The model whose space to show.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a spec, for editors.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is searched for a model, with ranges and conditions."""
    from sweeps import listing, requests

    if schema:
        print(json.dumps(requests.schema(), indent=2))
    else:
        _print(listing.space(requests.model_name(model)), as_json)


@command(example="sweeps doctor")
def doctor(as_json: Json = False) -> int:
    """Check what a sweep needs on this machine: Python, libraries, Ray, GPU, data, W&B."""
    from sweeps.doctor import checks

    found = checks()
    _print(found, as_json)
    return FAILED if any(row["state"] == "missing" for row in found) else DONE


def _ended(outcome: Outcome) -> int:
    """Say how a sweep ended and what to do next; the exit code."""
    from sweeps.best import by_metric

    if outcome.best is not None:
        _print(_without_why(by_metric(outcome.folder).rows(1)), as_json=False)
    counts = ", ".join(f"{outcome.counts[status]} {status}" for status in ("done", "stopped", "failed"))
    if outcome.report is not None:
        print(outcome.report)
    say(f"{counts}; report: {outcome.report or 'none'}")
    if outcome.interrupted:
        say(f"interrupted; everything so far is kept. Go on with: sweeps resume {outcome.folder}")
        return INTERRUPTED
    if outcome.counts["failed"]:
        say(f"{outcome.counts['failed']} trials failed; the reasons: sweeps show {outcome.folder}")
        return FAILED
    say(f"next: sweeps best {outcome.folder} --out best.yaml")
    return DONE


def _without_why(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table: reasons in words are lines of their own, and a lock is for --json."""
    return [{name: value for name, value in row.items() if name not in ("why", "lock")} for row in rows]


def _print(rows: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=2, default=str, allow_nan=False))
        return
    from sweeps.tables import print_table

    print_table(rows)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
