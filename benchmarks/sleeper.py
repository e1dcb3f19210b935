"""A model that only sleeps: what is left of a sweep's time is overhead.

    python benchmarks/sleeper.py FOLDER TRIALS SECONDS STEPS WANDB_MODE

sweeps it and says how long that took inside, from the call of Ray Tune to its end, and from the start of the first
trial to the end of the last; and how many trials were done.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


class Sleeper:
    """One parameter, `steps` steps of `seconds` each, a score that a search can work on."""

    SPACE: Mapping[str, Any] = {"x": {"min": 0.0, "max": 1.0}, "steps": {"value": 1}, "seconds": {"value": 0.2}}

    def __init__(self, config: Mapping[str, Any], data: Any, *, seed: int, device: str = "cpu") -> None:
        self.config, self.slept, self.classes = config, 0, data.n_classes

    @property
    def finished(self) -> bool:
        return self.slept >= self.config["steps"]

    def step(self) -> dict[str, float]:
        time.sleep(self.config["seconds"])
        self.slept += 1
        return {"train/score": -((self.config["x"] - 0.3) ** 2)}

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.full((len(x), self.classes), 1 / self.classes)

    def state(self) -> dict[str, Any]:
        return {"slept": self.slept}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.slept = state["slept"]


def main(folder: str, trials: str, seconds: str, steps: str, mode: str, method: str = "bayes", cpu: str = "1") -> None:
    from analysis.folder import load  # here: a trial's process has no use for these
    from analysis.results import ENDED, STARTED
    from sweeps.driver import fitting, runner
    from sweeps.spec import load_spec

    fixed = {"steps": {"value": int(steps)}, "seconds": {"value": float(seconds) / int(steps)}}
    spec = load_spec(
        {
            "model": "sleeper:Sleeper",
            "model_path": str(Path(__file__).resolve().parent),
            "dataset": "digits",
            "method": method,
            "metric": {"name": "train/score", "goal": "maximize"},
            "run_cap": int(trials),
            "parameters": {**Sleeper.SPACE, **fixed},
            "project": "tests",
            "resources": {"cpu": float(cpu)},
        }
    )
    fit = fitting.fit

    def timed(*args: Any) -> None:
        start = time.perf_counter()
        fit(*args)
        print("inside", time.perf_counter() - start)

    fitting.fit = timed
    print("done", runner.run(spec, Path(folder), runner.Options(wandb=mode)).counts["done"])
    table = load(folder).trials
    print("trials", table[ENDED].max() - table[STARTED].min())


if __name__ == "__main__":
    main(*sys.argv[1:])
