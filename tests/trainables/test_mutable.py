"""A parameter that may change in the middle of training takes effect when a saved state is loaded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers.contract import TINY, ModelUnderTest

from trainables import MODELS, find_model

# The other value of each parameter, and what of the config it needs to have an effect.
CHANGED: dict[str, tuple[Any, dict[str, Any]]] = {
    "lr": (0.02, {"lr": 0.001}),
    "momentum": (0.1, {"momentum": 0.9, "optimizer": "sgd"}),
    "weight_decay": (0.5, {"weight_decay": 0.001}),
    "dropout": (0.6, {"dropout": 0.1}),
    "lr_g": (0.02, {"lr_g": 0.001}),
    "lr_d": (0.02, {"lr_d": 0.001}),
    "beta1": (0.9, {"beta1": 0.1}),
    "beta2": (0.9, {"beta2": 0.999}),
    "g_steps": (2, {"g_steps": 1}),
    "d_steps": (2, {"d_steps": 1}),
    "instance_noise": (0.3, {"instance_noise": 0.1}),
    "label_smoothing": (0.3, {"label_smoothing": 0.0}),
    "loss": ("minimax", {"loss": "non_saturating"}),
    "clip": (0.001, {"clip": 0.05}),
    "gp_weight": (1.0, {"gp_weight": 10.0}),
    "r1_weight": (10.0, {"r1_weight": 1.0, "r1_every": 2}),
    "r1_every": (1, {"r1_every": 4}),
    "beta": (4.0, {"beta": 1.0}),
    "C": (0.001, {"C": 1.0, "solver": "saga"}),
    "l1_ratio": (0.9, {"l1_ratio": 0.1, "penalty": "elasticnet", "solver": "saga"}),
    "class_weight": ("balanced", {"solver": "saga"}),
}


# Each parameter on one model of those that train in the same way.
CASES = [
    *(("mlp", name) for name in ("lr", "momentum", "weight_decay", "dropout")),
    *(("gan", name) for name in ("lr_g", "lr_d", "beta1", "beta2", "g_steps", "d_steps", "instance_noise")),
    *(("gan", name) for name in ("label_smoothing", "loss")),
    ("wgan", "clip"),
    ("wgan_gp", "gp_weight"),
    ("stylegan", "r1_weight"),
    ("stylegan", "r1_every"),
    ("vae", "lr"),
    ("vae", "beta"),
    *(("logistic_regression", name) for name in ("C", "l1_ratio", "class_weight")),
]


def _under_test(model: str) -> ModelUnderTest:
    return next(each for each in TINY.values() if each.model == model and "cv_folds" not in each.config)


def _numbers(state: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(state, dict):
        for value in state.values():
            yield from _numbers(value)
    elif isinstance(state, list | tuple):
        for value in state:
            yield from _numbers(value)
    elif hasattr(state, "numpy"):
        yield state.numpy()


def _same(one: Any, other: Any) -> bool:
    pairs = zip(_numbers(one.state()), _numbers(other.state()), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(("model", "name"), CASES)
def test_a_changed_value_takes_effect_and_the_same_one_does_not(model: str, name: str) -> None:
    value, needed = CHANGED[name]
    under_test = _under_test(model)
    first = under_test.build(**needed)
    first.step()
    straight, changed = under_test.build(**needed), under_test.build(**{**needed, name: value})
    for other in (straight, changed):
        other.load_state(first.state())
        other.step()
    first.step()
    assert _same(first, straight)
    assert not _same(first, changed)


def test_every_such_parameter_is_tried() -> None:
    assert {name for model in MODELS for name in find_model(model).mutable} == {name for _, name in CASES}


def test_nets_and_what_else_decides_the_form_of_a_state_are_not_among_them() -> None:
    for model in MODELS:
        assert not any(part in name for name in find_model(model).mutable for part in ("width", "depth", "channels"))
