"""Fuzzing of specs: valid specs with values replaced, lines moved, or text damaged."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

BASES: list[dict[str, Any]] = [
    {
        "model": "logistic_regression",
        "dataset": "digits",
        "method": "random",
        "metric": {"name": "val/accuracy", "goal": "maximize"},
        "parameters": {"C": {"min": 0.1, "max": 10.0}, "penalty": {"values": ["l2", "l1"]}},
        "run_cap": 3,
        "trial_timeout": "5m",
        "early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 3},
        "resources": {"cpu": 1, "gpu": 0},
        "budget": {"steps": 3, "seconds": "30m"},
        "name": "mine",
        "tags": ["a", "b"],
    },
    {
        "model": "gan",
        "dataset": "digits",
        "parameters": {
            "lr_g": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
            "beta1": {"distribution": "q_uniform", "min": 0.0, "max": 0.9, "q": 0.1},
            "g_depth": {"min": 1, "max": 3, "step": 1},
            "g_width_2": {"min": 32, "max": 64, "when": {"g_depth": {"min": 2}}},
        },
        "constraint": {"name": "gen/severity", "max": 0.5},
        "early_terminate": [
            {"type": "collapse", "patience": 2},
            {"type": "median", "min_steps": 2, "min_trials": 3},
            {"type": "plateau", "patience": 3, "min_delta": 0.1},
            {"type": "no_improvement", "trials": 9},
        ],
        "metric": {"name": "gen/frechet", "target": 3.5},
        "budget": {"steps": 3, "trials": 3, "total_steps": 99, "core_hours": 1.5},
        "run_cap": 3,
        "replicates": 2,
        "warm_start": ["a", "../b"],
        "seed": 1,
        "model_path": ".",
        "inception": "w.pth",
    },
    {"model": "decision_tree", "method": "grid", "parameters": {"max_depth": {"values": [2, 12, None]}}, "seeds": 2},
]
DEEP: list[Any] = []
for _ in range(60):
    DEEP = [DEEP]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3.5, -0.0, 1e-320, 1e308, -1e308, 1e-9, 10**400, -(10**400), 2**63, 2**53 + 1),
    *(float("inf"), float("-inf"), float("nan"), "", " ", "\0", "a\0b", "\n", "\x1b[31m", "../x", "/abs", "..", "~"),
    *("~nouser/x", "a" * 300, "x/" * 3000, "/" + "b" * 256, "é" * 200, "\U0001f600", "1e-3", "1e999", "null", "!!x"),
    *("digits", "gan", "no:Where", "os:path", ":", "a.b.c:D", ".", "[", "%s", "${x}", "30m", "-5m", "9" * 4000),
    *([], {}, [[]], [{}], {"": ""}, {1: 2}, {None: 1}, [1, "1", 1.0, True, None], {"min": 2, "max": 1}, DEEP),
    *({"value": 1}, {"values": []}, {"values": [1, 1]}, {"min": 0, "max": 1, "q": 1e-320}, {"when": {}}),
    *({"min": 0, "max": 10**400}, {"min": -1.7e308, "max": 1.7e308}, {"min": 0.0, "max": 1.0, "step": 1e-12}),
]


def fuzzed(seed: int, count: int) -> Iterator[str]:
    """`count` texts, the same for the same seed."""
    for number in range(count):
        rng = Random(f"{seed}-{number}")
        document = copy.deepcopy(rng.choice(BASES))
        for _ in range(rng.choice([1, 1, 2, 3])):
            _change(document, rng)
        text = yaml.safe_dump(document, sort_keys=False)
        yield _damaged(text, rng) if rng.random() < 0.15 else text


def _change(document: Any, rng: Random) -> None:
    """One value somewhere in the tree replaced, taken out or put beside another's name."""
    node = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = rng.choice(keys)
        if not isinstance(node[key], dict | list) or rng.random() < 0.4:
            break
        node = node[key]
    what = rng.random()
    if what < 0.7:
        node[key] = copy.deepcopy(rng.choice(VALUES))
    elif what < 0.8 and isinstance(node, dict):
        del node[key]
    elif isinstance(node, dict):
        name = rng.choice([rng.choice(list(BASES[0])), "min", "q", "step", "x.y", "parameters", "a" * 300, "\0"])
        node[name] = copy.deepcopy(rng.choice(VALUES))


def _damaged(text: str, rng: Random) -> str:
    place = rng.randrange(len(text))
    wild = ["\t", "{", "]", ": ", "\n", "&a ", "*a", "!!python/object/apply:os.getcwd []", "<<: ", "\u2028", "- ", "'"]
    return text[:place] + rng.choice([*wild, ""]) + text[place + rng.choice([0, 1, 5]) :]
