"""Commands on sweeps: run, resume, list, show, sync."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basics.errors import RequestError
from basics.shell import command_line
from basics.terminal import say
from sweeps.cli.command import (
    DONE,
    FAILED,
    INTERRUPTED,
    Address,
    DataDir,
    Folder,
    Json,
    Set,
    Wandb,
    command,
    for_a_table,
    print_rows,
    print_text,
    say_each,
)

if TYPE_CHECKING:
    from analysis.results import SweepResults
    from sweeps.driver.runner import Outcome

NoShip = Annotated[
    bool, typer.Option("--no-ship", help="A program's folder does not travel to a cluster: all nodes see it.")
]
NoReport = Annotated[bool, typer.Option("--no-report", help="Draw no report at the end; 'sweeps report' does later.")]

app = typer.Typer()


@command(app, example="sweeps run specs/digits_gan.yaml --set run_cap=20 --out my-sweep")
def run(
    what: Annotated[
        str, typer.Argument(metavar="SPEC.yaml|MODEL", help="A spec, a model's name, or package.module:Name.")
    ],
    dataset: Annotated[str | None, typer.Option(help="A dataset's name, an .npz file or a folder of images.")] = None,
    trials: Annotated[int | None, typer.Option(help="How many trials (the spec's run_cap).")] = None,
    set_: Set = None,
    out: Annotated[Path | None, typer.Option(help="The sweep's folder; by default one below sweep-results/.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the whole sweep.")] = None,
    warm_start: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Another sweep's folder, whose trials the search then knows; repeatable."),
    ] = None,
    address: Address = None,
    wandb: Wandb = "auto",
    data_dir: DataDir = None,
    no_report: NoReport = False,
    no_ship: NoShip = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and print the resolved spec; run nothing.")] = False,
) -> int:
    """Run a sweep."""
    from sweeps.cli import arguments

    given = {"dataset": dataset, "run_cap": trials, "seed": seed, "warm_start": warm_start}
    spec = arguments.spec(what, {k: v for k, v in given.items() if v is not None} | arguments.settings(set_ or []))
    for warning in spec.warnings:
        say(warning)
    known = arguments.warm_start(spec)  # before there is a folder
    if dry_run:
        say_each(known)
        from sweeps.spec.document.writing import as_yaml

        print(as_yaml(spec), end="")
        return DONE
    arguments.check_wandb(wandb)
    from sweeps.driver.new_folder import new_folder
    from sweeps.driver.program.settings import check_there

    check_there(spec, Path.cwd())  # before its folder is made

    folder = new_folder(spec, out)
    say(f"{spec.subject}, {spec.method} search; results go to {folder}")
    from sweeps.driver import runner  # after the first line: it takes a while

    data = str(data_dir.resolve()) if data_dir else None
    options = runner.Options(address, wandb, data, report=not no_report, start_in=str(Path.cwd()), ship=not no_ship)
    return _to_the_end(folder, lambda: runner.run(spec, folder, options, say, _print_results, wait=_waits()))


@command(app, example="sweeps resume sweep-results/gan-20260101-120000")
def resume(
    folder: Folder,
    trials: Annotated[int | None, typer.Option(help="How many trials in all (the spec's run_cap).")] = None,
    more: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many more trials, also if the sweep has ended.")
    ] = None,
    trials_on: Annotated[
        list[str] | None,
        typer.Option("--continue", metavar="TRIAL", help="Train an ended trial on, such as 0007; repeatable."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="With --continue: so many steps more than it has had.")
    ] = None,
    set_: Set = None,
    address: Address = None,
    wandb: Annotated[
        str | None, typer.Option(metavar="auto|online|offline|off", help="As in run; by default as before.")
    ] = None,
    data_dir: DataDir = None,
    no_report: NoReport = False,
    no_ship: NoShip = False,
) -> int:
    """Go on with a sweep that was interrupted or killed, or beyond its end; trials that ended are not repeated."""
    from sweeps.cli import arguments
    from sweeps.driver import runner
    from sweeps.driver.going_on import Beyond

    if steps is not None and not trials_on:
        raise RequestError(
            "--steps says how far trials go on that --continue names; budget.steps is --set budget.steps=N"
        )
    if more and trials is not None:
        raise RequestError(
            "--more and --trials both say how many; --trials counts those there are, --more adds to them"
        )
    if wandb is not None:
        arguments.check_wandb(wandb)
    data = str(data_dir.resolve()) if data_dir else None
    changes = ({} if trials is None else {"run_cap": trials}) | arguments.settings(set_ or [])
    overrides = {"address": address, "wandb": wandb, "data_dir": data, "report": False if no_report else None}
    overrides["ship"] = False if no_ship else None
    go = partial(
        runner.resume,
        folder,
        changes,
        say,
        _print_results,
        beyond=Beyond(more or 0, tuple(trials_on or ()), steps),
        wait=_waits(),
        **overrides,
    )
    return _to_the_end(folder, go)


@command(app, example="sweeps list sweep-results")
def list_(
    root: Annotated[Path, typer.Argument(metavar="ROOT", help="Where to look for sweeps.")] = Path("sweep-results"),
    as_json: Json = False,
) -> None:
    """List the sweeps below a folder, with what became of their trials."""
    from sweeps.cli import listing

    print_rows(listing.sweeps_below(root), as_json)


@command(app, example="sweeps show sweep-results/gan-20260101-120000 --json")
def show(
    folder: Folder,
    trial: Annotated[
        str | None, typer.Argument(metavar="[TRIAL]", help="One trial, such as 0007, with all that it printed.")
    ] = None,
    as_json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Follow a sweep that runs, until it ends, or Ctrl-C.")] = False,
) -> None:
    """Show a sweep's trials: status, objective and config; of one trial also what it printed."""
    from analysis.folder import load
    from sweeps.cli import listing

    if watch:
        if trial is not None:
            raise RequestError("--watch follows a whole sweep, and no TRIAL goes with it")
        if as_json:
            raise RequestError("--watch follows a sweep that runs, and --json prints one document; one of the two")
        from sweeps.cli.follow import follow

        follow(folder)
        say(f"no process runs the sweep in {folder}; its trials are:")
    sweep = load(folder)
    say_each(sweep.damage)
    if trial is not None:
        _show_trial(sweep, trial, as_json)
        return
    if sweep.ended_by:
        say(f"what ended it: {sweep.ended_by}")
    print_rows(listing.trials_of(sweep, in_words=not as_json), as_json)


