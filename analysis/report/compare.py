"""Compares several sweeps: as a table in text, CSV or Markdown, or an HTML page with their curves overlaid."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.extractors import told_apart
from analysis.formatting import in_yaml, is_missing, word
from analysis.plots import COMPARISONS
from analysis.plots.curves import comparison as table
from analysis.plots.curves.comparison import HEADER, Compared, comparison, names_of
from analysis.plots.curves.overlay import shared_metrics
from analysis.report import page, trials
from analysis.report.pictures import figures, media
from analysis.results import SECONDS, ResultsError, SweepResults
from basics.files import replace_file

SCRIPTS = ("plotting.js", "compare.js")


def write_comparison(sweeps: Sequence[SweepResults], path: str | Path) -> Path:
    """Write the comparison as what the name of `path` says, .html, .csv or .md; ResultsError for another."""
    path = Path(path)
    if path.suffix not in WRITERS:
        raise ResultsError(
            f"{path}: a comparison can be written as {', '.join(WRITERS)}, not {path.suffix or 'nothing'}"
        )
    if not path.parent.is_dir():
        raise ResultsError(f"{path}: there is no folder {path.parent} to write it to")
    replace_file(path, WRITERS[path.suffix](sweeps).encode())
    return path


def in_words(sweeps: Sequence[SweepResults]) -> list[dict[str, str]]:
    """A row a sweep, every cell in words."""
    return [dict(zip(HEADER, row.cells, strict=True)) for row in comparison(sweeps)]


def as_rows(sweeps: Sequence[SweepResults]) -> list[dict[str, Any]]:
    """A row a sweep with its numbers in full: times in seconds, the rate as a share, None for nothing."""
    rows = [row._asdict() | {"remarks": "; ".join(row.remarks)} for row in comparison(sweeps)]
    return [{name: None if is_missing(cell) else cell for name, cell in row.items()} for row in rows]


def as_csv(sweeps: Sequence[SweepResults]) -> str:
    """A line a sweep as in `as_rows`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, Compared._fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_rows(sweeps))
    return text.getvalue()


def as_markdown(sweeps: Sequence[SweepResults]) -> str:
    """A table for a README."""
    lines = [HEADER, ("---",) * len(HEADER), *(row.cells for row in comparison(sweeps))]
    return "".join(f"| {' | '.join(_in_markdown(cell) for cell in line)} |\n" for line in lines)


def as_page(sweeps: Sequence[SweepResults]) -> str:
    """One self-contained HTML page: the table, the best trials with their samples, their curves over each other."""
    sweeps = told_apart(sweeps)
    named = list(zip(names_of(sweeps), sweeps, strict=True))
    metrics = shared_metrics(sweeps)
    # The table is in the page as text, so its picture is not.
    drawn = {name: pictures(sweeps) for name, pictures in COMPARISONS.items() if pictures is not table.pictures}
    return page.render(
        "compare.html.j2",
        SCRIPTS,
        {"metrics": metrics, "sweeps": [_curves(name, sweep, metrics) for name, sweep in named]},
        header=HEADER,
        rows=[row.cells for row in comparison(sweeps)],
        best=[_best(name, sweep) for name, sweep in named],
        sections={name: found for name, pictures in drawn.items() if (found := list(figures(pictures)))},
        plotly=page.plotly(),
    ).decode()


WRITERS: Mapping[str, Callable[[Sequence[SweepResults]], str]] = {".html": as_page, ".csv": as_csv, ".md": as_markdown}


def _in_markdown(cell: str) -> str:
    return " ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split()) or " "


def _curves(name: str, sweep: SweepResults, metrics: Sequence[str]) -> dict[str, Any]:
    """The best trial's steps, seconds and metrics, {} where it has none."""
    best = [sweep.best] if sweep.best else []
    found = trials.curves(sweep, best, [SECONDS, *metrics])
    return {"name": name, "trial": sweep.best, "curves": found.get(sweep.best or "", {})}


def _best(name: str, sweep: SweepResults) -> dict[str, Any]:
    """The best trial of a sweep as a card: its score, config and first picture."""
    if sweep.best is None:
        return {"name": name, "trial": "", "score": "", "config": {}, "picture": ""}
    shown = media(sweep, [sweep.best]).get(sweep.best, {}).get("shown", [])
    return {
        "name": name,
        "trial": sweep.best,
        "score": f"{sweep.objective} {word(sweep.score(sweep.best))}",
        "config": dict(_config(sweep)),
        "picture": shown[0][2] if shown else "",
    }


def _config(sweep: SweepResults) -> Iterator[tuple[str, str]]:
    for name, value in sweep.configs.get(sweep.best or "", {}).items():
        yield name, in_yaml(value)
