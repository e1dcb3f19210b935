"""Normalising flows: they invert, and their densities of whole images integrate to one."""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import digits

from trainables import MODELS
from trainables.data import Dataset, Split

SMALL = {"transforms": 2, "width": 16, "depth": 1, "bins": 4, "updates": 60, "updates_per_step": 60, "lr": 5e-3}


def two_pixels(n: int) -> Dataset:
    """Images of two pixels that hang together, in two classes."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    first = 0.25 * rng.standard_normal(n) + 0.3 * y
    x = np.stack([first, first**2 + 0.1 * rng.standard_normal(n)], axis=1).clip(-1, 1)
    split = Split(x.reshape(n, 1, 1, 2).astype(np.float32), y.astype(np.int64))
    return Dataset("two", split, split, ("a", "b"), "0", 0)


def trained(data: Dataset, **config: Any) -> Any:
    model = MODELS["flow"].build({**SMALL, **config}, data, seed=0)
    model.step()
    return model


@pytest.mark.parametrize(
    "config",
    [
        {"transform": "spline"},
        {"pca_components": 1},
        *(
            pytest.param(config, marks=pytest.mark.slow)
            for config in ({"transform": "affine"}, {"coupling": False}, {"conditional": False})
        ),
    ],
    ids=str,
)
def test_density_of_whole_images_integrates_to_one(config: dict[str, Any]) -> None:
    model = trained(two_pixels(400), **config)
    axis = np.linspace(-4, 4, 401)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 1, 1, 2).astype(np.float32)
    total = np.exp(model.log_density(grid)).sum() * (axis[1] - axis[0]) ** 2
    assert total == pytest.approx(1, abs=0.02)


def test_there_and_back() -> None:
    model = trained(digits(200), pca_components=10)
    white = torch.randn((50, 10), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        transform = model._net(model._context(torch.arange(50) % 10)).transform
        assert torch.allclose(transform.inv(transform(white)), white, atol=1e-3)


@pytest.mark.slow
def test_samples_follow_the_density() -> None:
    model = trained(two_pixels(400), updates=300, updates_per_step=300)
    x = model.sample(4000, seed=1, labels=np.ones(4000, np.int64)).reshape(-1, 2)
    axis = np.linspace(-2, 3, 251)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 1, 1, 2).astype(np.float32)
    weights = np.exp(model.log_density_per_class(grid)[:, 1])
    assert x.mean(axis=0) == pytest.approx(weights @ grid.reshape(-1, 2) / weights.sum(), abs=0.02)


def test_it_classifies_by_bayes_rule() -> None:
    model = trained(two_pixels(400), updates=200, updates_per_step=200)
    val = two_pixels(400).val
    # The best there is on two Gaussians 0.3 apart of spread 0.25 is 0.73.
    assert 0.68 < np.mean(model.predict_proba(val.x).argmax(axis=1) == val.y) < 0.8


def test_loss_is_the_negative_log_density_of_whole_images() -> None:
    model = trained(digits(200), updates=1, updates_per_step=1, batch_size=200, pca_components=10, lr=1e-9)
    row = MODELS["flow"].build(model.config.__dict__, digits(200), seed=0).step()
    scores = model._log_joint(digits(200).train.x) - model.log_priors
    own = scores[np.arange(200), digits(200).train.y]
    assert row["train/loss"] == pytest.approx(-own.mean(), abs=0.5)
