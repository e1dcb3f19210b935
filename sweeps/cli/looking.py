"""Commands that explain results: report, compare, dashboard, judge."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from basics.terminal import say
from sweeps.cli.command import (
    DataDir,
    Folder,
    Json,
    command,
    print_rows,
    print_text,
    say_each,
)

app = typer.Typer()

Results = Annotated[
    Path, typer.Argument(metavar="DIR", help="A sweep's folder; or Ray Tune's, or a file or folder exported from W&B.")
]
Metric = Annotated[str | None, typer.Option(help="Rank by this metric, where the results do not say which counts.")]
Goal = Annotated[Literal["maximize", "minimize"] | None, typer.Option(help="Which way that metric is better.")]


@command(app, example="sweeps report sweep-results/gan-20260101-120000")
def report(
    folder: Results,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh the page until the sweep ends, or Ctrl-C.")] = False,
    metric: Metric = None,
    goal: Goal = None,
) -> None:
    """Write the sweep's page, DIR/report.html: what it found in words and pictures, every trial, what to try next."""
    if watch:
        from sweeps.cli.watch import watched

        for page in watched(folder):
            say(f"{page} is as of {time.strftime('%H:%M:%S')}")
        say(f"the sweep in {folder} is not running, so the page is complete")
        print_text(page)
    else:
        from analysis.report import write_report
        from sweeps.search.importance import latest

        print_text(write_report(folder, importance=latest(folder), metric=metric, goal=goal))


@command(app, example="sweeps compare sweep-results/gan sweep-results/vae --out comparison.html")
def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Sweeps' folders; or Ray Tune's, or exports from W&B.")
    ],
    out: Annotated[
        list[Path] | None, typer.Option(help="Also write it as a page, .html, as .csv or as .md; repeatable.")
    ] = None,
    metric: Metric = None,
    goal: Goal = None,
    as_json: Json = False,
) -> None:
    """Compare sweeps: training time, quality, speed of convergence, collapse rate, and their curves overlaid."""
    from analysis.importing.reading import read_ranked
    from analysis.report import compare

    sweeps = [read_ranked(folder, metric=metric, goal=goal) for folder in folders]
    say_each(line for sweep in sweeps for line in sweep.damage)
    written = [compare.write_comparison(sweeps, path) for path in out or []]
    print_rows(compare.as_rows(sweeps) if as_json else compare.in_words(sweeps), as_json)
    for path in written:
        say(f"wrote {path}")


@command(app, example="sweeps dashboard sweep-results/gan-20260101-120000")
def dashboard(
    folder: Folder, port: Annotated[int, typer.Option(min=1, max=65535, help="The port on this machine.")] = 8080
) -> None:
    """Look at a sweep's search in optuna-dashboard, on this machine alone; Ctrl-C ends it."""
    from sweeps.search.dashboard import serve

    serve(folder, port, say)


@command(app, example="sweeps judge samples.npy --dataset fashion_mnist")
def judge(
    samples: Annotated[Path, typer.Argument(metavar="SAMPLES", help="An .npy, .npz or .pt file, or a folder of PNGs.")],
    dataset: Annotated[str, typer.Option(help="The data the samples should be like: a name, an .npz file, a folder.")],
    labels: Annotated[Path | None, typer.Option(help="The classes they were asked for, one a sample.")] = None,
    inception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="torchvision's weights of Inception v3: features are its own.")
    ] = None,
    pixels: Annotated[
        Literal["0..255", "0..1", "-1..1"] | None,
        typer.Option("--range", help="The range of the pixels, where type and values do not tell."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Judge anybody's samples: a verdict with reasons, and how they compare with the real images."""
    from analysis.judge.findings import in_short, names
    from sweeps.evaluation import judge_samples as bench

    found = bench.judge(samples, dataset, labels, data_dir, say, inception, pixels)
    if as_json:
        print_rows(bench.document(found), as_json=True)
        return
    short = in_short(found.verdict, names(found.findings))
    print(f"{short} (severity {found.severity:.2f}; {found.n:,} samples seen by {found.extractor})")
    print_text("\n".join([*(f"  {sentence}" for sentence in found.evidence), ""]))
    print_rows(bench.table(found), as_json=False)
