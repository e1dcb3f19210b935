"""Bounds against likelihoods that are known: linear-Gaussian models in closed form, one latent by quadrature."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import coloured, digits
from scipy.stats import multivariate_normal

from trainables import MODELS
from trainables.base import ConfigError
from trainables.latent.vae_nets import FINEST, halvings
from trainables.latent.variational import Posterior, image, log_likelihood, log_prior
from trainables.training.rng import torch_generator

TRAINING = {"updates": 150, "updates_per_step": 150, "batch_size": 50, "lr": 5e-3}


def trained(name: str = "vae", **config: Any) -> Any:
    model = MODELS[name].build({**TRAINING, **config}, digits(500), seed=0)
    model.step()
    return model


@pytest.fixture(scope="module")
def linear() -> Any:
    return trained(depth=0, likelihood="gaussian", latent_dim=3, importance_samples=300)


@pytest.fixture(scope="module")
def cvae() -> Any:
    return trained("cvae", width=64, latent_dim=4, importance_samples=20, updates=400, updates_per_step=400)


def exact(model: Any, x: np.ndarray) -> np.ndarray:
    """log N(x; b, WW' + s^2) of a linear decoder Wz + b."""
    layer, scale = model._net.decoder[0][0], model._net.log_scale.exp().item()
    weight, bias = layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()
    covariance = weight @ weight.T + scale**2 * np.eye(len(bias))
    density: np.ndarray = multivariate_normal(bias, covariance).logpdf(x.reshape(len(x), -1))
    return density


class TestLinearGaussian:
    def test_elbo_below_the_weighted_bound_below_the_exact_likelihood(self, linear: Any) -> None:
        x = digits(500).val.x
        elbo, bound, truth = linear.elbo(x), linear.log_density(x), exact(linear, x)
        assert (elbo <= bound).all()
        assert elbo.mean() < bound.mean() - 0.05
        assert bound.mean() < truth.mean() + 0.05  # of the expectation it is a bound, of this draw nearly
        assert bound.mean() == pytest.approx(truth.mean(), abs=0.3)

    def test_more_samples_come_nearer(self, linear: Any) -> None:
        x = digits(500).val.x
        # Of each image, for all have the same noise: one draw may lie above the truth for all of them.
        gaps = [np.abs(exact(linear, x) - linear._bounds(x, None, samples)[1]).mean() for samples in (1, 10, 300)]
        assert gaps == sorted(gaps, reverse=True)

    def test_a_score_does_not_depend_on_the_company(self, linear: Any) -> None:
        x = digits(500).val.x[:40]
        assert linear.log_density(x[7:9]) == pytest.approx(linear.log_density(x)[7:9], rel=1e-5)


@pytest.mark.parametrize("prior", ["normal", "uniform"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_weighted_bound_of_one_latent_against_quadrature(prior: Any, likelihood: Any) -> None:
    model = trained(
        width=16, latent_dim=1, latent_prior=prior, likelihood=likelihood, importance_samples=3000, updates=100
    )
    x = digits(500).val.x[:5]
    z = torch.linspace(-6, 6, 4001) if prior == "normal" else torch.linspace(-1, 1, 4001)
    with torch.no_grad():
        decoded = model._net.decode(z[:, None, None], None)
        joint = log_likelihood(torch.tensor(x), decoded, model._net.log_scale, likelihood).double()
    joint += log_prior(z[:, None, None], prior)
    truth = np.log(np.trapezoid(joint.exp().numpy(), z.numpy(), axis=0))
    assert np.isfinite(truth).all()
    assert model.log_density(x) == pytest.approx(truth, abs=0.1)
    assert (model.elbo(x) < truth).all()


class TestPosterior:
    def test_closed_form_divergence_against_draws(self) -> None:
        posterior = Posterior(torch.tensor([[0.5, -1.0]]), torch.tensor([[-0.3, 0.2]]), "normal")
        z, log_q = posterior.draw(torch.randn((200_000, 1, 2), generator=torch_generator(0)))
        drawn = (log_q - log_prior(z, "normal")).mean()
        assert posterior.divergence(torch.zeros(1, 2)).item() == pytest.approx(drawn.item(), abs=0.01)

    def test_divergence_is_zero_at_the_prior(self) -> None:
        at_prior = Posterior(torch.zeros(1, 3), torch.zeros(1, 3), "normal")
        assert at_prior.divergence(torch.zeros(1, 3)).item() == 0

    def test_squashed_density_integrates_to_one(self) -> None:
        noise = torch.linspace(-9, 9, 20_001)[:, None, None]
        z, log_q = Posterior(torch.tensor([[0.4]]), torch.tensor([[-0.5]]), "uniform").draw(noise)
        assert z.abs().max() <= 1
        assert np.trapezoid(log_q[:, 0].exp().double(), z[:, 0, 0].double()) == pytest.approx(1, abs=1e-3)


def test_bernoulli_of_binary_images_is_a_mass() -> None:
    logits = torch.tensor([0.3, -1.2])[None, None, None]
    images = torch.tensor([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])[:, None, None]
    masses = log_likelihood(images, logits, torch.zeros(()), "bernoulli").exp()
    assert masses.sum().item() == pytest.approx(1)
    assert image(logits, "bernoulli") == pytest.approx(2 / (1 + np.exp(-logits.numpy())) - 1, abs=1e-6)


def test_the_gaussians_scale_stays_over_a_grey_level(linear: Any) -> None:
    model: Any = MODELS["vae"].build({"likelihood": "gaussian"}, digits(200), seed=0)
    net = model._net
    with torch.no_grad():
        net.spread.fill_(-100)
    assert net.log_scale.item() == pytest.approx(FINEST)
    assert linear._net.log_scale.item() > FINEST


def test_loss_is_reconstruction_and_beta_times_divergence() -> None:
    row = MODELS["vae"].build({**TRAINING, "updates": 5, "beta": 3.0}, digits(200), seed=0).step()
    assert row["train/loss"] == pytest.approx(row["train/reconstruction"] + 3 * row["train/divergence"], rel=1e-5)


class TestConditional:
    def test_it_draws_the_class_it_is_asked_for(self, cvae: Any) -> None:
        data = digits(500)
        means = np.stack([data.train.x[data.train.y == label].mean(axis=0) for label in range(10)])
        labels = np.arange(100) % 10
        images = cvae.sample(100, seed=3, labels=labels)
        nearest = np.square(images[:, None] - means).sum(axis=(2, 3, 4)).argmin(axis=1)
        assert np.mean(nearest == labels) > 0.8

    def test_it_classifies_by_bayes_rule(self, cvae: Any) -> None:
        val = digits(500).val
        assert np.mean(cvae.predict_proba(val.x).argmax(axis=1) == val.y) > 0.85

    def test_elbo_over_the_classes_is_below_the_weighted_bound(self, cvae: Any) -> None:
        x = digits(500).val.x[:50]
        assert (cvae.elbo(x) <= cvae.log_density(x)).all()

    def test_reconstructions_are_nearer_than_the_mean_image(self, cvae: Any) -> None:
        x, mean = digits(500).val.x, digits(500).train.x.mean(axis=0)
        assert np.square(cvae.reconstruct(x) - x).mean() < 0.7 * np.square(mean - x).mean()


class TestUses:
    @pytest.mark.parametrize("name", ["vae", "cvae"])
    def test_imputing_keeps_what_is_known_and_does_not_look_at_the_rest(self, name: str, cvae: Any) -> None:
        model = cvae if name == "cvae" else trained(width=32, latent_dim=4)
        x = digits(500).val.x[:6]
        mask = np.zeros((6, 1, 8, 8), bool)
        mask[:, :, :4] = True
        filled = model.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
        assert np.array_equal(filled[mask], x[mask])
        assert np.array_equal(filled, model.impute(np.where(mask, x, np.float32(0.7)), mask))

    def test_features(self) -> None:
        model: Any = MODELS["vae"].build({"latent_dim": 3, "latent_prior": "uniform"}, digits(200), seed=0)
        features = model.features(digits(200).val.x[:5])
        assert features.shape == (5, 3)
        assert np.abs(features).max() < 1


class TestConvolutions:
    @pytest.mark.parametrize("depth", [1, 2])
    def test_any_shape_comes_back(self, depth: int) -> None:
        model: Any = MODELS["vae"].build({"net": "conv", "depth": depth, "channels": 3}, coloured(), seed=0)
        assert model.reconstruct(coloured().val.x[:2]).shape == (2, 3, 5, 7)

    def test_sizes_round_down(self) -> None:
        assert halvings((28, 7), 2) == [(28, 7), (14, 3), (7, 1)]

    def test_an_image_too_small_is_refused_by_name(self) -> None:
        with pytest.raises(ConfigError, match=r"^depth: an image of 5 x 7 cannot be halved 3 times; valid: 1 to 2"):
            MODELS["vae"].build({"net": "conv", "depth": 3}, coloured(), seed=0)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"depth": 5}, "depth"),
        ({"net": "conv", "depth": 0}, "depth"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"beta": -1.0}, "beta"),
        ({"lr": 0.0}, "lr"),
        ({"batch_size": 201}, "batch_size"),
        ({"ema": 1.0}, "ema"),
    ],
)
def test_bad_configs_are_refused_by_name(config: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        MODELS["vae"].build(config, digits(200), seed=0)


def test_log_two_pi() -> None:
    assert log_prior(torch.zeros(1, 2), "normal").item() == pytest.approx(-math.log(2 * math.pi))
    assert log_prior(torch.zeros(1, 2), "uniform").item() == pytest.approx(-2 * math.log(2))


def test_an_image_unlike_any_has_a_finite_density() -> None:
    model = trained()
    with torch.no_grad():
        model._net.encoder.layers[-1].weight.mul_(1e4)
    noise = np.random.default_rng(0).uniform(-1, 1, size=(20, 1, 8, 8)).astype(np.float32)
    assert np.isfinite(model.log_density(noise)).all()
    assert np.isfinite(model.elbo(noise)).all()
