"""Rebuilds the events of a sweep from its folder, as if its tracker had received them: for uploading it later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.folder import load, read_rows
from analysis.metrics import goal_of
from analysis.ranking import trial_order
from analysis.results import ENDED, MEDIA_FOLDER, MEDIA_NAME, ROWS_FILE, is_metric, trial_name
from analysis.rows import Row
from sweeps.spec.resolved import Spec
from sweeps.store.journal_recovery import Say, open_search
from sweeps.tracking.final_metrics import tested_events
from sweeps.tracking.queue import Event


@dataclass(frozen=True)
class Replay:
    """Events of the sweep, and of each trial in the order of their numbers; `complete` if none is left to run."""

    sweep: list[Event]
    trials: dict[str, list[Event]]
    complete: bool


def replay(folder: Path, spec: Spec, say: Say) -> Replay:
    """The events of the sweep in `folder`; the caller holds its lock. `say` is told of a journal that is mended."""
    left = load(folder)
    search, rows, pictures = open_search(left, spec, say), _rows(folder), _pictures(folder)
    ends = {trial_name(number): (config, status, reason) for number, config, status, reason in search.ended()}
    running = {trial_name(number): config for number, config in search.unfinished()}
    trials = {}
    for trial in sorted({*ends, *running}, key=trial_order):
        config = ends[trial][0] if trial in ends else running[trial]
        started = {"event": "trial_started", "trial": trial, "config": config, "resumed": False}
        run = search.replicates.get(int(trial))
        of = {} if run is None else {"of": trial_name(run.trial), "seed": run.seed}
        again = [{"event": "replicates", "trial": trial, **of}] if of else []
        trials[trial] = [*again, started, *_steps(trial, rows[trial], pictures[trial])]
        if trial in ends:
            _, status, reason = ends[trial]
            trials[trial].append({"event": "trial_ended", "trial": trial, "status": status, "reason": reason})
    metrics = {name for steps in rows.values() for row in steps.values() for name in row.numbers if is_metric(name)}
    goals = [{"event": "goal", "metric": name, "goal": goal} for name in sorted(metrics) if (goal := goal_of(name))]
    ended = ENDED in left.manifest
    all_asked = ended or (spec.contenders is None and (search.exhausted or bool(spec.budget.limits)))
    return Replay([*goals, *tested_events(folder)], trials, complete=all_asked and not running)


def _steps(trial: str, rows: dict[int, Row], pictures: dict[int, list[tuple[str, str]]]) -> Iterator[Event]:
    """Each step's row and then its pictures."""
    for step in sorted(rows):
        yield {"event": "row", "row": rows[step].document()}
        for name, path in pictures[step]:
            yield {"event": "media", "trial": trial, "step": step, "name": name, "path": path}


def _rows(folder: Path) -> dict[str, dict[int, Row]]:
    """Rows by trial and step; of a step that was said twice the first, which W&B was given too."""
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in read_rows(folder / ROWS_FILE):
        found[row.trial].setdefault(row.step, row)
    return found


def _pictures(folder: Path) -> dict[str, dict[int, list[tuple[str, str]]]]:
    """(name, path in the folder) by trial and step."""
    found: dict[str, dict[int, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((folder / MEDIA_FOLDER).glob("*/*.png")):
        if match := MEDIA_NAME.fullmatch(path.name):
            found[path.parent.name][int(match[1])].append((match[2], str(path.relative_to(folder))))
    return found
