"""Reads the results in a sweep's folder, also of a sweep that still runs or was killed."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis.configs import config_columns, read_configs
from analysis.formatting import counted
from analysis.judge.findings import cell_of
from analysis.metrics import Goal, goal_of
from analysis.results import (
    BEST,
    BEST_STEP,
    CONFIG,
    ENDED,
    EVIDENCE,
    FINDINGS,
    IMPORTANCE_FILE,
    LAST,
    MANIFEST_FILE,
    MARKS,
    MEDIA_COLUMNS,
    MEDIA_FOLDER,
    MEDIA_NAME,
    NO_NUMBERS,
    PARENT,
    REASON,
    ROWS_FILE,
    RUNNING,
    SECONDS,
    SPEC,
    SPEC_FILE,
    STARTED,
    STATUS,
    STEP,
    TRIAL,
    TRIAL_COLUMNS,
    TRIALS_FILE,
    VERDICT,
    ResultsError,
    SweepResults,
    best_rows,
    goals_of,
    in_a_cell,
    metric_names,
    sorted_by_trial,
)
from analysis.rows import Row
from analysis.trial_lines import as_csv, trial_lines
from basics.groups import flat
from basics.json_lines import json_lines, parsed, text_lines

ROWS_PER_CHUNK = 50_000  # bounds the memory that parsed lines take before they become a table


def load(folder: str | Path, changes: Mapping[str, Any] | None = None) -> SweepResults:
    """The sweep in `folder`, also one that still runs or was killed; ResultsError if it is no sweep's folder.

    `changes` to the spec, such as another `metric`, are made before anything is derived from it; what mattered for the
    metric it had is forgotten.
    """
    folder = Path(folder)
    _check(folder)
    damage: list[str] = []
    manifest = json_document(folder / MANIFEST_FILE, damage)
    spec = _flat(_spec(folder / SPEC_FILE, manifest.get(SPEC), damage)) | dict(changes or {})
    # The table first: of a sweep that runs, it then knows of no row that is not there. Rows are more up to date.
    written = _read_trials(folder / TRIALS_FILE, damage, expected=_has_content(folder / ROWS_FILE))
    rows, unreadable = _rows(folder / ROWS_FILE)
    configs = read_configs(folder, spec, written)
    trials = trials_table(written, configs, rows, spec)
    importance = {} if changes else json_document(folder / IMPORTANCE_FILE, damage)
    damage += _lost_rows(folder / ROWS_FILE, rows, trials, unreadable)
    media = _media(folder / MEDIA_FOLDER)
    return SweepResults(folder, spec, manifest, rows, trials, media, importance, tuple(damage), configs)


def _spec(path: Path, began: Any, damage: list[str]) -> dict[str, Any]:
    """What the file holds, or the spec the sweep `began` with by its manifest; ResultsError if both are damaged."""
    if path.is_file() or not isinstance(began, dict):
        try:
            return _document(path, yaml.safe_load)
        except ResultsError as error:
            if not isinstance(began, dict):
                raise
            damage.append(f"{error}; {MANIFEST_FILE} has the spec as the sweep began")
    else:
        damage.append(f"{path}: missing; {MANIFEST_FILE} has the spec as the sweep began")
    return began


def _flat(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with its parameters by dotted names, as rows and configs have them, where it has groups of them."""
    parameters = spec.get("parameters")
    if not isinstance(parameters, Mapping):
        return spec
    with suppress(ValueError, TypeError):  # a damaged file: as far as it can be read
        return spec | {"parameters": flat(parameters)[0]}
    return spec


def is_sweep(folder: Path) -> bool:
    """Whether a sweep wrote this folder."""
    return any((folder / name).is_file() for name in MARKS)


def surely_sweep(folder: Path) -> bool:
    """Whether it is no folder of a spec that waits to be run, or of somebody else's manifest."""
    return (folder / ROWS_FILE).is_file() or sum((folder / name).is_file() for name in MARKS) > 1


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise ResultsError(f"{folder}: there is no such folder; give the folder a sweep wrote")
    if is_sweep(folder):
        return
    inside = next((path.parent for path in sorted(folder.glob(f"*/{SPEC_FILE}"))), None)
    hint = f"; did you mean {inside}?" if inside else ""
    raise ResultsError(f"{folder}: no sweep's folder, it has none of {', '.join(MARKS)}{hint}")


