"""Reads what other sweeps found from their folders, for the search of a new one (`warm_start`), and keeps a copy.

The copy is the new sweep's own: whatever becomes of those folders, a resume knows what the start knew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.folder import load
from analysis.formatting import counted
from analysis.results import EARLIER_FILE, REASON, STATUS, TRIAL, ResultsError
from basics.files import replace_file
from basics.text import shown
from search_spaces.conditions import same
from search_spaces.domains import Choice, SpaceError
from search_spaces.known import nearest
from search_spaces.space import Config
from sweeps.errors import FolderError, SpecError
from sweeps.search.earlier import EarlierTrial
from sweeps.search.journal import CRASHED
from sweeps.search.methods import row_of
from sweeps.spec.resolved import Spec
from sweeps.spec.search.warm_start import KEY
from trainables import ModelError, find_model

# Lines that a trial's value rests on.
OF_A_VALUE = ("model", "program", "command", "environment", "dataset", "classes", "train_size", "inception", "final")
CLOSE = 1e-9  # a share of a number: two that are no farther apart are the same
NAMED = 3  # reasons in a line


@dataclass
class Gathered:
    """What is known of other sweeps, and a line about each of them."""

    trials: list[EarlierTrial] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def gather(spec: Spec, content_hash: str | None = None) -> Gathered:
    """All of `warm_start`; `content_hash` is that of this sweep's data, where it is known already.

    SpecError for a folder that is none of a sweep, has nothing that could be used, or is of no use to the method.
    """
    found = Gathered()
    for name in spec.warm_start:
        try:
            trials, line = _Source(spec, Path(name), content_hash).read()
        except ResultsError as error:
            raise SpecError(str(error), key=KEY) from None
        found.trials += trials
        found.lines.append(line)
    return found


def keep(folder: Path, spec: Spec, content_hash: str | None) -> list[str]:
    """Gather, and leave the copy in a new sweep's folder; what is to be said of it, a line each."""
    if not spec.warm_start:
        return []
    gathered = gather(spec, content_hash)
    lines = "".join(json.dumps(trial.document()) + "\n" for trial in gathered.trials)
    replace_file(folder / EARLIER_FILE, lines.encode())
    return gathered.lines


