"""A sweep in words: what was searched, how it went, what won."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.results import BEST_STEP, CONFIG, FAILED, REASON, SECONDS, STATUS, STATUSES, TRIAL, Sweep
from analysis.searched import searched_parameters
from analysis.words import dataset_of, is_missing, model_of, seconds_word, title, word

MAX_REASONS = 5
WORDS = {"done": "done", "stopped": "stopped early", "failed": "failed", "running": "running or interrupted"}


@dataclass(frozen=True)
class Headline:
    """The one number of a sweep, and what it is."""

    value: str
    label: str


@dataclass(frozen=True)
class Summary:
    """`counts` by status, `sentences` to be read in order, the winner's `config`, `reasons` of failures with counts."""

    title: str
    eyebrow: str
    headline: Headline | None
    counts: Mapping[str, int]
    sentences: tuple[str, ...]
    config: Mapping[str, str]
    reasons: tuple[tuple[str, int], ...]


def summarise(sweep: Sweep) -> Summary:
    """Numbers and sentences about `sweep`, also one with no trial or no finished one."""
    found = sweep.trials[STATUS].value_counts()
    counts = {name: int(found.get(name, 0)) for name in dict.fromkeys([*STATUSES, *map(str, found.index)])}
    sentences = (_searched(sweep), _went(counts), *_winner(sweep), *_unreadable(sweep))
    return Summary(
        title(sweep), _eyebrow(sweep), _headline(sweep), counts, sentences, best_config(sweep), _reasons(sweep)
    )


def best_config(sweep: Sweep) -> dict[str, str]:
    """The winner's parameters in words, without those it does not use; {} if nothing has won."""
    if sweep.best is None:
        return {}
    trial = sweep.trials.set_index(TRIAL).loc[sweep.best]
    columns = [str(name) for name in trial.index if str(name).startswith(CONFIG) and not is_missing(trial[name])]
    return {name.removeprefix(CONFIG): word(trial[name]) for name in columns}


def _eyebrow(sweep: Sweep) -> str:
    """Model, data, search and day in one line."""
    method, started = sweep.spec.get("method"), str(sweep.manifest.get("started") or "")[:10]
    parts = [model_of(sweep), dataset_of(sweep), f"{method} search" if method else "", started]
    return " · ".join(part for part in parts if part)


def _headline(sweep: Sweep) -> Headline | None:
    if sweep.best is None:
        return None
    better = "higher" if sweep.goal == "maximize" else "lower"
    return Headline(word(sweep.score(sweep.best)), f"{sweep.objective} of trial {sweep.best} ({better} is better)")


def _searched(sweep: Sweep) -> str:
    names = [parameter.name for parameter in searched_parameters(sweep)]
    what = f"{len(names)} parameter{'s' * (len(names) != 1)} ({', '.join(names)})" if names else "no parameter"
    method = sweep.spec.get("method")
    how = f" by {method} search" if method else ""
    towards = "maximise" if sweep.goal == "maximize" else "minimise"
    return f"Searched {what} of {model_of(sweep)} on {dataset_of(sweep)}{how}, to {towards} {sweep.objective}."


def _went(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    if not total:
        return "No trial has started."
    parts = [f"{count} {WORDS.get(name, name)}" for name, count in counts.items() if count]
    return f"{total} trial{'s' * (total != 1)}: {', '.join(parts)}."


def _winner(sweep: Sweep) -> Iterator[str]:
    if sweep.best is None:
        yield f"No trial has a value of {sweep.objective} yet, so there is no best config."
        return
    trial = sweep.trials.set_index(TRIAL).loc[sweep.best]
    so_far = "" if trial[STATUS] == "done" else " so far"
    at = f" at step {trial[BEST_STEP]:.0f}" if not is_missing(trial.get(BEST_STEP)) else ""
    took = f" ({seconds_word(trial[SECONDS])} of training)" if not is_missing(trial.get(SECONDS)) else ""
    yield f"Best{so_far}: trial {sweep.best} with {sweep.objective} {word(sweep.score(sweep.best))}{at}{took}."
    others = pd.Series([sweep.score(name) for name in sweep.ranked])
    if len(others) > 2:
        yield f"The median trial reached {word(others.median())}."


def _unreadable(sweep: Sweep) -> Iterator[str]:
    if sweep.unreadable:
        yield f"{sweep.unreadable} line{'s' * (sweep.unreadable != 1)} of results.jsonl could not be read."


def _reasons(sweep: Sweep) -> tuple[tuple[str, int], ...]:
    failed = sweep.trials[sweep.trials[STATUS] == FAILED]
    counts = failed[REASON].replace("", "no reason recorded").value_counts().head(MAX_REASONS)
    return tuple((str(reason), int(count)) for reason, count in counts.items())
