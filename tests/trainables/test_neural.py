"""Neural classifiers: nets for any image, a learning rate that follows its schedule, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import advance, coloured, digits

from trainables import MODELS
from trainables.base import ConfigError, DivergedError
from trainables.classifiers.dropout import Dropout
from trainables.data import Dataset, Split
from trainables.training.rng import torch_generator

NETS = ["cnn", "mlp", "rnn", "transformer"]
SHAPES = [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 5, 7)]


def noise(shape: tuple[int, int, int], n: int = 20) -> Dataset:
    rng = np.random.default_rng(0)
    split = Split(rng.uniform(-1, 1, (n, *shape)).astype(np.float32), np.arange(n) % 10)
    return Dataset("noise", split, split, tuple("abcdefghij"), "0", 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NETS)
def test_defaults_make_a_net_for_images_of_any_shape(name: str, shape: tuple[int, int, int]) -> None:
    data = noise(shape)
    model = MODELS[name].build({"updates": 1, "updates_per_step": 1}, data, seed=0)
    assert model.step()["train/loss"] == pytest.approx(math.log(10), abs=1)
    assert model.predict_proba(data.val.x).shape == (20, 10)  # type: ignore[attr-defined]  # not every Trainable has it


def test_the_default_cnn_is_small() -> None:
    assert MODELS["cnn"].build({}, noise((1, 28, 28)), seed=0).parameters() < 100_000  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("mlp", {"optimizer": "sgd", "lr": 0.1}),
        ("cnn", {"channels_1": 8, "channels_2": 16}),
        ("rnn", {"cell": "lstm", "hidden": 32, "lr": 0.01}),
        ("transformer", {"patch_size": 2, "depth": 1, "lr": 0.01}),
    ],
)
def test_learns_digits(name: str, config: dict[str, Any]) -> None:
    data = digits(600)
    model: Any = MODELS[name].build({**config, "updates": 200, "updates_per_step": 200, "batch_size": 32}, data, seed=0)
    model.step()
    assert (model.predict(data.val.x) == data.val.y).mean() > 0.85


@pytest.mark.parametrize("name", NETS)
def test_divergence_says_what_and_when(name: str) -> None:
    config = {"lr": 1e30, "optimizer": "sgd", "lr_schedule": "constant", "updates": 20}
    with pytest.raises(DivergedError, match=r"^train/(loss|grad_norm) is (nan|inf) at update \d+$"):
        advance(MODELS[name].build(config, digits(200), seed=0), 20)


def test_the_learning_rate_rises_and_falls() -> None:
    model: Any = MODELS["mlp"].build({"lr": 0.1, "updates": 100, "updates_per_step": 1}, digits(200), seed=0)
    rates = []
    while not model.finished:
        model.step()
        rates.append(model._optimizer.param_groups[0]["lr"])
    assert rates[:6] == sorted(rates[:6])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert max(rates) == pytest.approx(0.1)
    assert 0 < rates[-1] < 0.001


def test_few_images_are_one_batch() -> None:
    model = MODELS["mlp"].build({"batch_size": 128, "updates": 2}, digits(20), seed=0)
    assert np.isfinite(model.step()["train/loss"])


def test_dropout_keeps_the_mean_and_is_off_when_asked() -> None:
    dropout = Dropout(0.25)
    dropout.generator = torch_generator(0, "test")
    ones = torch.ones(200, 200)
    dropped = dropout(ones)
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(dropout.eval()(ones), ones)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("mlp", {"depth": 5}),
        ("mlp", {"width_1": 0}),
        ("mlp", {"lr": 0.0}),
        ("mlp", {"dropout": 1.0}),
        ("mlp", {"batch_size": 0}),
        ("mlp", {"momentum": 1.0}),
        ("cnn", {"kernel_size": 4}),
        ("cnn", {"channels_2": 0}),
        ("rnn", {"cell": "elman"}),
        ("rnn", {"layers": 0}),
        ("transformer", {"heads": 0}),
        ("transformer", {"patch_size": 6}),
    ],
)
def test_refused_before_training(name: str, config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"^{next(iter(config))}: "):
        MODELS[name].build(config, coloured(), seed=0)
