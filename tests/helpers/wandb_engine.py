"""What W&B's own engine draws and stops, asked once and kept in tests/data/wandb_engine.npz: tests do without it.

The engine is the package `sweeps` 0.3.0, which has the import name of ours. So it is asked in an environment of its
own, from this folder, where ours is not found:

    python -m venv engine && engine/bin/pip install sweeps==0.3.0
    engine/bin/python tests/helpers/wandb_engine.py tests/data/wandb_engine.npz

The standard library and numpy alone are imported at the head, so that it runs there.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, Literal

import numpy as np

DATA = Path(__file__).parents[1] / "data" / "wandb_engine.npz"
DRAWS = 4_000
CASES = 600
Entry = dict[str, Any]
ENTRIES: dict[str, Entry] = {
    "uniform": {"min": -1.0, "max": 3.0},
    "int_uniform": {"min": -2, "max": 5},
    "q_uniform": {"distribution": "q_uniform", "min": 1, "max": 10, "q": 3},
    "q_uniform of few": {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.5},
    "log_uniform": {"distribution": "log_uniform", "min": -3, "max": 1},
    "log_uniform_values": {"distribution": "log_uniform_values", "min": 1e-5, "max": 10.0},
    "inv_log_uniform": {"distribution": "inv_log_uniform", "min": 0, "max": 4},
    "inv_log_uniform_values": {"distribution": "inv_log_uniform_values", "min": 0.01, "max": 2.0},
    "q_log_uniform": {"distribution": "q_log_uniform", "min": 0, "max": 3},
    "q_log_uniform_values": {"distribution": "q_log_uniform_values", "min": 32, "max": 256, "q": 8},
    "normal": {"distribution": "normal", "mu": 2, "sigma": 0.5},
    "normal without lines": {"distribution": "normal"},
    "q_normal": {"distribution": "q_normal", "mu": 0.4, "sigma": 2, "q": 1},
    "log_normal": {"distribution": "log_normal", "mu": -1, "sigma": 2},
    "q_log_normal": {"distribution": "q_log_normal", "mu": 1, "sigma": 0.7, "q": 0.5},
    "beta": {"distribution": "beta", "a": 0.5, "b": 3},
    "q_beta": {"distribution": "q_beta", "a": 2, "b": 5, "q": 0.1},
    "values": {"values": [3, 1, 2]},
    "values, one twice": {"values": [3, 1, 3]},
    "probabilities": {"values": [1, 2, 3, 4], "probabilities": [0.1, 0.0, 0.6, 0.3]},
}


def hyperband_case(number: int) -> tuple[dict[str, Any], Literal["minimize", "maximize"], list[list[float]]]:
    """A random question about early termination: its terms, the goal, and the losses of some trials, the last of which
    runs and is judged."""
    rng = Random(number)
    terms: dict[str, Any] = {"type": "hyperband", "strict": rng.random() < 0.5}
    if rng.random() < 0.5:
        terms["min_iter"] = 1 + int(rng.random() * 4)
    else:
        terms |= {"max_iter": 4 + int(rng.random() * 24), "s": 1 + int(rng.random() * 3)}
    if rng.random() < 0.7:
        terms["eta"] = (2, 2.5, 3, 4)[int(rng.random() * 4)]
    histories = [
        [round(rng.random(), 2) for _ in range(1 + int(rng.random() * 20))] for _ in range(2 + int(rng.random() * 9))
    ]
    return terms, "maximize" if rng.random() < 0.5 else "minimize", histories


def kept(name: str) -> Any:
    """An array of the data: a name of ENTRIES for its draws, in order of size, or "stopped", (CASES,) of bool."""
    with np.load(DATA) as data:
        return data[name]


def _drawn(entry: Entry, seed: int) -> Any:
    rng = Random(seed)
    parameter = import_module("sweeps.params").HyperParameter("x", entry)
    draws = np.array([parameter.ppf(rng.random()) for _ in range(DRAWS)], float)  # one by one, as the engine samples
    return np.sort(draws).astype(np.float32)


def _stopped(number: int) -> bool:
    engine, run = import_module("sweeps.hyperband_stopping"), import_module("sweeps.run")
    terms, goal, histories = hyperband_case(number)
    states = [*["finished"] * (len(histories) - 1), "running"]
    runs = [
        run.SweepRun(name=str(place), state=state, history=[{"loss": loss} for loss in history])
        for place, (state, history) in enumerate(zip(states, histories, strict=True))
    ]
    config = {"method": "random", "metric": {"name": "loss", "goal": goal}, "early_terminate": terms}
    return bool(engine.hyperband_stop_runs(runs, {**config, "parameters": {"x": {"values": [1]}}}))


if __name__ == "__main__":
    found = {name: _drawn(entry, seed) for seed, (name, entry) in enumerate(ENTRIES.items())}
    np.savez_compressed(sys.argv[1], **found, stopped=np.array([_stopped(number) for number in range(CASES)]))
