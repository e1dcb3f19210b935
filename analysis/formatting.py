"""Formats numbers, durations, names and values of a sweep as text."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import yaml

from analysis.configs import in_text, plain
from analysis.results import SweepResults


def title(sweep: SweepResults) -> str:
    return str(sweep.spec.get("name") or subject_of(sweep))


def class_names(sweep: SweepResults, count: int) -> tuple[str, ...]:
    """The names of the data's `count` classes; numbers where the manifest does not name so many."""
    names = (sweep.manifest.get("data") or {}).get("classes") or ()
    return tuple(map(str, names if len(names) == count else range(count)))


def word(value: Any) -> str:
    """A value of a table for a reader: four digits of a number, nothing for a missing one."""
    if is_missing(value):
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.4g}" if is_number else str(value)


def in_yaml(value: Any) -> str:
    """A parameter's value as the YAML of a spec has it: words that look like something else are in quotes."""
    value = in_text(value)
    if value is None or isinstance(value, bool | np.bool_):
        return "null" if value is None else str(value).lower()
    if not isinstance(value, str):
        return f"{value:g}" if float(f"{value:g}") == value else repr(plain(value))
    if _is_nested(value):
        return value
    try:
        is_word = yaml.safe_load(value) == value and _not_a_number(value)
    except yaml.YAMLError:
        is_word = False
    return value if is_word else json.dumps(value, ensure_ascii=False)


def _is_nested(text: str) -> bool:
    """Whether it is the JSON of a list or a mapping, as columns have it: YAML has that too."""
    try:
        return text[:1] in ("[", "{") and isinstance(json.loads(text), list | dict)
    except ValueError:
        return False


def _not_a_number(text: str) -> bool:
    """YAML takes 1e5 for a word."""
    try:
        float(text)
    except ValueError:
        return True
    return False


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 trial, 2 trials."""
    return f"{number} {noun}{'s' * (number != 1)}"


def duration(seconds: Any) -> str:
    """A duration in the two units that matter."""
    if is_missing(seconds):
        return ""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def model_of(sweep: SweepResults) -> str:
    """The model, or the program in its place."""
    other = "a program" if is_of_program(sweep) else "an unnamed model"
    return str(sweep.spec.get("model") or sweep.spec.get("program") or other)


def dataset_of(sweep: SweepResults) -> str:
    """Nothing where a program has its own."""
    return str(sweep.spec.get("dataset") or ("" if is_of_program(sweep) else "an unnamed dataset"))


def subject_of(sweep: SweepResults) -> str:
    """What is trained on what, in words."""
    dataset = dataset_of(sweep)
    return f"{model_of(sweep)} on {dataset}" if dataset else model_of(sweep)


def is_of_program(sweep: SweepResults) -> bool:
    """Whether its trials are programs."""
    return "model" not in sweep.spec and not sweep.spec.keys().isdisjoint(("program", "command"))


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