def _document(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """What a YAML or JSON file holds, {} if there is none; ResultsError if it cannot be read."""
    if not path.is_file():
        return {}
    try:
        content = parse(path.read_text(encoding="utf-8-sig"))
    except (ValueError, yaml.YAMLError) as error:
        raise ResultsError(f"{path}: damaged, it cannot be read ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: damaged, it holds {type(content).__name__} where key: value lines belong")
    return content


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def json_document(path: Path, damage: list[str]) -> dict[str, Any]:
    """What a file holds that the sweep is known without, {} if there is none; what is wrong is added to `damage`."""
    try:
        return _document(path, json.loads)
    except ResultsError as error:
        damage.append(str(error))
        return {}


def _lost_rows(path: Path, rows: pd.DataFrame, trials: pd.DataFrame, unreadable: int) -> Iterator[str]:
    """What `rows` lack: a row is written for each step before the table of trials counts it."""
    steps = trials.set_index(TRIAL)["steps"].astype(float).fillna(0)
    lost = steps.sub(rows.groupby(TRIAL).size() + _inherited(rows), fill_value=0).clip(lower=0)
    if lost.sum():
        yield (
            f"{path}: {counted(int(lost.sum()), 'row')} of {counted(int((lost > 0).sum()), 'trial')} cannot be read; "
            f"'sweeps resume' brings back what is known elsewhere"
        )
    elif unreadable:
        yield f"{path}: {counted(unreadable, 'line')} could not be read"


def _inherited(rows: pd.DataFrame) -> pd.Series[int]:
    """By trial the steps that it has from its parent, if it goes on from one."""
    firsts = rows.groupby(TRIAL)[STEP].min() - 1
    heirs: Any = rows.loc[rows[PARENT].fillna("") != "", TRIAL].unique() if PARENT in rows else []
    return firsts.where(firsts.index.isin(heirs), 0)


def read_rows(path: Path) -> Iterator[Row]:
    """The rows in a file in the order they were written in, without the lines that are none."""
    yield from (Row.of(row) for line in json_lines(path) if (row := _row(line)) is not None)


def is_row(line: str) -> bool:
    """Whether a line of the file is a row."""
    return _row(parsed(line)) is not None


def _rows(path: Path) -> tuple[pd.DataFrame, int]:
    """Rows sorted by (trial, step), the last of duplicates; and how many lines were none."""
    lines = text_lines(path)
    chunks, unreadable = [pd.DataFrame({TRIAL: pd.Series(dtype=str), STEP: pd.Series(dtype=int)})], 0
    while chunk := list(itertools.islice(lines, ROWS_PER_CHUNK)):
        good = [row for row in map(_row, _parsed(chunk)) if row is not None]
        unreadable += len(chunk) - len(good)
        chunks += [rows_table(good)] if good else []
    return in_order(pd.concat(chunks[1:] or chunks, ignore_index=True)), unreadable


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by (trial, step), the last of duplicates."""
    return sorted_by_trial(rows.drop_duplicates([TRIAL, STEP], keep="last"), STEP)


def _parsed(lines: Sequence[str]) -> list[Any]:
    """What the lines hold, None for one that is no JSON; all at once, which is much faster, where all of them are."""
    try:
        together: list[Any] = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        together = []
    # Two torn lines can make one whole: then there are fewer.
    return together if len(together) == len(lines) else [parsed(line) for line in lines]


def _row(found: Any) -> dict[str, Any] | None:
    try:
        return {**found, TRIAL: str(found[TRIAL]), STEP: int(found[STEP])}
    except (ValueError, TypeError, KeyError):
        return None


def rows_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows with trial and step as a table. Numbers are float64, NaN for null and infinity; words stay words."""
    table = pd.DataFrame(list(rows))
    for name in table.columns.difference([TRIAL, STEP, PARENT, *NO_NUMBERS]):
        numbers = pd.to_numeric(table[name], errors="coerce").astype(float)
        if numbers.isna().sum() == table[name].isna().sum():
            table[name] = numbers.replace([np.inf, -np.inf], np.nan)
    return table


def trials_table(
    written: pd.DataFrame, configs: Mapping[str, Mapping[str, Any]], rows: pd.DataFrame, spec: Mapping[str, Any]
) -> pd.DataFrame:
    """What is written of each trial (TRIAL_COLUMNS) and its config, brought up to date with the rows."""
    written = written.set_index(TRIAL)
    written = written[[name for name in written if not str(name).startswith(CONFIG)]]
    derived = _derived(rows, goals_of(spec, rows))
    counted_before = written["steps"].reindex(derived.index)
    lost = derived["steps"] < counted_before  # rows are: the table knows better
    table = derived[~lost].combine_first(written)
    if lost.any():  # what the table does not say of those trials either
        table = table.combine_first(derived)
    order = [*written.columns, *(name for name in derived.columns if name not in written.columns)]
    table = sorted_by_trial(table[order].rename_axis(TRIAL).reset_index())
    table = pd.concat([table, config_columns(configs, list(table[TRIAL]))], axis=1)
    words = {name: table[name].astype(object).fillna("") for name in (REASON, VERDICT, FINDINGS, EVIDENCE)}
    return table.assign(**words, **{STATUS: table[STATUS].astype(object).fillna(RUNNING)})


def _read_trials(path: Path, damage: list[str], *, expected: bool) -> pd.DataFrame:
    """The table as it was written, without what of it cannot be read, which is added to `damage`."""
    kinds = dict.fromkeys(("steps", SECONDS, STARTED, ENDED), float)
    empty = pd.DataFrame({name: pd.Series(dtype=kinds.get(name, object)) for name in TRIAL_COLUMNS})
    columns, lines, unreadable = trial_lines(path)
    if unreadable and columns:
        damage.append(f"{path}: {counted(unreadable, 'line')} could not be read")
    elif expected and not columns:
        state = f"no table with a column {TRIAL!r}" if path.is_file() else "missing"
        damage.append(f"{path}: {state}, so that configs and ends are not known; 'sweeps resume' writes it anew")
    if not lines:
        return empty
    # "None" and "NA" may be values of a parameter: only an empty cell is no value.
    text = io.StringIO(as_csv(columns, lines))
    table = pd.read_csv(text, dtype=str, keep_default_na=False, na_values=[""])
    for name in table.columns:
        if name.startswith((LAST, BEST)) or name in ("steps", SECONDS, STARTED, ENDED, BEST_STEP):
            table[name] = pd.to_numeric(table[name], errors="coerce")
    table = table.reindex(columns=[*dict.fromkeys([*TRIAL_COLUMNS, *table.columns])])
    return table.dropna(subset=[TRIAL]).drop_duplicates(TRIAL, keep="last")


def _derived(rows: pd.DataFrame, objectives: Mapping[str, Goal]) -> pd.DataFrame:
    """Per trial: steps, seconds, last/..., best/... (each by its own goal) and best_step (the objectives')."""
    final = rows.groupby(TRIAL).tail(1).set_index(TRIAL)
    table = pd.DataFrame(index=final.index)
    table["steps"] = final[STEP].astype(float)
    if SECONDS in final:
        table[SECONDS] = final[SECONDS]
    for name, in_words in ((VERDICT, str), (FINDINGS, cell_of), (EVIDENCE, in_a_cell)):
        if name in final:
            table[name] = final[name].dropna().map(in_words)
    metrics = [name for name in metric_names(rows) if name in final]
    table = table.join(final[metrics].add_prefix(LAST))
    goals = {name: objectives.get(name) or goal_of(name) for name in metrics}
    for name in (name for name in metrics if goals[name]):
        by_trial = rows.groupby(TRIAL)[name]
        table[BEST + name] = by_trial.max() if goals[name] == "maximize" else by_trial.min()
    if next(iter(objectives)) in metrics:
        table[BEST_STEP] = best_rows(rows, objectives)[STEP]
    return table


def _media(folder: Path) -> pd.DataFrame:
    """Every `media/TRIAL/STEP_NAME.png`, sorted by trial, name and step."""
    found = [
        (path.parent.name, int(match[1]), match[2], path)
        for path in folder.glob("*/*.png")
        if (match := MEDIA_NAME.fullmatch(path.name))
    ]
    table = pd.DataFrame(found, columns=MEDIA_COLUMNS)
    return sorted_by_trial(table, "name", STEP)