def kept(folder: Path, spec: Spec) -> list[EarlierTrial]:
    """What the search of the sweep in `folder` knew when it began; FolderError where that was lost."""
    if not spec.warm_start:
        return []
    path = folder / EARLIER_FILE
    try:
        return [EarlierTrial.of(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        what = "gone" if isinstance(error, FileNotFoundError) else "damaged"
        raise FolderError(
            f"{path}: {what}, and it holds the trials of other sweeps that this search began with (warm_start): "
            "it would not go on as it began"
        ) from None


class _Source:
    """Another sweep, as this one can use it."""

    def __init__(self, spec: Spec, folder: Path, content_hash: str | None) -> None:
        self._spec, self._folder = spec, folder
        self._left = load(folder)
        self._apart = self._difference(content_hash)
        if not self._apart:  # ranked by this sweep's objective and its bound
            ours = spec.document()
            self._left = load(folder, {name: ours.get(name) or {} for name in ("metric", "constraint")})
        self._here = _defaults(spec.model, spec.model_path)
        theirs = str(self._left.spec.get("model"))
        # Nobody's own model is imported because another sweep was of it.
        self._there = self._here if theirs == spec.model else {} if ":" in theirs else _defaults(theirs, ())
        self._out: Counter[str] = Counter()

    def read(self) -> tuple[list[EarlierTrial], str]:
        if self._apart and self._spec.metric.others:
            what = f"{self._folder}: of several metrics trials whose values compare alone: {self._apart}"
            raise SpecError(what, key=KEY, valid="sweeps of the same model, data and steps")
        if self._apart and row_of(self._spec.method).earlier != "honoured":
            what = f"{self._folder}: {self._spec.method} takes trials whose values compare alone: {self._apart}"
            raise SpecError(what, key=KEY, valid="method: tpe, which reads others by their ranks")
        trials = list(self._trials())
        reasons = ", ".join(f"{why}{f' ({n})' if n > 1 else ''}" for why, n in self._out.most_common(NAMED))
        out = sum(self._out.values())
        if not trials:
            raise SpecError(f"{self._folder}: nothing that could be used: {reasons or 'no trial has ended'}", key=KEY)
        line = f"warm start: {counted(len(trials), 'trial')} of {self._folder}"
        line += f" ({self._apart}: known by rank alone)" if self._apart else ""
        return trials, line + (f", {out} left out: {reasons}" if out else "")

    def _trials(self) -> Iterator[EarlierTrial]:
        left, places = self._left, {trial: place for place, trial in enumerate(self._left.ranked)}
        for line in left.trials.to_dict("records"):
            trial, status = str(line[TRIAL]), str(line[STATUS])
            failed = status == "failed" and not str(line[REASON]).startswith(CRASHED)
            if trial in left.replicates or (not failed and (trial not in places or status == "running")):
                continue  # it says nothing of its config
            try:
                config = self._config(left.configs.get(trial, {}))
            except LookupError as error:
                self._out[str(error.args[0])] += 1
                continue
            share = places.get(trial, len(places)) / max(len(places), 1) if self._apart else None
            if failed or self._apart:
                yield EarlierTrial(config, "failed" if failed else "done", share=share)
            else:
                yield self._compared(config, trial, int(line["steps"]))

    def _compared(self, config: Config, trial: str, steps: int) -> EarlierTrial:
        standing = self._left.standings[trial]
        best = standing.at_best
        assert best is not None
        status = "done" if standing.status == "done" else "stopped"
        return EarlierTrial(config, status, best.value, steps, best.violations, None, best.others)  # type: ignore[arg-type]

    def _config(self, there: Mapping[str, Any]) -> Config:
        """A config of theirs by what is searched here; LookupError, with the reason, where this space has none such.

        A parameter that only one of the two sweeps names has in the other the default of its model.
        """
        given = {**self._there, **there}
        for name, value in self._spec.fixed.items():
            _check_same(name, given, value)
        config = self._spec.space.resolve(lambda name, domain: _within(name, domain, given), self._spec.fixed)
        for name, value in there.items():
            if name not in config and name in self._here:
                _check_same(name, {name: value}, self._here[name])
        return {name: value for name, value in config.items() if name not in self._spec.fixed}

    def _difference(self, content_hash: str | None) -> str:
        """Why their values do not compare with this sweep's, in words; nothing where they do."""
        theirs, ours = self._left.spec, self._spec.document()
        data = (self._left.manifest.get("data") or {}).get("hash")
        by_hash = content_hash is not None and data is not None
        if by_hash and data != content_hash:
            return "another data set"
        for name in (name for name in OF_A_VALUE if not (by_hash and name in ("dataset", "classes", "train_size"))):
            if theirs.get(name) != ours.get(name):
                return "another data set" if name == "dataset" else f"another {name}"
        steps = (theirs.get("budget") or {}).get("steps")
        if steps != self._spec.budget.steps:
            return f"{steps or 'all'} steps there, {self._spec.budget.steps or 'all'} here"
        lacking = [name for name in self._spec.metric.names if name not in self._left.rows]
        return f"its rows have no {lacking[0]}" if lacking else ""


def _defaults(model: str, path: Sequence[str]) -> Mapping[str, Any]:
    """What a model takes when nothing is said; nothing where that is not known."""
    try:
        return find_model(model, [Path(folder) for folder in path]).defaults()
    except ModelError:
        return {}


def _check_same(name: str, given: Mapping[str, Any], value: Any) -> None:
    if name not in given:
        raise LookupError(f"{name} is not known there")
    if not same(given[name], value) and not _close(given[name], value):
        raise LookupError(f"{name} is {shown(given[name])} there, {shown(value)} here")


def _within(name: str, domain: Any, given: Mapping[str, Any]) -> Any:
    if name not in given:
        raise LookupError(f"{name} is not known there")
    try:
        there = nearest(domain, given[name])
    except SpaceError:
        raise LookupError(f"{name} is outside {_span(domain)}") from None
    if not same(there, given[name]) and not _close(there, given[name]):
        raise LookupError(f"{name} is outside {_span(domain)}")
    return there


def _span(domain: Any) -> str:
    if isinstance(domain, Choice):
        return shown(list(domain.choices))
    step = getattr(domain, "step", None)
    return f"[{domain.low:g}, {domain.high:g}]" + (f" in steps of {step:g}" if step not in (None, 1) else "")


def _close(one: Any, other: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return numbers and abs(float(one) - float(other)) <= CLOSE * max(abs(float(one)), abs(float(other)))
