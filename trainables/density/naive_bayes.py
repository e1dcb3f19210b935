"""Gaussian naive Bayes: a classifier by Bayes' rule, and a generative model of P(x | y) that samples and scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from trainables.arrays import Images, Labels
from trainables.base import Classifier, DivergedError, Explicit, State
from trainables.classifiers.fitted import fitting
from trainables.config import above
from trainables.entry import Entry
from trainables.labels import log_priors, wanted_labels
from trainables.training.seeds import numpy_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

Vectors = NDArray[np.float64]
LOG_2PI = math.log(2 * math.pi)
AT_ONCE = 4096  # images that become float64


@dataclass(frozen=True)
class GaussianNaiveBayesConfig:
    """Each pixel a Gaussian of its own, given the class."""

    # Added to every variance, as a share of the largest one of any pixel: a pixel that is always black has none.
    var_smoothing: float = 1e-9

    def __post_init__(self) -> None:
        above(self, 0, "var_smoothing")


class GaussianNaiveBayes(Classifier, Explicit):
    """scikit-learn's GaussianNB, fitted in one step; nothing in it is random, so all seeds give the same model.

    `log_density` is exact, of the continuous image. Samples are draws of every pixel on its own: the class's mean
    image under noise.
    """

    conditional = True

    def __init__(self, config: GaussianNaiveBayesConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`device` is ignored: scikit-learn computes on the CPU."""
        self.config, self._shape = config, data.image_shape
        self._x, self._y = data.train.x, data.train.y
        self.log_priors = log_priors(data.train.y, data.n_classes)
        pixels = math.prod(data.image_shape)
        self._means, self._variances = np.zeros((data.n_classes, pixels)), np.ones((data.n_classes, pixels))
        self._fitted = False

    @property
    def finished(self) -> bool:
        return self._fitted

    def step(self) -> dict[str, float]:
        """The whole fit; `train/loss` is the mean log loss of the training images, nats."""
        known = np.flatnonzero(np.isfinite(self.log_priors))
        estimator = GaussianNB(var_smoothing=self.config.var_smoothing).fit(self._x.reshape(len(self._x), -1), self._y)
        self._means[known], self._variances[known] = estimator.theta_, estimator.var_
        self._fitted = True
        joint = self._log_joint(self._x)
        loss = float(np.mean(np.logaddexp.reduce(joint, axis=1) - joint[np.arange(len(joint)), self._y]))
        if not math.isfinite(loss):
            raise DivergedError(f"train/loss is {loss} at step 1")
        return {"train/loss": loss}

    def plain(self) -> GaussianNB:
        """The fitted model as scikit-learn's own class; classes without training images are unknown to it."""
        known = np.flatnonzero(np.isfinite(self.log_priors))
        estimator = GaussianNB(var_smoothing=self.config.var_smoothing)
        estimator.classes_, estimator.n_features_in_ = known, self._means.shape[1]
        estimator.theta_, estimator.var_ = self._means[known], self._variances[known]
        estimator.class_prior_ = np.exp(self.log_priors[known])
        estimator.class_count_ = estimator.class_prior_ * len(self._y)
        return estimator

    def load_plain(self, estimator: Any) -> None:
        """Be fitted as `plain()` of another model was; ValueError if it does not fit the images or the classes."""
        known = np.flatnonzero(np.isfinite(self.log_priors))
        shape = (len(known), self._means.shape[1])
        fitting(estimator, GaussianNB, theta_=(estimator.theta_, shape), var_=(estimator.var_, shape))
        self._means[known], self._variances[known] = estimator.theta_, estimator.var_
        self._fitted = True

    def predict_proba(self, x: Images) -> Vectors:  # a method, as every classifier has it: the classes are always there
        return self._predict_proba(x)

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        wanted = wanted_labels(n, labels, self.log_priors, seed)
        noise = numpy_generator(seed, "sample").standard_normal((n, self._means.shape[1]))
        return self._images(self._means[wanted] + np.sqrt(self._variances[wanted]) * noise)

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """The classes' mean pixels, by how probable the known pixels make each class; exact under the model."""
        known = np.broadcast_to(mask, x.shape).reshape(len(x), -1).astype(np.float64)
        weights = self._weights(_flat(np.where(mask, x, 0)), self._variances, known)
        return np.where(mask, x, self._images(weights @ self._means))

    def denoise(self, x: Images, noise: float = 0.5) -> Images:
        """The mean clean image given the noisy one: every pixel moves towards the classes' means; exact."""
        flat, clean = _flat(x), np.zeros((len(x), self._means.shape[1]))
        weights = self._weights(flat, self._variances + noise**2, np.ones_like(flat))
        for label, (mean, variance) in enumerate(zip(self._means, self._variances, strict=True)):
            trust = variance / (variance + noise**2)
            clean += weights[:, [label]] * (mean + trust * (flat - mean))
        return self._images(clean)

    def state(self) -> State:
        import torch  # here alone: scikit-learn's models should not wait for it to load

        return {
            "means": torch.tensor(self._means),
            "variances": torch.tensor(self._variances),
            "fitted": self._fitted,
        }

    def load_state(self, state: State) -> None:
        self._means, self._variances = state["means"].numpy().copy(), state["variances"].numpy().copy()
        self._fitted = state["fitted"]

    def _log_density(self, x: Images, label: int | None) -> Vectors:
        return self._log_density_per_class(x)[:, label]

    def _log_density_per_class(self, x: Images) -> Vectors:
        parts = (_flat(x[start : start + AT_ONCE]) for start in range(0, len(x), AT_ONCE))
        return np.concatenate([self._scores(part, self._variances, np.ones_like(part)) for part in parts])

    def _weights(self, x: Vectors, variances: Vectors, known: Vectors) -> Vectors:
        """P(y | the known pixels), (n, classes), when each pixel has those variances, (classes, pixels)."""
        joint = self._scores(x, variances, known) + self.log_priors
        weights: Vectors = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
        return weights

    def _scores(self, x: Vectors, variances: Vectors, known: Vectors) -> Vectors:
        """log p(the known pixels | y), (n, classes); `known` is 1 or 0 a pixel."""
        # (x - mean)^2 / variance multiplied out: three products of matrices are many times faster than ten passes.
        squares = (known * np.square(x)) @ (1 / variances).T
        products = (known * x) @ (self._means / variances).T
        rest = known @ (np.square(self._means) / variances + np.log(variances) + LOG_2PI).T
        scores: Vectors = -0.5 * (squares - 2 * products + rest)
        return scores

    def _images(self, flat: Vectors) -> Images:
        return np.clip(flat, -1, 1).astype(np.float32).reshape(-1, *self._shape)


def _flat(x: Images) -> Vectors:
    return x.reshape(len(x), -1).astype(np.float64)


ENTRIES = {"gaussian_nb": Entry(GaussianNaiveBayes, GaussianNaiveBayesConfig, points={})}
