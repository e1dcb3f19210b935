"""Samples that are asked for without labels: their classes are as frequent as in training."""

from typing import Any

import numpy as np
import pytest
from helpers.contract import TINY

from trainables import MODELS
from trainables.data import Dataset, Split
from trainables.labels import log_priors, wanted_labels

SHARES = (0.7, 0.25, 0.05)
CONDITIONAL = ("autoregressive", "cdcgan", "cgan", "cvae", "diffusion", "flow", "gaussian_nb", "gmm", "hmm")


def shades(n: int = 200) -> Dataset:
    """Images of black, grey and white, most of them black, few of them white."""
    y = np.repeat(np.arange(3), [round(n * share) for share in SHARES])
    x = (y[:, None, None, None] - 1) * 0.8 + np.random.default_rng(0).uniform(-0.1, 0.1, (n, 1, 8, 8))
    part = Split(x.astype(np.float32), y)
    return Dataset("shades", part, part, ("black", "grey", "white"), "0", 0)


def test_labels_are_as_frequent_as_in_training_and_the_same_again() -> None:
    priors = log_priors(shades().train.y, 3)
    labels = wanted_labels(4000, None, priors, 5)
    assert np.bincount(labels, minlength=3) / 4000 == pytest.approx(SHARES, abs=0.03)
    assert np.array_equal(labels, wanted_labels(4000, None, priors, 5))
    assert not np.array_equal(labels, wanted_labels(4000, None, priors, 6))


@pytest.mark.parametrize("name", CONDITIONAL)
def test_every_conditional_model_draws_them_so(name: str) -> None:
    data = shades()
    model: Any = MODELS[name].build(TINY[name].config, data, seed=0)
    model.step()
    labels = wanted_labels(12, None, log_priors(data.train.y, 3), 5)
    assert np.array_equal(model.sample(12, seed=5), model.sample(12, seed=5, labels=labels))


def test_a_gaussian_of_each_class_shows_it() -> None:
    model: Any = MODELS["gaussian_nb"].build({}, shades(), seed=0)
    model.step()
    brightness = model.sample(1000, seed=3).mean(axis=(1, 2, 3))
    assert np.mean(brightness < -0.4) == pytest.approx(0.7, abs=0.06)
    assert np.mean(brightness > 0.4) == pytest.approx(0.05, abs=0.03)
