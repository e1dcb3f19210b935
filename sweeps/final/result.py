"""The result of a final training as one document: test metrics over the seeds, the gap, configs and versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.final_result import FinalResult, SeedRow
from analysis.ranking import trial_order
from analysis.results import DONE, REASON, STATUS, STEP, TRIAL, SweepResults, metric_names
from sweeps.final import gap
from sweeps.final.plan import Plan
from sweeps.spec.resolved import Spec
from sweeps.store.manifest import git_state, machine, versions


def ended(sweep: SweepResults, *statuses: str) -> list[str]:
    """The names of the trials that ended with one of these statuses."""
    return sorted(sweep.trials.loc[sweep.trials[STATUS].isin(statuses), TRIAL], key=trial_order)


def ignores_seed(replicates: SweepResults) -> bool:
    """Whether two or more seeds gave the same metrics at every step: training is deterministic, one seed is enough."""
    done = ended(replicates, DONE)
    rows = replicates.rows[replicates.rows[TRIAL].isin(done)]
    names = metric_names(rows)
    if len(done) < 2 or not names or rows.groupby(TRIAL).size().nunique() > 1:
        return False
    return bool((rows.groupby(STEP)[names].nunique(dropna=False) == 1).all(axis=None))


def result_document(
    best: Spec, planned: Plan, replicates: SweepResults, final: SweepResults, tests: list[SeedRow], changed: list[str]
) -> FinalResult:
    """The result document. `tests`: a row of test metrics per finished seed; `changed`: what differs from the sweep."""
    lock = best.lock or {}
    metric, goal = str(lock.get("metric", best.metric.name)), str(lock.get("goal", best.metric.goal))
    last = replicates.final.loc[ended(replicates, DONE)]
    fresh = [float(value) for value in last[metric]] if metric in last else []
    data = replicates.manifest.get("data") or {}
    tested = gap.summary(tests, data.get("classes") or ())
    failed = [*_failures("replicate", replicates), *_failures("final training", final)]
    return {
        "model": best.model,
        "dataset": best.dataset,
        "config": planned.final.fixed,
        "seeds": planned.final.seeds,
        "seedless": ignores_seed(replicates),
        "kept": tests[0][TRIAL],
        "images": {"sweep": planned.images[0], "final": planned.images[1]},
        "steps": planned.steps,
        "gap": gap.optimism(lock, metric, goal, fresh, tested, data.get("val")),
        "test": tested,
        "each": tests,
        "training": _trained(final),
        "failed": failed,
        "changed": changed,
        "lock": dict(lock),
        "versions": versions(),
        "git": git_state(Path.cwd()),
        "machine": machine(),
    }


def _failures(what: str, sweep: SweepResults) -> list[str]:
    ended = sweep.trials[sweep.trials[STATUS] != DONE]
    return [f"{what} {trial}: {reason}" for trial, reason in zip(ended[TRIAL], ended[REASON], strict=True)]


def _trained(final: SweepResults) -> list[dict[str, Any]]:
    table = final.trials[final.trials[STATUS] == DONE]
    return [{str(k): v for k, v in row.items()} for row in table[[TRIAL, "steps", "seconds"]].to_dict("records")]
