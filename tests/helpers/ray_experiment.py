"""A Ray Tune experiment that knows nothing of this project: python ray_experiment.py FOLDER ADDRESS."""

import sys
from typing import Any

import ray
from ray import tune


def train(config: dict[str, Any]) -> None:
    for step in range(1, 4):
        tune.report({"loss": config["lr"] + 1 / step, "eval": {"acc": step / 4}})
        if config["lr"] > 0.5:
            raise ValueError("lr is too high")


if __name__ == "__main__":
    ray.init(address=sys.argv[2])
    space = {"lr": tune.grid_search([0.01, 0.1, 0.9]), "net": {"width": 8}, "layers": [4, 8]}
    tune.Tuner(
        train,
        param_space=space,
        tune_config=tune.TuneConfig(metric="loss", mode="min", reuse_actors=True),
        run_config=tune.RunConfig(name="experiment", storage_path=sys.argv[1], verbose=0),
    ).fit()
