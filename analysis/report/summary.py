"""Summary of a sweep in sentences: what was searched, how the trials ended, the best trial, what mattered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.formatting import counted, dataset_of, duration, is_missing, model_of, subject_of, title, word
from analysis.plots.verdicts import COLLAPSES, UNJUDGED, last_found_beside, last_verdicts
from analysis.ranking import Standing, improves
from analysis.report import contenders
from analysis.report.advice import MIN_TRIALS, advice
from analysis.report.differences import difference
from analysis.results import (
    BEST_STEP,
    FAILED,
    HEALTHY,
    REASON,
    SECONDS,
    SPREAD,
    STATUS,
    STATUSES,
    TRIAL,
    WARM_START,
    SweepResults,
)
from analysis.searched import searched_parameters

MAX_REASONS = 5
MAX_NAMED = 4  # parameters in a sentence
CLEAR = 2.0  # standard errors between two scores that seeds do not explain
WORDS = {"done": "done", "stopped": "stopped early", "failed": "failed", "running": "running or interrupted"}
WINNERS = {"done": "Best", "stopped": "Best of those stopped early, for none is done"}


@dataclass(frozen=True)
class BestScore:
    """The best score of a sweep, with its metric's name."""

    value: str
    label: str


@dataclass(frozen=True)
class Summary:
    """`counts` by status, `sentences` to be read in order, `advice` on what to try next, `reasons` of failures."""

    title: str
    eyebrow: str
    headline: BestScore | None
    counts: Mapping[str, int]
    sentences: tuple[str, ...]
    advice: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]


def summarise(sweep: SweepResults) -> Summary:
    """Numbers and sentences about `sweep`, also one with no trial or no finished one."""
    found = sweep.trials[STATUS].value_counts()
    counts = {name: int(found.get(name, 0)) for name in dict.fromkeys([*STATUSES, *map(str, found.index)])}
    winning = (_winner, contenders.told, _lead) if len(sweep.goals) == 1 else (_front,)
    told = (_began, _ended, *winning, _judged, _mattered, _damage)
    sentences = (_searched(sweep), _went(counts), *(sentence for tell in told for sentence in tell(sweep)))
    return Summary(
        title=title(sweep),
        eyebrow=_eyebrow(sweep),
        headline=_headline(sweep),
        counts=counts,
        sentences=sentences,
        advice=advice(sweep),
        reasons=_reasons(sweep),
    )


def _eyebrow(sweep: SweepResults) -> str:
    """Model, data, search and day in one line."""
    method, started = sweep.spec.get("method"), str(sweep.manifest.get("started") or "")[:10]
    parts = [model_of(sweep), dataset_of(sweep), f"{method} search" if method else "", started]
    return " · ".join(part for part in parts if part)


def _headline(sweep: SweepResults) -> BestScore | None:
    if sweep.best is None:
        return None
    if len(sweep.goals) > 1:
        return BestScore(str(len(sweep.front)), f"on the Pareto front of {', '.join(sweep.goals)}")
    better = "higher" if sweep.goal == "maximize" else "lower"
    value, over = _value(sweep, sweep.best)
    return BestScore(word(value), f"{sweep.objective} of trial {sweep.best}{over} ({better} is better)")


def _value(sweep: SweepResults, trial: str) -> tuple[float, str]:
    """What a trial stands by, and over how many seeds that is the mean, in words, if it was run again."""
    best = sweep.standings[trial].at_best
    if best is None or best.seeds == 1:
        return sweep.score(trial), ""
    return best.value, f" over {best.seeds} seeds"


def _searched(sweep: SweepResults) -> str:
    names = [parameter.name for parameter in searched_parameters(sweep)]
    what = f"{counted(len(names), 'parameter')} ({', '.join(names)})" if names else "no parameter"
    method = sweep.spec.get("method")
    how = f" by {method} search" if method else ""
    to = [f"{'maximise' if goal == 'maximize' else 'minimise'} {name}" for name, goal in sweep.goals.items()]
    return f"Searched {what} of {subject_of(sweep)}{how}, to {' and to '.join(to)}."


