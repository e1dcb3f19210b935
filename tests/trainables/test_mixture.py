"""Gaussian mixtures against SciPy's densities and against conditioning by dense matrices."""

from typing import Any

import numpy as np
import pytest
from helpers.contract import digits
from scipy.stats import multivariate_normal

from trainables import MODELS
from trainables.base import ConfigError, Explicit
from trainables.data import Dataset, Split
from trainables.density.subspace import Subspace

COVARIANCES = ("full", "tied", "diag", "spherical")


def trained(**config: Any) -> Any:
    model = MODELS["gmm"].build({"n_components": 2, "pca_components": 6, "max_iter": 10, **config}, digits(200), seed=0)
    model.step()
    return model


@pytest.fixture(scope="module")
def conditional() -> Any:
    return trained()


def dense(model: Any, noise: float = 0.0) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Weight, mean and covariance, in pixels, of every Gaussian; `noise` is added in each pixel."""
    space = model._subspace
    outside = space.noise * (np.eye(64) - space.basis.T @ space.basis) + noise**2 * np.eye(64)
    all_of_them = model._all
    return [
        (np.exp(log_weight), space.mean + mean @ space.basis, space.basis.T @ covariance @ space.basis + outside)
        for log_weight, mean, covariance in zip(
            all_of_them.log_weights, all_of_them.means, all_of_them.covariances, strict=True
        )
    ]


def log_mixture(parts: list[tuple[float, np.ndarray, np.ndarray]], x: np.ndarray) -> np.ndarray:
    scores = [np.log(weight) + multivariate_normal(mean, cov).logpdf(x) for weight, mean, cov in parts]
    total: np.ndarray = np.logaddexp.reduce(scores, axis=0)
    return total


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("covariance_type", COVARIANCES)
def test_log_density_of_whole_images_against_scipy(conditional: bool, covariance_type: str) -> None:
    model = trained(conditional=conditional, covariance_type=covariance_type)
    x = digits(200).val.x[:20]
    assert model.log_density(x) == pytest.approx(log_mixture(dense(model), x.reshape(20, -1).astype(float)), rel=1e-5)


def test_weights_of_all_gaussians_sum_to_one(conditional: Any) -> None:
    assert sum(weight for weight, _, _ in dense(conditional)) == pytest.approx(1)


def test_imputing_is_conditioning_on_the_known_pixels(conditional: Any) -> None:
    x = digits(200).val.x[:8]
    mask = np.random.default_rng(0).random(x.shape) < 0.6
    mask[4:] = mask[4]  # some images share a mask, others have their own
    filled = conditional.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
    assert np.array_equal(filled[mask], x[mask])
    for image, known, got in zip(x.reshape(8, -1), mask.reshape(8, -1), filled.reshape(8, -1), strict=True):
        assert got == pytest.approx(np.clip(_conditional_mean(dense(conditional), image, known), -1, 1), abs=1e-4)


def _conditional_mean(parts: list[Any], image: np.ndarray, known: np.ndarray) -> np.ndarray:
    scores, means = [], []
    for weight, mean, cov in parts:
        seen = cov[np.ix_(known, known)]
        gap = np.linalg.solve(seen, image[known] - mean[known])
        scores.append(np.log(weight) + multivariate_normal(mean[known], seen).logpdf(image[known]))
        means.append(np.where(known, image, mean + cov[:, known] @ gap))
    weights = np.exp(scores - np.logaddexp.reduce(scores))
    posterior: np.ndarray = weights @ np.array(means)
    return posterior


def test_denoising_is_the_posterior_mean(conditional: Any) -> None:
    noise = 0.7
    x = digits(200).val.x[:5] + noise * np.random.default_rng(0).standard_normal((5, 1, 8, 8)).astype(np.float32)
    clean, noisy = dense(conditional), dense(conditional, noise)
    for image, got in zip(x.reshape(5, -1).astype(float), conditional.denoise(x, noise).reshape(5, -1), strict=True):
        scores = [np.log(w) + multivariate_normal(mean, cov).logpdf(image) for w, mean, cov in noisy]
        weights = np.exp(scores - np.logaddexp.reduce(scores))
        means = [
            mean + cov @ np.linalg.solve(blurred, image - mean)
            for (_, mean, cov), (_, _, blurred) in zip(clean, noisy, strict=True)
        ]
        assert got == pytest.approx(np.clip(weights @ np.array(means), -1, 1), abs=1e-4)


def test_nothing_is_left_out_where_the_subspace_is_everything() -> None:
    data = digits(200)
    space = Subspace.of(data.train.x, 1000, seed=0)
    assert space.dimensions == 64
    assert space.lift(space.project(data.val.x)) == pytest.approx(data.val.x, abs=1e-5)


def test_draws_have_the_moments_of_the_gaussians(conditional: Any) -> None:
    gaussians = conditional._gaussians[3]
    z = gaussians.draw(np.ones(20_000, np.int64), np.random.default_rng(0))
    assert z.mean(axis=0) == pytest.approx(gaussians.means[1], abs=0.05)
    assert np.cov(z.T) == pytest.approx(gaussians.covariances[1], abs=0.1)


def test_it_draws_and_knows_the_classes(conditional: Any) -> None:
    labels = np.arange(200) % 10
    assert np.mean(conditional.predict_proba(conditional.sample(200, labels=labels)).argmax(axis=1) == labels) > 0.9
    val = digits(200).val
    assert np.mean(conditional.predict_proba(val.x).argmax(axis=1) == val.y) > 0.8


def test_slices_of_em_are_the_straight_run() -> None:
    whole, sliced = trained(iterations_per_step=6, max_iter=6), trained(iterations_per_step=2, max_iter=6)
    while not sliced.finished:
        row = sliced.step()
    x = digits(200).val.x
    assert row["train/iterations"] == 6
    assert sliced.log_density(x) == pytest.approx(whole.log_density(x), rel=1e-6)


def test_it_stops_when_it_has_converged() -> None:
    model = MODELS["gmm"].build({"n_components": 1, "pca_components": 4}, digits(200), seed=0)
    model.step()
    assert model.finished


def test_no_more_gaussians_than_images_and_no_class_of_one_image() -> None:
    data = digits(200)
    few = np.concatenate([np.flatnonzero(data.train.y == label)[:3] for label in range(10)])
    small = Dataset("few", Split(data.train.x[few], data.train.y[few]), data.val, data.classes, "0", 0)
    model = MODELS["gmm"].build({"n_components": 5}, small, seed=0)
    assert isinstance(model, Explicit)
    model.step()
    assert np.isfinite(model.log_density(data.val.x)).all()
    lone = Dataset("lone", Split(data.train.x[:1], data.train.y[:1]), data.val, data.classes, "0", 0)
    with pytest.raises(ConfigError, match=r"^conditional: a mixture a class needs two training images"):
        MODELS["gmm"].build({}, lone, seed=0)
