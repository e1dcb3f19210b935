"""Runs a program's best config again, with several seeds: how good it is without the luck of having been picked.

A program has its own data, so there is no test set that could be read here; what it logs of one counts as any metric.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, TypedDict

from analysis.final_result import Measured
from analysis.results import DONE, REASON, STATUS, TRIAL, SweepResults, metric_names
from basics.files import replace_file
from sweeps.final import gap
from sweeps.final.result import ended
from sweeps.final.train import RESULT_FILE, Request, Say, open_folder, swept
from sweeps.results.table_rows import TableRow
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.store.folder_lock import locked
from sweeps.store.manifest import git_state, machine, versions

RUNS = "runs"  # the folder of the sweep of the one config


class ProgramResult(TypedDict):
    """Of each metric, at the best step of each run, the mean over the runs with its interval.

    `seed_parameter` is None where the program has none, so that its runs differ by chance alone.
    """

    program: str
    metric: str
    config: dict[str, Any]
    seeds: int
    seed_parameter: str | None
    metrics: dict[str, Measured]
    failed: list[str]
    lock: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any] | None
    machine: dict[str, Any]


def repeat(request: Request, say: Say) -> ProgramResult:
    """Run the config, or go on where that was left, or say again what came of it; errors as of `final.train.train`."""
    open_folder(request)
    with locked(request.folder):
        finished = request.folder / RESULT_FILE
        if finished.exists():
            say(f"{request.folder} is finished: what follows was measured then")
            found: ProgramResult = json.loads(finished.read_text())
            return found
        result = _result(request, swept(request.folder / RUNS, runs_of(request), request.options))
        replace_file(finished, json.dumps(result, indent=2).encode())
        return result


def runs_of(request: Request) -> Spec:
    """The sweep of the one config: a trial for each seed, which is another value of the parameter that seeds it."""
    best, seeds = request.best, request.seeds
    name = seed_parameter(best)
    lines: dict[str, Any] = {"name": f"{best.short_name}-seeds"}
    if name is None:
        return load_spec(best.document(), lines | {"seeds": seeds})
    others = [seed for seed in islice(count(1), seeds + 1) if seed != best.fixed[name]][:seeds]
    return load_spec(best.document(), lines | {"method": "grid", "run_cap": seeds, f"parameters.{name}": others})


def seed_parameter(best: Spec) -> str | None:
    """The parameter of the config that seeds the program, if it has one."""
    return best.program.seed_name(best.fixed) if best.program is not None else None


def rows(result: ProgramResult) -> list[TableRow]:
    """The metrics as a table, the objective first."""
    names = sorted(result["metrics"], key=lambda name: name != result["metric"])
    return [{"metric": name, **_row(result["metrics"][name])} for name in names]


def sentence(result: ProgramResult) -> str:
    """What the objective came to, beside what it was in the sweep."""
    metric, lock = result["metric"], result["lock"]
    fresh = result["metrics"].get(metric)
    if fresh is None:
        return f"{metric}: no run that came to its end has it"
    before = f"{lock['score']:.4g} in the sweep, " if lock.get("metric") == metric and "score" in lock else ""
    how = "seeds" if result["seed_parameter"] else "runs (the program has no parameter that seeds it)"
    return f"{metric}: {before}{fresh['mean']:.4g} on average of {fresh.get('n', 1)} {how}"


def _result(request: Request, sweep: SweepResults) -> ProgramResult:
    best, done = request.best, ended(sweep, DONE)
    table = sweep.at_best.loc[done]
    each = [{TRIAL: trial, **dict(_numbers(table, trial))} for trial in done]
    others = sweep.trials[sweep.trials[STATUS] != DONE]
    return {
        "program": best.model,
        "metric": best.metric.name,
        "config": dict(best.fixed),
        "seeds": request.seeds,
        "seed_parameter": seed_parameter(best),
        "metrics": gap.summary(each),
        "failed": [f"{trial}: {reason}" for trial, reason in zip(others[TRIAL], others[REASON], strict=True)],
        "lock": dict(best.lock or {}),
        "versions": versions(),
        "git": git_state(Path.cwd()),
        "machine": machine(),
    }


def _numbers(table: Any, trial: str) -> Iterator[tuple[str, float]]:
    for name in metric_names(table):
        if (value := table.at[trial, name]) == value:  # not of a row that lacks it
            yield name, float(value)


def _row(measured: Measured) -> TableRow:
    ends = {"low": measured.get("low"), "high": measured.get("high"), "n": measured.get("n")}
    return {"mean": measured["mean"], **{key: value for key, value in ends.items() if value is not None}}
