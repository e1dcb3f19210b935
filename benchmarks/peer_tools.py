"""One sweep by one of the tools that `peers.py` compares, written as the tool's own documentation writes it.

python benchmarks/peer_tools.py TOOL WORKLOAD FOLDER
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from peer_workloads import WORKLOADS, Config, Workload

SLOTS = 2


def ray_tune(workload: Workload, folder: str) -> float:
    """Ray Tune with OptunaSearch; actors are reused, for its default (a new one a trial) takes several times as
    long."""
    import optuna
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ray.init(address="local", num_cpus=SLOTS, include_dashboard=False, log_to_driver=False)

    def train(config: Config, data: Any) -> None:
        tune.report({"score": workload.score(workload, data, config)})

    grid = workload.method == "grid"
    tuner = tune.Tuner(
        tune.with_parameters(train, data=workload.data()),
        param_space={name: _ray_domain(values, grid) for name, values in workload.ranges.items()},
        tune_config=tune.TuneConfig(
            search_alg=None if grid else OptunaSearch(),
            metric="score",
            mode="max",
            num_samples=1 if grid else workload.trials,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(storage_path=folder, name="plain", verbose=0),
    )
    return float(tuner.fit().get_best_result().metrics["score"])


def _ray_domain(values: Any, grid: bool) -> Any:
    from ray import tune

    if isinstance(values, list):
        return tune.grid_search(values) if grid else tune.choice(values)
    low, high, scale = values
    return tune.loguniform(low, high) if scale == "log" else tune.uniform(low, high)


def optuna_jobs(workload: Workload, folder: str) -> float:
    """Optuna with two jobs, which are threads."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    data = workload.data()
    lists = {name: values for name, values in workload.ranges.items() if isinstance(values, list)}
    sampler = optuna.samplers.GridSampler(lists) if workload.method == "grid" else None
    study = optuna.create_study(direction="maximize", sampler=sampler)

    def objective(trial: optuna.Trial) -> float:
        config = {name: _suggested(trial, name, values) for name, values in workload.ranges.items()}
        return workload.score(workload, data, config)

    study.optimize(objective, n_trials=workload.trials, n_jobs=SLOTS)
    return study.best_value


def _suggested(trial: Any, name: str, values: Any) -> Any:
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    low, high, scale = values
    return trial.suggest_float(name, low, high, log=scale == "log")


def sklearn_search(workload: Workload, folder: str, intelex: bool = False) -> float:
    """GridSearchCV, or RandomizedSearchCV where there are ranges, on the one division that all sides use."""
    if intelex:
        from sklearnex import patch_sklearn

        patch_sklearn(verbose=False)
    from sklearn.model_selection import GridSearchCV, PredefinedSplit, RandomizedSearchCV

    assert workload.estimator is not None
    data = workload.data()
    parts = data.train, data.val
    x = np.concatenate([part.x.reshape(len(part.x), -1) for part in parts])
    y = np.concatenate([part.y for part in parts])
    division = PredefinedSplit(np.repeat([-1, 0], [len(part.x) for part in parts]))
    common: Mapping[str, Any] = {"cv": division, "n_jobs": SLOTS, "refit": False}
    if workload.method == "grid":
        search = GridSearchCV(workload.estimator(), dict(workload.ranges), **common)
    else:
        ranges = {name: _scipy_distribution(values) for name, values in workload.ranges.items()}
        search = RandomizedSearchCV(workload.estimator(), ranges, n_iter=workload.trials, random_state=0, **common)
    return float(search.fit(x, y).best_score_)


def _scipy_distribution(values: Any) -> Any:
    from scipy.stats import loguniform, uniform

    if isinstance(values, list):
        return values
    low, high, scale = values
    return loguniform(low, high) if scale == "log" else uniform(low, high - low)


def joblib_configs(workload: Workload, folder: str) -> float:
    """joblib over configs drawn at random beforehand, or over all of a grid."""
    from joblib import Parallel, delayed
    from sklearn.model_selection import ParameterGrid

    data = workload.data()
    if workload.method == "grid":
        configs = list(ParameterGrid(dict(workload.ranges)))
    else:
        rng = random.Random(0)
        configs = [{n: _drawn(rng, v) for n, v in workload.ranges.items()} for _ in range(workload.trials)]
    return max(Parallel(n_jobs=SLOTS)(delayed(workload.score)(workload, data, config) for config in configs))


def _drawn(rng: random.Random, values: Any) -> Any:
    if isinstance(values, list):
        return rng.choice(values)
    low, high, scale = values
    return float(np.exp(rng.uniform(np.log(low), np.log(high)))) if scale == "log" else rng.uniform(low, high)


TOOLS: Mapping[str, Callable[[Workload, str], float]] = {
    "ray_tune": ray_tune,
    "optuna": optuna_jobs,
    "sklearn": sklearn_search,
    "sklearn_intelex": partial(sklearn_search, intelex=True),
    "joblib": joblib_configs,
}

if __name__ == "__main__":
    print("best", TOOLS[sys.argv[1]](WORKLOADS[sys.argv[2]], sys.argv[3]))