def _show_trial(sweep: SweepResults, trial: str, as_json: bool) -> None:
    from sweeps.cli import listing

    row, output = listing.trial_of(sweep, trial, in_words=not as_json), listing.output_of(sweep.folder, trial)
    print_rows([row | {"output": output}] if as_json else [row], as_json)
    for name, text in {} if as_json else output.items():
        print_text(f"\n--- {name}\n{text}")


@command(app, example="sweeps sync sweep-results/gan-20260101-120000")
def sync(
    folder: Folder,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Runs uploaded at once.")] = 8,
) -> int:
    """Upload to W&B what it does not have of a sweep; it may be run again at any time."""
    from sweeps.tracking.sync import sync

    return sync(folder, parallel, say)


def _to_the_end(folder: Path, go: Callable[[], Outcome]) -> int:
    """Run a sweep; its exit code. How to go on is said whenever the interrupt comes, and however often."""
    try:
        return _ended(go())
    except KeyboardInterrupt:
        return _interrupted(folder)


def _interrupted(folder: Path) -> int:
    if (folder / "spec.yaml").exists():
        say(f"interrupted; everything so far is kept. Go on with: {command_line('resume', folder)}")
    else:
        say("interrupted before the sweep began")
    return INTERRUPTED


def _print_best(folder: Path) -> None:
    """The best trial's row, or those of the front; that none is done and they were stopped early is said before."""
    from analysis.results import ResultsError
    from sweeps.results.ranking import best_trials_of

    try:
        ranking = best_trials_of(folder)
    except ResultsError:
        return
    if ranking.stopped:
        say("no trial is done: this is the best of those that were stopped early")
    print_rows(for_a_table(ranking.rows(1 if len(ranking.goals) == 1 else None)), as_json=False)


def _print_results(outcome: Outcome) -> None:
    """The best trial and what to do next, while the report is drawn."""
    _print_best(outcome.folder)
    counts = ", ".join(f"{outcome.counts[status]} {status}" for status in ("done", "stopped", "failed"))
    say(counts)
    if outcome.interrupted:
        _interrupted(outcome.folder)
    elif outcome.counts["failed"]:
        say(f"{outcome.counts['failed']} trials failed; the reasons: {command_line('show', outcome.folder)}")
    else:
        say(f"next: {command_line('best', outcome.folder, '--out', 'best.yaml')}")


def _waits() -> bool:
    """Whether to wait for the report: a script may want it next, a person has the results and wants the prompt."""
    return not (sys.stdin.isatty() and sys.stdout.isatty())


def _ended(outcome: Outcome) -> int:
    """Say where the report is; the exit code."""
    if outcome.report is not None:
        print_text(outcome.report)
    say(f"report: {outcome.report or 'none'}{'' if outcome.drawn else ' (there in a few seconds)'}")
    if outcome.why:
        more = command_line("resume", outcome.folder, "--more", 20)
        say(f"the sweep has ended: {outcome.why}. Go on all the same with: {more}")
    if outcome.interrupted:
        return INTERRUPTED
    return FAILED if outcome.counts["failed"] else DONE
