"""A user's own model for tests: a random walk whose every step is slept over, from outside the packages."""

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


class Toy:
    """`score` walks by `drift` plus noise; faults on demand."""

    SPACE: Mapping[str, Any] = {
        "drift": {"min": 0.0, "max": 1.0},
        "steps": {"value": 5},
        "sleep": {"value": 0.0},
        "fault": {"value": "none"},
        "marks": {"value": ""},
        "ballast": {"value": 0},  # bytes of state beside what it needs
    }

    def __init__(self, config: Mapping[str, Any], data: Any, *, seed: int, device: str = "cpu") -> None:
        self.config, self.classes, self.seed = config, data.n_classes, seed
        self.rng = np.random.default_rng(seed)
        self.steps, self.score = 0, 0.0

    @property
    def finished(self) -> bool:
        return bool(self.steps >= self.config["steps"])

    def step(self) -> dict[str, float]:
        time.sleep(self.config["sleep"])
        self.steps += 1
        self.score += self.config["drift"] + 0.01 * float(self.rng.standard_normal())
        self.faults()
        return {"train/score": self.score}

    def faults(self) -> None:
        fault = self.config["fault"]
        if fault == "raise" and self.config["drift"] > 0.5:
            raise RuntimeError("drift is too strong for me")
        if fault == "nan" and self.config["drift"] > 0.5:
            self.score = float("nan")
        if fault == "die" and self.steps == 2 and self.first_time():
            print("the toy ends its worker", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "hang" and self.config["drift"] > 0.5 and self.steps == 2:
            time.sleep(3600)
        if fault == "die_always":
            os.kill(os.getpid(), signal.SIGKILL)

    def first_time(self) -> bool:
        mark = Path(self.config["marks"]) / str(self.seed)
        if mark.exists():
            return False
        mark.touch()
        return True

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.full((len(x), self.classes), 1 / self.classes)

    def weight_maps(self) -> np.ndarray:
        return np.full((self.classes, 1, 8, 8), self.score, np.float32)

    def state(self) -> dict[str, Any]:
        generator = json.dumps(self.rng.bit_generator.state)
        ballast = "x" * self.config.get("ballast", 0)
        return {"steps": self.steps, "score": self.score, "rng": generator, "ballast": ballast}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.steps, self.score = state["steps"], state["score"]
        self.rng.bit_generator.state = json.loads(state["rng"])
