"""Gaussian naive Bayes against scikit-learn, SciPy and Bayes' rule by hand."""

from typing import Any

import numpy as np
import pytest
from helpers.contract import digits
from scipy.stats import norm
from sklearn.naive_bayes import GaussianNB

from trainables import MODELS
from trainables.data import Dataset, Split

DATA = digits(200)


@pytest.fixture(scope="module")
def model() -> Any:
    model = MODELS["gaussian_nb"].build({"var_smoothing": 0.05}, DATA, seed=0)
    model.step()
    return model


def flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1).astype(float)


@pytest.fixture(scope="module")
def reference() -> GaussianNB:
    return GaussianNB(var_smoothing=0.05).fit(DATA.train.x.reshape(len(DATA.train), -1), DATA.train.y)


def test_probabilities_are_scikit_learns(model: Any, reference: GaussianNB) -> None:
    x = DATA.val.x
    assert model.predict_proba(x) == pytest.approx(reference.predict_proba(flat(x)), abs=1e-6)
    plain = model.plain()
    assert type(plain) is GaussianNB
    assert np.array_equal(plain.predict(flat(x)), model.predict_proba(x).argmax(axis=1))


def test_density_is_a_product_over_pixels(model: Any, reference: GaussianNB) -> None:
    x = DATA.val.x[:5]
    for label in (0, 7):
        pixels = norm.logpdf(flat(x), reference.theta_[label], np.sqrt(reference.var_[label]))
        assert model.log_density_per_class(x)[:, label] == pytest.approx(pixels.sum(axis=1), rel=1e-5)


def test_samples_are_draws_of_the_class(model: Any, reference: GaussianNB) -> None:
    images = flat(model.sample(5000, seed=1, labels=np.full(5000, 4)))
    mean, spread = reference.theta_[4], np.sqrt(reference.var_[4])
    # Clipping moves means and deviations, but no quantile that lies inside.
    for share in (0.2, 0.5, 0.8):
        expected = norm.ppf(share, mean, spread)
        inside = np.abs(expected) < 0.9
        assert inside.sum() > 10
        assert np.quantile(images, share, axis=0)[inside] == pytest.approx(expected[inside], abs=0.06)


def test_imputing_weighs_the_classes_by_the_known_pixels(model: Any, reference: GaussianNB) -> None:
    x, mask = DATA.val.x[:6], np.zeros((6, 1, 8, 8), bool)
    mask[:, :, 2:5] = True
    known = mask[0].ravel()
    likelihoods = np.array(
        [
            norm.logpdf(flat(x)[:, known], mean[known], np.sqrt(var[known])).sum(axis=1)
            for mean, var in zip(reference.theta_, reference.var_, strict=True)
        ]
    )
    joint = likelihoods + np.log(reference.class_prior_)[:, None]
    weights = np.exp(joint - np.logaddexp.reduce(joint, axis=0))
    expected = np.where(known, flat(x), np.clip(weights.T @ reference.theta_, -1, 1))
    filled = model.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
    assert flat(filled) == pytest.approx(expected, abs=1e-5)


def test_denoising_by_bayes_rule_in_one_pixel() -> None:
    # One class, N(0.2, 0.3^2): the posterior mean is the precision-weighted mean of prior and pixel.
    rng = np.random.default_rng(0)
    x = (0.2 + 0.3 * rng.standard_normal((4000, 1, 1, 1))).clip(-1, 1).astype(np.float32)
    data = Dataset("pixel", Split(x, np.zeros(4000, np.int64)), Split(x[:3], np.zeros(3, np.int64)), ("a",), "0", 0)
    model: Any = MODELS["gaussian_nb"].build({}, data, seed=0)
    model.step()
    mean, variance = x.mean(), x.var()
    noisy = np.array([-0.5, 0.2, 0.9], np.float32).reshape(3, 1, 1, 1)
    expected = (mean / variance + noisy / 0.25) / (1 / variance + 1 / 0.25)
    assert model.denoise(noisy, 0.5) == pytest.approx(expected, abs=1e-4)


def test_a_class_without_training_images_gets_no_probability() -> None:
    kept = DATA.train.y != 3
    data = Dataset("nine", Split(DATA.train.x[kept], DATA.train.y[kept]), DATA.val, DATA.classes, "0", 0)
    model: Any = MODELS["gaussian_nb"].build({}, data, seed=0)
    model.step()
    assert (model.predict_proba(DATA.val.x)[:, 3] == 0).all()
    assert np.isfinite(model.log_density(DATA.val.x)).all()
