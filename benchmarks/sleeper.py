"""A model that only sleeps: what is left of a sweep's time is overhead."""

import time
from collections.abc import Mapping
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
