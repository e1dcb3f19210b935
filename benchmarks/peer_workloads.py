"""What `peers.py` measures: each workload as a spec of ours, and as a function of a config for the other tools."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Config = dict[str, Any]
DATA_SEED = 0  # of the division into training and validation images, the same for all


@dataclass(frozen=True)
class Workload:
    """`ranges`: what is searched, a list of values or (low, high, "log" or "linear"); `fixed`: what is not.

    `score` trains a config and gives the objective, which is maximized: the other tools are asked for nothing more.
    """

    model: str
    dataset: str
    metric: str
    ranges: Mapping[str, Any]
    trials: int
    score: Callable[[Workload, Any, Config], float]
    fixed: Mapping[str, Any]
    train_size: int | None = None
    method: str = "bayes"
    estimator: Callable[[], Any] | None = None  # scikit-learn's, where the model is one of its own

    def spec(self) -> dict[str, Any]:
        """The sweep, as a document."""
        parameters = {name: _searched(values) for name, values in self.ranges.items()}
        document = {
            "model": self.model,
            "dataset": self.dataset,
            "train_size": self.train_size,
            "method": self.method,
            "default_first": False,  # the others try none first
            "metric": {"name": self.metric, "goal": "minimize" if self.metric == "gen/frechet" else "maximize"},
            "run_cap": self.trials,
            "parameters": parameters | {name: {"value": value} for name, value in self.fixed.items()},
            "model_path": [os.path.dirname(os.path.abspath(__file__))] if ":" in self.model else None,
        }
        return {key: value for key, value in document.items() if value is not None}

    def data(self) -> Any:
        """The data set, divided as a sweep of ours divides it; None where there is nothing to learn."""
        if self.score is _slept:
            return None
        from trainables.data import load_dataset

        return load_dataset(self.dataset, train_size=self.train_size, split_seed=DATA_SEED)


def _searched(values: Any) -> dict[str, Any]:
    if isinstance(values, list):
        return {"values": values}
    low, high, scale = values
    return {"min": low, "max": high, "distribution": "log_uniform_values" if scale == "log" else "uniform"}


def _accuracy(workload: Workload, data: Any, config: Config) -> float:
    """Of scikit-learn's estimator on the validation images."""
    assert workload.estimator is not None
    flat = [part.x.reshape(len(part.x), -1) for part in (data.train, data.val)]
    estimator = workload.estimator().set_params(**config).fit(flat[0], data.train.y)
    return float(estimator.score(flat[1], data.val.y))


def _logistic_regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="saga", max_iter=200)


def _svc() -> Any:
    from sklearn.svm import SVC

    return SVC(cache_size=500)


def _trained(workload: Workload, data: Any, config: Config) -> tuple[Any, Mapping[str, float]]:
    """A model of ours, trained to its end in one go, and what its last step reported."""
    from trainables import find_model

    model = find_model(workload.model).build({**workload.fixed, **config}, data, seed=0)
    row: Mapping[str, float] = {}
    while not model.finished:
        row = model.step()
    return model, row


def _net_accuracy(workload: Workload, data: Any, config: Config) -> float:
    model, _ = _trained(workload, data, config)
    return float((model.predict_proba(data.val.x).argmax(axis=1) == data.val.y).mean())


def _generator_loss(workload: Workload, data: Any, config: Config) -> float:
    """The loss that a GAN's own training shows, which is all that these tools are commonly given."""
    return -float(_trained(workload, data, config)[1]["train/loss_g"])


def _slept(workload: Workload, data: Any, config: Config) -> float:
    time.sleep(workload.fixed["seconds"])
    return float(-((config["x"] - 0.3) ** 2))


WORKLOADS = {
    "logistic": Workload(
        "logistic_regression",
        "digits",
        "val/accuracy",
        {"C": (1e-3, 10.0, "log")},
        60,
        _accuracy,
        {"solver": "saga", "max_iter": 200},
        estimator=_logistic_regression,
    ),
    "svc": Workload(
        "svm",
        "fashion_mnist",
        "val/accuracy",
        {"C": [1.0, 10.0, 100.0], "gamma": [0.0003, 0.001, 0.003, 0.01]},
        12,
        _accuracy,
        {"kernel": "rbf"},
        train_size=5000,
        method="grid",
        estimator=_svc,
    ),
    "gan": Workload(
        "gan",
        "digits",
        "gen/frechet",
        {"lr_g": (1e-4, 1e-2, "log"), "lr_d": (1e-4, 1e-2, "log")},
        24,
        _generator_loss,
        {"updates": 500, "updates_per_step": 500},
    ),
    "cnn": Workload(
        "cnn",
        "fashion_mnist",
        "val/accuracy",
        {"lr": (3e-4, 1e-2, "log"), "dropout": (0.0, 0.5, "linear")},
        12,
        _net_accuracy,
        {"updates": 150, "updates_per_step": 50, "channels_1": 8, "channels_2": 16, "batch_size": 64},
        train_size=5000,
    ),
    "sleep": Workload(
        "sleeper:Sleeper", "digits", "train/score", {"x": (0.0, 1.0, "linear")}, 100, _slept, {"seconds": 0.2}
    ),
}
