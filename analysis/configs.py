"""Reads the configs of a sweep's trials from its folder, every value with its original type.

`configs.jsonl` has a line a trial. A folder from before there was one has the same in Optuna's journal, which is JSON
lines as well; where that is gone, the cells of the table for people are matched with the values that the spec names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.results import CONFIG, CONFIGS_FILE, JOURNAL_FILE, TRIAL, trial_name
from basics.json_lines import json_lines

Config = dict[str, Any]

# Optuna's journal: its first line, a trial that is made, a parameter's value, and an attribute of a trial.
FIRST, CREATED, PARAMETER, ATTRIBUTE = 0, 4, 5, 8
VALUES = "config"  # the attribute with the values of those parameters of which a quantile was drawn


def read_configs(folder: Path, spec: Mapping[str, Any], written: pd.DataFrame) -> dict[str, Config]:
    """By trial, from the best source that has it; `written` are the cells of trials.csv."""
    declared: Mapping[str, Any] = spec.get("parameters") or {}
    kept = {str(line[TRIAL]): dict(line["config"]) for line in json_lines(folder / CONFIGS_FILE) if _is_config(line)}
    if set(written[TRIAL]) <= kept.keys():
        return kept
    return {**_of_cells(written, declared), **_of_journal(folder / JOURNAL_FILE, declared), **kept}


def config_columns(configs: Mapping[str, Mapping[str, Any]], trials: Sequence[str]) -> pd.DataFrame:
    """A column config/NAME a parameter, a line for each of `trials`; NaN where it has no part in a trial's config.

    Values of one type are a column of that type; in any other each keeps its own, None is a null that was chosen. Lists
    and mappings are their JSON.
    """
    of = [configs.get(trial, {}) for trial in trials]
    names = dict.fromkeys(name for config in of for name in config)
    of = [{name: in_text(value) for name, value in config.items()} for config in of]
    columns = {CONFIG + name: _column([config.get(name, math.nan) for config in of]) for name in names}
    return pd.DataFrame(columns, index=range(len(of)))


def numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """The numbers of a column, NaN for words (also for those that look like numbers) and for null."""
    words = column.map(lambda value: value is None or isinstance(value, str)).astype(bool)
    return pd.to_numeric(column.where(~words), errors="coerce").astype(float)


def in_text(value: Any) -> Any:
    """A list or a mapping as its JSON, of which a table can have columns; any other value itself."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def is_nothing(value: Any) -> bool:
    """Whether a cell is empty: its parameter has no part in the config. A null that was chosen is None."""
    return isinstance(value, float) and math.isnan(value)


def plain(value: Any) -> Any:
    """A cell of numpy's as Python's own."""
    return value.item() if hasattr(value, "item") else value


def _is_config(line: Any) -> bool:
    return isinstance(line, dict) and TRIAL in line and isinstance(line.get("config"), dict)


def _column(values: list[Any]) -> pd.Series[Any]:
    kinds = {type(value) for value in values if not is_nothing(value)}
    return pd.Series(values) if len(kinds) == 1 and None not in values else pd.Series(values, dtype=object)


def _of_journal(path: Path, declared: Mapping[str, Any]) -> dict[str, Config]:
    """What the search drew, beside what the spec fixes; nothing from a damaged line on, since trials are counted."""
    fixed = {name: domain["value"] for name, domain in declared.items() if _is_fixed(domain)}
    configs: list[Config] = []
    said: list[Config] = []  # values of which the quantiles were drawn
    with suppress(KeyError, TypeError, ValueError, IndexError):
        for place, line in enumerate(json_lines(path)):
            if place == 0 and line["op_code"] != FIRST:
                break
            if line["op_code"] == CREATED:
                configs.append(dict(fixed))
                said.append((line.get("user_attrs") or {}).get(VALUES, {}))
            elif line["op_code"] == ATTRIBUTE:
                said[line["trial_id"]] = line["user_attr"].get(VALUES, said[line["trial_id"]])
            elif line["op_code"] == PARAMETER:
                name = line["param_name"]
                configs[line["trial_id"]][name] = _drawn(line, declared.get(name))
    whole = [config | _among(config, values) for config, values in zip(configs, said, strict=True)]
    return {trial_name(number): config for number, config in enumerate(whole) if config.keys() - fixed.keys()}


def _among(config: Config, values: Config) -> Config:
    return {name: value for name, value in values.items() if name in config}


def _drawn(line: Mapping[str, Any], domain: Any) -> Any:
    distribution, value = json.loads(line["distribution"]), line["param_value_internal"]
    if choices := distribution["attributes"].get("choices"):
        by_words = list(choices) == list(map(json.dumps, _values(domain)))  # where some are equal to Python: 1 and true
        return json.loads(choices[int(value)]) if by_words else choices[int(value)]
    if q := domain.get("q") if isinstance(domain, Mapping) else None:  # what was drawn is rounded to a multiple
        return round(value / q) * q if isinstance(q, int) else float(round(value / q) * Fraction(repr(q)))
    return int(value) if distribution["name"].startswith("Int") else value


def _of_cells(written: pd.DataFrame, declared: Mapping[str, Any]) -> dict[str, Config]:
    """What the cells, all of them words, say; an empty one is null where null may be chosen and is written nowhere."""
    configs: dict[str, Config] = {str(trial): {} for trial in written[TRIAL]}
    for column in (name for name in map(str, written) if name.startswith(CONFIG)):
        name, cells = column.removeprefix(CONFIG), list(written[column])
        texts = _texts(declared.get(name))
        empty_is_null = None in texts.values() and "null" not in cells
        for trial, cell, guess in zip(configs, cells, _guessed(cells), strict=True):
            if not is_nothing(cell):
                configs[trial][name] = texts.get(cell, guess)
            elif empty_is_null:
                configs[trial][name] = None
    return configs


def _texts(domain: Any) -> dict[str, Any]:
    """The values that the spec names, by what the table writes for them; the first of two that are written alike."""
    values: Sequence[Any] = [domain["value"]] if _is_fixed(domain) else _values(domain)
    return {"null" if value is None else str(in_text(value)): value for value in reversed(values)}


def _guessed(cells: Sequence[Any]) -> Sequence[Any]:
    """Cells as numbers or as true and false, if all that are not empty are."""
    there = [cell for cell in cells if not is_nothing(cell)]
    for kind in (int, float, {"True": True, "False": False}.__getitem__):
        with suppress(ValueError, KeyError):
            found = iter([kind(cell) for cell in there])
            return [cell if is_nothing(cell) else next(found) for cell in cells]
    return cells


def _is_fixed(domain: Any) -> bool:
    return isinstance(domain, Mapping) and "value" in domain


def _values(domain: Any) -> Sequence[Any]:
    values = domain.get("values") if isinstance(domain, Mapping) else None
    return values if isinstance(values, list) else ()
