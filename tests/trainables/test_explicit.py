"""What every explicit model gets from its base: Bayes' rule, abilities by hasattr, labels drawn and refused."""

import numpy as np
import pytest
from helpers.contract import digits
from helpers.untrained import Untrained
from scipy.stats import norm

from trainables import MODELS
from trainables.base import Explicit
from trainables.labels import log_priors, wanted_labels

CONDITIONAL = ("autoregressive", "cvae", "flow", "gaussian_nb", "gmm", "hmm")
MEANS, SHARES = np.array([-0.5, 0.0, 0.6]), np.array([0.2, 0.5, 0.3])


class TwoPixels(Untrained, Explicit):
    """Images of two pixels, N(mean of the class, 1) each."""

    def __init__(self, conditional: bool = True) -> None:
        self.conditional, self.log_priors = conditional, np.log(SHARES)

    def _log_density(self, x: np.ndarray, label: int | None) -> np.ndarray:
        mean = MEANS[1 if label is None else label]
        density: np.ndarray = norm.logpdf(x.reshape(len(x), -1), mean, 1).sum(axis=1)
        return density

    def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
        raise NotImplementedError


def x_of(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (n, 1, 1, 2)).astype(np.float32)


def test_bayes_rule_by_hand() -> None:
    x, model = x_of(20), TwoPixels()
    likelihoods = np.stack([norm.pdf(x[:, 0, 0], mean, 1).prod(axis=1) for mean in MEANS], axis=1)
    evidence = likelihoods @ SHARES
    assert model.log_density_per_class(x) == pytest.approx(np.log(likelihoods), rel=1e-6)
    assert model.log_density(x) == pytest.approx(np.log(evidence), rel=1e-6)
    assert model.predict_proba(x) == pytest.approx(likelihoods * SHARES / evidence[:, None], rel=1e-6)


def test_a_class_that_training_never_saw_is_impossible() -> None:
    model = TwoPixels()
    model.log_priors = log_priors(np.array([0, 2, 2]), 3)
    proba = model.predict_proba(x_of(5))
    assert (proba[:, 1] == 0).all()
    assert proba.sum(axis=1) == pytest.approx(np.ones(5))


def test_images_thousands_of_nats_away_still_get_probabilities() -> None:
    proba = TwoPixels().predict_proba(x_of(3) + 1000)
    assert np.isfinite(proba).all()
    assert proba.argmax(axis=1).tolist() == [2, 2, 2]


def test_only_a_conditional_model_is_a_classifier() -> None:
    assert hasattr(TwoPixels(), "predict_proba")
    assert not hasattr(TwoPixels(conditional=False), "predict_proba")
    assert not hasattr(TwoPixels(conditional=False), "log_density_per_class")
    assert np.isfinite(TwoPixels(conditional=False).log_density(x_of(3))).all()


@pytest.mark.parametrize("name", CONDITIONAL)
def test_each_conditional_model_says_so_and_what_it_is_for(name: str) -> None:
    model = MODELS[name].build({}, digits(200), seed=0)
    assert isinstance(model, Explicit)
    assert model.conditional
    assert hasattr(model, "predict_proba")
    assert MODELS[name].kind == ("classifier" if name == "gaussian_nb" else "generative")


class TestLabels:
    def test_drawn_as_frequent_as_in_training(self) -> None:
        drawn = wanted_labels(4000, None, np.log(SHARES), seed=1)
        assert np.bincount(drawn) / 4000 == pytest.approx(SHARES, abs=0.03)
        assert np.array_equal(drawn, wanted_labels(4000, None, np.log(SHARES), seed=1))

    @pytest.mark.parametrize("labels", [[0, 1], [0, 1, 3], [0, -1, 2]])
    def test_labels_that_cannot_be(self, labels: list[int]) -> None:
        with pytest.raises(ValueError, match="for 3 images there must be 3 classes, 0 to 2"):
            wanted_labels(3, np.array(labels), np.log(SHARES), seed=0)
