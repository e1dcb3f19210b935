"""How searches deal with configs that diverge, and with a smooth objective: docs/search.md.

    python benchmarks/search.py --part truth  [--seeds 5] [--page docs/search.md]
    python benchmarks/search.py --part smooth [--seeds 5] [--page docs/search.md]

Ours is each method, without a known config first; beside it Optuna's TPE told of what diverges in two ways, and Ray's
OptunaSearch as it comes. Nothing is trained: a config's value is a formula, so that the search alone is looked at, one
trial after the other. Medians over the seeds.
"""

from __future__ import annotations

import itertools
import logging
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from table import print_part

from search_spaces.domains import Float
from search_spaces.space import Config, Space
from sweeps.search.method import Ending
from sweeps.search.methods import METHODS
from sweeps.search.search import Search
from sweeps.spec.resolved import Objective
from sweeps.spec.search.method import sampler_options

Value = Callable[[Mapping[str, float]], float]  # of a config; not a number if it diverges
BAD = 0.7  # configs with x beyond it diverge
LATE = 40  # suggestions, the last ones


@dataclass(frozen=True)
class Task:
    """What is searched: numbers from 0 to 1, the value to be minimized, and how many trials."""

    names: tuple[str, ...]
    value: Value
    trials: int


@dataclass(frozen=True)
class Problem:
    """What a search has to know of a sweep."""

    space: Space
    method: str
    sampler: Mapping[str, Any]
    trials: int
    seed: int
    fixed: Mapping[str, Any] = field(default_factory=dict)
    first: tuple[Config, ...] = ()
    metric: Objective = field(default_factory=lambda: Objective("value", "minimize"))
    name: str | None = None


Suggested = list[tuple[Config, float, float]]  # each config, its value, and the CPU seconds that the question took


def ours(method: str, task: Task, seed: int) -> Suggested:
    space = Space({name: Float(0.0, 1.0) for name in task.names})
    search = Search(Problem(space, method, sampler_options(method, {}), task.trials, seed), None)
    found: Suggested = []
    while not search.exhausted:
        began = time.process_time()
        [(number, config)] = search.ask(1)  # type: ignore[misc]
        found.append((config, task.value(config), time.process_time() - began))
        value = found[-1][1]
        done = Ending("done", value) if math.isfinite(value) else Ending("failed", None, "diverged")
        search.tell(number, done)
    return found


def bare_optuna(diverged: optuna.trial.TrialState, task: Task, seed: int) -> Suggested:
    """Optuna's TPE as it comes, told `diverged` of a config that is."""
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    found: Suggested = []
    for _ in range(task.trials):
        began = time.process_time()
        trial = study.ask()
        config = {name: trial.suggest_float(name, 0.0, 1.0) for name in task.names}
        value, seconds = task.value(config), time.process_time() - began
        found.append((config, value, seconds))
        study.tell(trial, value if math.isfinite(value) else None, None if math.isfinite(value) else diverged)
    return found


def ray_search(nan: bool, task: Task, seed: int) -> Suggested:
    """Ray's OptunaSearch as it comes: a trial that diverges raises, or reports a value that is not a number."""
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    space = {name: tune.uniform(0.0, 1.0) for name in task.names}
    search = OptunaSearch(metric="value", mode="min", seed=seed)
    search.set_search_properties("value", "min", space)
    found: Suggested = []
    for number in range(task.trials):
        began = time.process_time()
        config = search.suggest(str(number))
        assert config is not None
        value, seconds = task.value(config), time.process_time() - began
        found.append((config, value, seconds))
        error = not math.isfinite(value) and not nan
        search.on_trial_complete(str(number), None if error else {"value": value, "training_iteration": 1}, error=error)
    return found


def distance(centre: Mapping[str, float]) -> Value:
    """Smooth, with one best config, whose value is 0; two parameters next to each other pull at one another."""

    def value(config: Mapping[str, float]) -> float:
        away = [config[name] - at for name, at in centre.items()]
        return sum(a * a for a in away) + 0.5 * sum(a * b for a, b in itertools.pairwise(away))

    return value


def diverging(at: float) -> Task:
    smooth = distance({"x": at, "y": 0.5})
    return Task(("x", "y"), lambda config: math.nan if config["x"] > BAD else smooth(config), 80)


SMOOTH = {"a": 0.3, "b": 0.6, "c": 0.45, "d": 0.7}


def searchers(task: Task) -> Iterator[tuple[str, Callable[[int], Suggested]]]:
    states = optuna.trial.TrialState
    for name, row in METHODS.items():
        if not row.finite and not row.repeats:  # a population trains, and here nothing is
            yield f"`{name}`", lambda seed, name=name: ours(name, task, seed)  # type: ignore[misc]
    yield "Optuna's TPE, told FAIL", lambda seed: bare_optuna(states.FAIL, task, seed)
    yield "Optuna's TPE, told PRUNED", lambda seed: bare_optuna(states.PRUNED, task, seed)
    yield "Ray's OptunaSearch, the trial raises", lambda seed: ray_search(False, task, seed)
    yield "Ray's OptunaSearch, the trial reports nan", lambda seed: ray_search(True, task, seed)


def truth(seeds: int) -> Iterator[str]:
    """Rows: how many of the trials diverged, the share of the late ones, and how far the best is from the best."""
    of_one = "diverged, optimum at {} | of the last 40 | regret"
    yield f"| search | {of_one.format(0.5)} | {of_one.format(0.2)} |"
    yield "|---|---|---|---|---|---|---|"
    both = [dict(searchers(diverging(at))) for at in (0.5, 0.2)]
    for name in both[0]:
        runs = [[part[name](seed) for seed in range(seeds)] for part in both]
        yield f"| {name} | {' | '.join(cell for part in runs for cell in _of_truth(part))} |"


def _of_truth(runs: list[Suggested]) -> Iterator[str]:
    bad = [[config["x"] > BAD for config, *_ in run] for run in runs]
    yield f"{statistics.median(map(sum, bad)):.0f} of 80"
    yield f"{statistics.median(sum(each[-LATE:]) / LATE for each in bad):.0%}"
    yield f"{statistics.median(_best(run) for run in runs):.1e}"


def smooth(seeds: int) -> Iterator[str]:
    """Rows: how far the best of 60 trials is from the best there is, and how much of a CPU a question took."""
    task = Task(tuple(SMOOTH), distance(SMOOTH), 60)
    yield "| search | regret after 60 trials | CPU ms a question |"
    yield "|---|---|---|"
    for name, search in searchers(task):
        if "told PRUNED" not in name and "nan" not in name:  # nothing diverges
            runs = [search(seed) for seed in range(seeds)]
            late = [seconds for run in runs for *_, seconds in run[20:]]
            cells = (name.partition(",")[0], f"{statistics.median(map(_best, runs)):.1e}")
            yield f"| {' | '.join(cells)} | {1000 * statistics.median(late):.1f} |"


def _best(run: Suggested) -> float:
    return min((value for _, value, _ in run if math.isfinite(value)), default=math.inf)


PARTS = {"truth": truth, "smooth": smooth}


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("ray.tune.search.optuna").setLevel(logging.ERROR)  # of each value that is not a number
    print_part(__doc__, "search", PARTS)


if __name__ == "__main__":
    main()
