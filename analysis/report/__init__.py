"""Writes the report of a sweep: one self-contained HTML page, and its figures as files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.folder import is_sweep
from analysis.formatting import is_of_program
from analysis.importing.reading import read_ranked
from analysis.metrics import Goal
from analysis.plots import PICTURES
from analysis.report import page, trials
from analysis.report.pictures import figures, media
from analysis.report.summary import summarise
from analysis.results import FIGURES_FOLDER, REPORT_FILE, TRIAL, SweepResults
from basics.files import replace_file
from basics.shell import command_line

SCRIPTS = ("plotting.js", "table.js", "panel.js", "explore.js")


def write_report(
    folder: str | Path,
    *,
    reload: float | None = None,
    importance: Mapping[str, Any] | None = None,
    metric: str | None = None,
    goal: Goal | None = None,
) -> Path:
    """Write `report.html` and `figures/` into a sweep's folder; ResultsError if it is none.

    Results of others do as well, as `analysis.read` takes them with `metric` and `goal`: the page lies in their folder,
    that of a file `runs.csv` in a new folder `runs-report` beside it.

    `importance` of the parameters is given where it is newer than what the folder holds. With `reload` the page loads
    itself again after so many seconds, for as long as somebody writes it anew, and `figures/` waits for the last time.
    """
    sweep = read_ranked(folder, metric=metric, goal=goal)
    place = _place(Path(folder))
    sweep = sweep if importance is None else replace(sweep, importance=dict(importance))
    files = None if reload else place / FIGURES_FOLDER
    content = page.render(
        "report.html.j2",
        SCRIPTS,
        _data(sweep) | ({"reload": reload, "written": time.time()} if reload else {}),
        summary=summarise(sweep),
        sections={
            name: found for name, pictures in PICTURES.items() if (found := list(figures(pictures(sweep), files)))
        },
        plotly=page.plotly(),
        commands=_commands(folder, sweep) if is_sweep(Path(folder)) else [],
    )
    replace_file(place / REPORT_FILE, content)
    return place / REPORT_FILE


def _place(results: Path) -> Path:
    """The folder for the page on these results, made where they are a file."""
    if results.is_dir():
        return results
    place = results.with_name(f"{results.stem}-report")
    place.mkdir(exist_ok=True)
    return place


def _commands(folder: str | Path, sweep: SweepResults) -> list[tuple[str, str]]:
    """Commands to run next, as shell lines, each with a description."""
    final = "the final model: all images but test, then the test set, once"
    return [
        (command_line("best", folder, "--out", "best.yaml"), "the best config as a spec that runs"),
        (
            command_line("train", "best.yaml", "--seeds", 5),
            "the best config again, with five seeds" if is_of_program(sweep) else final,
        ),
        (command_line("resume", folder), "finish what was interrupted"),
        (command_line("show", folder), "all trials in the terminal"),
    ]


def _data(sweep: SweepResults) -> dict[str, Any]:
    """All that the page's scripts read."""
    order, columns = trials.page_order(sweep), trials.columns(sweep)
    return {
        "objective": sweep.objective,
        "goal": sweep.goal,
        "best": sweep.best,
        "columns": columns,
        "rows": trials.table(sweep, order, [column["key"] for column in columns]),
        "media": media(sweep, order),
        "curves": trials.curves(sweep, order, trials.curve_metrics(sweep)),
        "looks": trials.glyphs(),
        "evidence": trials.evidence(sweep),
        "output": trials.outputs(sweep, order),
        "hidden": len(sweep.trials[TRIAL]) - len(order),
    }
