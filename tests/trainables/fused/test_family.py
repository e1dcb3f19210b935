"""Which configs may be trained as one array."""

from typing import Any

import pytest
from helpers.contract import digits

from trainables import MODELS
from trainables.fused import family


def of(model: str, train_size: int = 200, **config: Any) -> Any:
    return family(MODELS[model], config, digits(train_size))


@pytest.mark.parametrize(
    ("model", "free"),
    [
        ("mlp", {"lr": 0.5, "weight_decay": 0.1, "dropout": 0.0, "lr_schedule": "constant", "updates": 77}),
        ("mlp", {"width_3": 3, "width_4": 4}),
        ("cnn", {"lr": 0.5, "dropout": 0.0}),
        ("gan", {"lr_g": 0.5, "d_steps": 3, "ema": 0.0, "label_smoothing": 0.1, "g_width_3": 3}),
        ("dcgan", {"instance_noise": 0.5, "beta1": 0.3, "latent_prior": "uniform"}),
        ("wgan", {"clip": 0.5, "g_width_1": 3}),
        ("wgan_gp", {"gp_weight": 1.0}),
        ("stylegan", {"r1_weight": 3.0, "r1_every": 1}),
        ("vae", {"beta": 2.0, "ema": 0.5, "lr_decay": "none", "channels": 3}),
    ],
)
def test_members_may_differ_in(model: str, free: dict[str, Any]) -> None:
    assert of(model) == of(model, **free) is not None


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("mlp", {"width_1": 3}),
        ("mlp", {"depth": 3}),
        ("mlp", {"batch_size": 16}),
        ("mlp", {"updates_per_step": 7}),
        ("mlp", {"optimizer": "sgd"}),
        ("mlp", {"train_size": 100}),
        ("cnn", {"channels_1": 3}),
        ("gan", {"loss": "minimax"}),
        ("gan", {"latent_dim": 7}),
        ("gan", {"g_width_2": 7}),
        ("dcgan", {"d_norm": "layer"}),
        ("wgan", {"net": "mlp"}),
        ("vae", {"likelihood": "gaussian"}),
    ],
)
def test_members_may_not_differ_in(model: str, shape: dict[str, Any]) -> None:
    assert of(model) != of(model, **shape)


def test_members_are_of_one_data_set_and_one_model() -> None:
    assert of("mlp") != of("mlp", train_size=150)
    assert of("mlp") != of("cnn")


@pytest.mark.parametrize(("model", "config"), [("svm", {}), ("rnn", {}), ("transformer", {}), ("mlp", {"cv_folds": 3})])
def test_trained_alone(model: str, config: dict[str, Any]) -> None:
    assert of(model, **config) is None
