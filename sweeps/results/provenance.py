"""The best config as a spec that runs, with a lock: where it is from, on what it was found, what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.results import CONTINUES, SPEC_FILE, TRIAL, continued
from sweeps.errors import SpecError
from sweeps.results.candidates import Candidate
from sweeps.results.ranking import Ranking
from sweeps.results.table_rows import TableRow, beside, plain
from sweeps.search.methods import row_of
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.spec.seeds import trial_seeds
from sweeps.store.manifest import git_state, machine, versions
from trainables.entry import TRAIN_SIZE

HARDWARE = ("arch", "cpu", "cpus", "memory_gib", "gpus")


def best_spec(ranking: Ranking, place: int = 0) -> Spec:
    """The config of a ranked trial as a spec of one trial, with its lock; a model of one's own is not imported."""
    spec = load_spec(ranking.sweep.folder / SPEC_FILE, trusted=False)
    chosen, document = ranking.candidates[place], spec.document()
    document["parameters"] = spec.fixing(chosen.config)
    if len(ranking.goals) == 1:
        document["metric"] = {"name": ranking.metric, "goal": ranking.goals[ranking.metric]}
    elif isinstance(document["metric"], dict):
        document["metric"].pop("target", None)
    document |= {"method": "random", "run_cap": 1, "lock": _lock(ranking, chosen, spec)}
    for line in ("early_terminate", "constraint", "seeds", "enqueue", "warm_start"):
        document.pop(line, None)
    document |= {"replicates": spec.replicates}
    return load_spec(document, trusted=False)


def _lock(ranking: Ranking, chosen: Candidate, spec: Spec) -> dict[str, Any]:
    manifest, metric = ranking.sweep.manifest, ranking.metric
    span = ranking.interval(chosen)
    data = {**manifest.get("data", {})}
    if chosen.config.get(TRAIN_SIZE) is not None:
        data["train"] = int(chosen.config[TRAIN_SIZE])
    line = [*ranking.sweep.ancestors(chosen.trial), chosen.trial]
    lock = {
        "sweep": manifest.get("sweep"),
        "trial": chosen.trial,
        "trials": ranking.done,
        "metric": metric,
        "goal": ranking.goals[metric],
        "score": plain(chosen.row[metric]),
        "front": {name: plain(chosen.row[name]) for name in ranking.goals} if len(ranking.goals) > 1 else None,
        "interval": None if span.low is None else [span.low, span.high],
        "over_seeds": 1 + len(chosen.others) if chosen.others else None,
        "first_seed": chosen.alone.at_best.value if chosen.alone is not None else None,
        "step": chosen.step,
        "steps": chosen.steps,
        "stopped": ranking.stopped or None,  # early, as were all: none is done
        "verdict": chosen.verdict or None,
        "seeds": {"sweep": spec.seed, "trial": list(trial_seeds(spec, int(_first_of(ranking, line[0]))))},
        "line": line if len(line) > 1 else None,  # of trials, each of which went on from the one before
        "sampler": row_of(spec.method).sampler,
        "data": data or None,
        **{name: manifest.get(name) for name in ("versions", "git", "machine")},
    }
    return {name: value for name, value in lock.items() if value is not None}


def _first_of(ranking: Ranking, trial: str) -> str:
    """The trial that began what this one goes on with, perhaps by way of others: it gave them its seeds."""
    table = ranking.sweep.trials.set_index(TRIAL)
    before = {str(name): continued(cell) for name, cell in table[CONTINUES].items()} if CONTINUES in table else {}
    while before.get(trial):
        trial = before[trial]
    return trial


def locked_row(spec: Spec) -> TableRow:
    """One row of the one config of a spec, as `sweeps best` has it of a trial: what its lock says of it, and `why`."""
    lock = spec.lock or {}
    if spec.space:
        raise SpecError(f"{next(iter(spec.space))} is still to be searched", key="parameters", valid="one config")
    low, high = lock.get("interval") or (None, None)
    figures = lock.get("front") or ({str(lock["metric"]): lock.get("score")} if "metric" in lock else {})
    shown = {"trial": lock.get("trial"), "verdict": lock.get("verdict"), **figures, "low": low, "high": high}
    shown |= {"best_step": lock.get("step")}
    kept = {name: value for name, value in shown.items() if value is not None}
    config = {name: value for name, value in beside(shown, spec.fixed).items() if name not in shown}
    return kept | config | {"why": "; ".join(_origin(spec, lock)), "lock": dict(lock)}


def _origin(spec: Spec, lock: Mapping[str, Any]) -> Iterator[str]:
    if not lock:
        yield "it has no lock, so nobody knows where it is from"
        return
    trials, sweep, metric, sampler = (lock.get(name, "?") for name in ("trials", "sweep", "metric", "sampler"))
    early = " stopped early (none was done)" if lock.get("stopped") else ""
    yield f"the best of {trials} trials{early} of the sweep {sweep} by {metric}"
    yield f"{spec.subject}, sampler {sampler}"
    if line := lock.get("line"):
        yield f"it went on from the states of {', '.join(line[:-1])}, which had configs of their own"
    if "step" in lock:
        yield f"best at step {lock['step']} of {lock.get('steps', '?')}"
    if "versions" in lock:
        yield f"with {', '.join(f'{name} {version}' for name, version in lock['versions'].items())}"


def differences(lock: Mapping[str, Any], content_hash: str) -> list[str]:
    """What is not as it was when the sweep ran, a sentence each: libraries, code, hardware, data."""
    return [
        *_of_data(lock.get("data") or {}, content_hash),
        *_of_names(lock.get("versions") or {}, versions()),
        *_of_names({k: v for k, v in (lock.get("machine") or {}).items() if k in HARDWARE}, machine()),
        *_of_code(lock.get("git"), git_state(Path.cwd())),
    ]


def _of_names(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, value in before.items():
        if now.get(name) != value:
            present = f"is {now[name]}" if now.get(name) is not None else "is not there"
            yield f"{name} {present}, was {value}"


def _of_data(data: Mapping[str, Any], content_hash: str) -> Iterator[str]:
    if data.get("hash") not in (None, content_hash):
        yield f"the data {data.get('name')} is not what the sweep saw, so its score does not compare"


def _of_code(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[str]:
    if not before:
        return
    if not now:
        yield f"the code is in no git checkout, was at commit {before['commit'][:8]}"
    elif now["commit"] != before["commit"]:
        yield f"the code is at commit {now['commit'][:8]}, was at {before['commit'][:8]}"
    if now and now["dirty"]:
        yield "the code has changes that are not committed"
    elif before["dirty"]:
        yield "the code had changes that were not committed"
