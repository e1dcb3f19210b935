"""A sweep's folder to one self-contained HTML page and the figures in it as files."""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from analysis.plots import PICTURES, style
from analysis.results import (
    BEST_STEP,
    CONFIG,
    FIGURES_FOLDER,
    REASON,
    REPORT_FILE,
    SECONDS,
    STATUS,
    STEP,
    TRIAL,
    Sweep,
    load,
)
from analysis.searched import searched_parameters
from analysis.summary import summarise
from analysis.words import seconds_word, word

MAX_TABLE_ROWS = 500  # a page of more is slow to scroll; trials.csv has all


@dataclass(frozen=True)
class Figure:
    """A picture on the page, as data addresses for a light and a dark page."""

    title: str
    caption: str
    light: str
    dark: str


@dataclass(frozen=True)
class TrialLine:
    """A line of the trials' table, in words."""

    trial: str
    status: str
    cells: tuple[str, ...]
    reason: str
    is_best: bool


def write_report(folder: str | Path) -> Path:
    """Write `report.html` and `figures/` into a sweep's folder; ResultsError if it is none."""
    sweep = load(folder)
    page = _template().render(
        summary=summarise(sweep),
        best=sweep.best,
        media=list(_best_media(sweep)),
        sections={name: list(_figures(sweep, name)) for name in PICTURES},
        header=_header(sweep),
        lines=list(_lines(sweep)),
        hidden=max(0, len(sweep.trials) - MAX_TABLE_ROWS),
        folder=shlex.quote(str(folder)),
    )
    return _replace(sweep.folder / REPORT_FILE, page.encode())


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _figures(sweep: Sweep, section: str) -> Iterator[Figure]:
    """The section's pictures, each also written as PNG and SVG."""
    folder = sweep.folder / FIGURES_FOLDER
    folder.mkdir(exist_ok=True)
    for picture in PICTURES[section](sweep):
        figure = picture.figure()
        svg = style.render(figure, "svg")
        _replace(folder / f"{picture.name}.svg", svg)
        _replace(folder / f"{picture.name}.png", style.render(figure, "png"))
        light, dark = (_address(content, "image/svg+xml") for content in (svg, style.darkened(svg)))
        yield Figure(picture.title, picture.caption, light, dark)


def _best_media(sweep: Sweep) -> Iterator[Figure]:
    """The best trial's media, each as it was at the best step or, if there was none yet, at last."""
    if sweep.best is None:
        return
    best_step = sweep.trials.set_index(TRIAL)[BEST_STEP].get(sweep.best)
    for name, versions in sweep.media[sweep.media[TRIAL] == sweep.best].groupby("name"):
        until = versions[versions[STEP] <= best_step] if best_step else versions
        shown = (until if len(until) else versions).iloc[-1]
        address = _address(shown["path"].read_bytes(), "image/png")
        yield Figure(str(name).replace("_", " "), f"Trial {sweep.best} at step {shown[STEP]}.", address, address)


def _header(sweep: Sweep) -> list[str]:
    names = [parameter.name for parameter in searched_parameters(sweep)]
    return [sweep.objective, "at step", "steps", "time", *names]


def _lines(sweep: Sweep) -> Iterator[TrialLine]:
    """Trials best first, then those without a score."""
    table = sweep.trials.set_index(TRIAL)
    rest = [name for name in table.index if name not in set(sweep.ranked)]
    columns = [CONFIG + parameter.name for parameter in searched_parameters(sweep)]
    for name in [*sweep.ranked, *rest][:MAX_TABLE_ROWS]:
        trial = table.loc[name]
        yield TrialLine(name, trial[STATUS], _cells(sweep, name, trial, columns), trial[REASON], name == sweep.best)


def _cells(sweep: Sweep, name: str, trial: pd.Series[Any], columns: Sequence[str]) -> tuple[str, ...]:
    fixed = [word(sweep.score(name)), word(trial.get(BEST_STEP)), word(trial["steps"]), seconds_word(trial[SECONDS])]
    return (*fixed, *(word(trial.get(column)) for column in columns))


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _replace(path: Path, content: bytes) -> Path:
    """Write in one move: a browser that reloads while a sweep runs sees the old page or the new one."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path