def _went(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    if not total:
        return "No trial has started."
    parts = [f"{count} {WORDS.get(name, name)}" for name, count in counts.items() if count]
    return f"{counted(total, 'trial')}: {', '.join(parts)}."


def _began(sweep: SweepResults) -> Iterator[str]:
    """What the search knew of other sweeps before its first trial."""
    lines = sweep.manifest.get(WARM_START)
    for line in lines if isinstance(lines, list) else ():
        yield f"{str(line)[:1].upper()}{str(line)[1:]}."


def _ended(sweep: SweepResults) -> Iterator[str]:
    """What ended the sweep before its time."""
    if sweep.ended_by:
        yield f"What ended it: {sweep.ended_by}."


def _winner(sweep: SweepResults) -> Iterator[str]:
    if sweep.best is None:
        yield f"No trial has a value of {sweep.objective} yet, so there is no best config."
        return
    trial = sweep.trials.set_index(TRIAL).loc[sweep.best]
    which = WINNERS.get(str(trial[STATUS]), "Best so far")
    at = f" at step {trial[BEST_STEP]:.0f}" if not is_missing(trial.get(BEST_STEP)) else ""
    took = f" ({duration(trial[SECONDS])} of training)" if not is_missing(trial.get(SECONDS)) else ""
    value, over = _value(sweep, sweep.best)
    yield f"{which}: trial {sweep.best} with {sweep.objective} {word(value)}{over}{at}{took}."
    yield from _passed_over(sweep)
    others = pd.Series([sweep.score(name) for name in sweep.ranked])
    if len(others) > 2:
        yield f"The median trial reached {word(others.median())}."


def _front(sweep: SweepResults) -> Iterator[str]:
    """The trials that none beats in every objective, and what they trade for what."""
    if not sweep.front:
        yield f"No trial has values of {' and '.join(sweep.goals)} yet, so there is no front."
        return
    of = sum(sweep.standings[trial].status == sweep.standings[sweep.front[0]].status for trial in sweep.ranked)
    status = WORDS[sweep.standings[sweep.front[0]].status].replace("done", "are done", 1)
    size = counted(len(sweep.front), "trial")
    yield f"The Pareto front has {size}: of {of} that {status} none beats one of them in everything."
    for name, goal in sweep.goals.items():
        values = sweep.values(name)[sweep.front]
        best = str(values.idxmax() if goal == "maximize" else values.idxmin())
        others = (f"{other} {word(sweep.values(other)[best])}" for other in sweep.goals if other != name)
        yield f"Best by {name}: trial {best} with {word(values[best])}, at {', '.join(others)}."
    yield from _passed_over(sweep)


def _passed_over(sweep: SweepResults) -> Iterator[str]:
    """The trials of a better score that did not win, because of a fault."""
    best = sweep.standings[sweep.best or ""]
    same = [sweep.standings[trial] for trial in sweep.ranked if sweep.standings[trial].status == best.status]
    better = [s for s in same if s.at_best and best.at_best and s.at_best.fault and not best.at_best.fault]
    better = [s for s in better if improves(sweep.score(s.trial), sweep.score(best.trial), sweep.goal)]
    named = [f"{s.trial} with {word(sweep.score(s.trial))} ({_fault(s)})" for s in better[:MAX_NAMED]]
    more = f" and {len(better) - len(named)} more" if len(better) > len(named) else ""
    if named:
        yield f"Passed over: {', '.join(named)}{more}."


def _fault(standing: Standing) -> str:
    best = standing.at_best
    return best.in_short.replace("_", " ") if best is not None and best.hopeless else "past the constraint"


def _lead(sweep: SweepResults) -> Iterator[str]:
    """By how much the winner leads, and whether that is more than the luck of a seed."""
    if len(sweep.ranked) < 2:
        return
    first, second = sweep.ranked[:2]
    if not _comparable(*(sweep.standings[trial] for trial in (first, second))) or _value(sweep, first)[1]:
        return
    lead = abs(sweep.score(first) - sweep.score(second))
    spreads, seeds = sweep.values(sweep.objective + SPREAD)[[first, second]], sweep.seeds
    if seeds < 2 or spreads.isna().any():
        yield (
            f"It leads trial {second} by {word(lead)}. One seed a config cannot tell that from the luck of a seed: "
            "replicates in the spec, or sweeps train with several seeds, can."
        )
        return
    error = float(np.sqrt((spreads**2).sum() / seeds))
    if lead > CLEAR * error:
        sure = f"{word(lead / error)} standard errors of {seeds} seeds: more than seed noise"
    else:
        sure = f"within the noise of {seeds} seeds (standard error {word(error)})"
    yield f"It leads trial {second} by {word(lead)}, {sure}."


def _comparable(one: Standing, other: Standing) -> bool:
    """Whether it is their values that part two trials, and not how they ended or a fault of one."""
    faults = [standing.at_best.fault for standing in (one, other) if standing.at_best is not None]
    return one.status == other.status and len(set(faults)) == 1


def _judged(sweep: SweepResults) -> Iterator[str]:
    """How many trials had collapsed at their last step or had another fault, and what goes with that."""
    verdicts = last_verdicts(sweep)
    judged = verdicts[verdicts != UNJUDGED]
    if judged.empty:
        return
    counts = judged.value_counts()
    faults = ", ".join(f"{count} {str(name).replace('_', ' ')}" for name, count in counts.items() if name != HEALTHY)
    found = f" (found: {faults})" if faults else ""
    collapsed = judged.isin(COLLAPSES).sum()
    hidden = last_found_beside(sweep).map(lambda others: not set(COLLAPSES).isdisjoint(others))
    hidden &= ~verdicts.isin(COLLAPSES)
    more = f", and {hidden.sum()} more behind another verdict" if hidden.any() else ""
    yield (
        f"Of {len(judged)} judged trials {counts.get(HEALTHY, 0)} ended healthy and {collapsed} collapsed{more}{found}."
    )
    apart = difference(sweep, (verdicts.isin(COLLAPSES) | hidden).to_numpy())
    if apart:
        yield f"Collapse goes with {apart.words}."


def _mattered(sweep: SweepResults) -> Iterator[str]:
    """The parameters that told the top trials apart."""
    shares = sweep.importance.get("shares", {})
    if shares:
        largest = list(shares.items())[:MAX_NAMED]
        named = ", ".join(f"{name} ({share:.0%})" for name, share in largest)
        top, trials, method = (sweep.importance.get(key) for key in ("top", "trials", "method"))
        by = f" by {sweep.objective}" if len(sweep.goals) > 1 else ""
        yield f"What told the top {top} of {trials} trials{by} apart most: {named}, by {method}."
    elif 0 < len(sweep.ranked) < MIN_TRIALS and searched_parameters(sweep):
        yield "Which parameters mattered cannot be told from so few trials."


def _damage(sweep: SweepResults) -> Iterator[str]:
    """What of the folder could not be read."""
    yield from (f"{line}." for line in sweep.damage)


def _reasons(sweep: SweepResults) -> tuple[tuple[str, int], ...]:
    failed = sweep.trials[sweep.trials[STATUS] == FAILED]
    counts = failed[REASON].replace("", "no reason recorded").value_counts().head(MAX_REASONS)
    return tuple((str(reason), int(count)) for reason, count in counts.items())
