"""Gaussian mixtures on principal components, of P(x) or one a class of P(x | y) (scikit-learn's EM)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, DivergedError, Explicit, State
from trainables.config import above, at_least
from trainables.density.gaussians import Gaussians
from trainables.density.subspace import Subspace, Vectors
from trainables.entry import Entry
from trainables.labels import log_priors, training_groups, wanted_labels
from trainables.training.seeds import derive, numpy_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

FITTED = ("weights_", "means_", "covariances_", "precisions_cholesky_")


@dataclass(frozen=True)
class GmmConfig:
    """A mixture of `n_components` Gaussians, a class where `conditional`."""

    conditional: bool = True  # a mixture a class, a classifier by Bayes' rule; else one mixture of all images
    n_components: int = 5  # Gaussians, at most one an image
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "full"
    pca_components: int = 50  # dimensions of the subspace, at most as many as images or pixels
    reg_covar: float = 1e-2  # added to the variances
    tol: float = 1e-3  # converged when the mean log density of an iteration grows by less
    max_iter: int = 100  # iterations of EM in all
    iterations_per_step: int = 10  # a reporting interval

    def __post_init__(self) -> None:
        at_least(self, 1, "n_components", "pca_components", "max_iter", "iterations_per_step")
        above(self, 0, "reg_covar", "tol")


class Gmm(Explicit):
    """Mixtures fitted by EM, from k-means; a step is `iterations_per_step` iterations of each.

    `log_density` is exact, of the continuous image: the mixture in the subspace times an isotropic Gaussian outside.
    Samples are drawn in the subspace, without the pixels' noise around it.
    """

    def __init__(self, config: GmmConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`device` is ignored: scikit-learn computes on the CPU. ConfigError if a class has one image alone."""
        self.config, self.conditional, self._seed = config, config.conditional, seed
        self._x, self._shape = data.train.x, data.image_shape
        self.log_priors = log_priors(data.train.y, data.n_classes)
        self._rows = training_groups(data.train.y, config.conditional)
        if min(map(len, self._rows.values())) < 2:
            raise ConfigError("conditional: a mixture a class needs two training images of each; valid: false")
        self._mixtures = {group: self._mixture(group) for group in self._rows}
        self._space: Subspace | None = None
        self._gaussians: dict[int, Gaussians] = {}
        self._iterations = 0

    @property
    def finished(self) -> bool:
        converged = bool(self._gaussians) and all(mixture.converged_ for mixture in self._mixtures.values())
        return converged or self._iterations >= self.config.max_iter

    def step(self) -> dict[str, float]:
        """`train/loss` is the mean negative log density of the training images (given their class where there are
        classes), nats, as the last iteration found it; `train/iterations` the iterations so far."""
        z, rest = self._coordinates
        iterations = min(self.config.iterations_per_step, self.config.max_iter - self._iterations)
        for group, mixture in self._mixtures.items():
            _advance(mixture, z[self._rows[group]], iterations)
        self._iterations += iterations
        self._read_off()
        inside = sum(len(self._rows[group]) * mixture.lower_bound_ for group, mixture in self._mixtures.items())
        loss = -float(inside / len(z) + rest.mean())
        if not math.isfinite(loss):
            raise DivergedError(f"train/loss is {loss} at iteration {self._iterations}")
        return {"train/loss": loss, "train/iterations": float(self._iterations)}

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        generator = numpy_generator(seed, "sample")
        wanted = wanted_labels(n, labels, self.log_priors, seed) if self.conditional else np.zeros(n, np.int64)
        z = np.empty((n, self._subspace.dimensions))
        for group, gaussians in self._gaussians.items():
            rows = np.flatnonzero(wanted == group)
            components = generator.choice(len(gaussians.means), len(rows), p=np.exp(gaussians.log_weights))
            z[rows] = gaussians.draw(components, generator)
        return self._subspace.lift(z)

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """The mean of the unknown pixels given the known ones, exact under the model."""
        return np.where(mask, x, self._all.expected(x, mask, noise=0.0))

    def denoise(self, x: Images, noise: float = 0.5) -> Images:
        """The mean clean image given the noisy one, exact under the model: a Wiener filter for every Gaussian."""
        return self._all.expected(x, np.ones((1, *x.shape[1:]), bool), noise)

    def features(self, x: Images) -> Images:
        """The coordinates in the subspace, in standard deviations of training, shape (n, d)."""
        return (self._subspace.project(x) / self._subspace.spread).astype(np.float32)

    def state(self) -> State:
        return {
            "mixtures": {group: _parameters(mixture) for group, mixture in self._mixtures.items()},
            "subspace": self._space.state() if self._space else None,
            "iterations": self._iterations,
        }

    def load_state(self, state: State) -> None:
        self._iterations = state["iterations"]
        if state["subspace"] is None:
            return
        self._space = Subspace.from_state(state["subspace"], self._shape)
        for group, mixture in self._mixtures.items():
            _restore(mixture, state["mixtures"][group])
        self._read_off()

    def _log_density(self, x: Images, label: int | None) -> Vectors:
        if (label or 0) not in self._gaussians:  # a class without training images
            return np.full(len(x), -np.inf)
        return self._gaussians[label or 0].log_density(x)

    @property
    def _subspace(self) -> Subspace:
        if self._space is None:
            raise RuntimeError("a mixture answers after its first step")
        return self._space

    @cached_property
    def _coordinates(self) -> tuple[Vectors, Vectors]:
        if self._space is None:
            self._space = Subspace.of(self._x, self.config.pca_components, derive(self._seed, "pca"))
        return self._subspace.split(self._x)

    @property
    def _all(self) -> Gaussians:
        """The Gaussians of all classes as one mixture."""
        parts = self._gaussians.items()
        return Gaussians(
            self._subspace,
            np.concatenate([part.log_weights + self.log_priors[group] * self.conditional for group, part in parts]),
            np.concatenate([part.means for _, part in parts]),
            np.concatenate([part.covariances for _, part in parts]),
        )

    def _mixture(self, group: int) -> Any:
        return GaussianMixture(
            min(self.config.n_components, len(self._rows[group])),
            covariance_type=self.config.covariance_type,
            reg_covar=self.config.reg_covar,
            tol=self.config.tol,
            random_state=derive(self._seed, "mixture", group),
            warm_start=True,
        )

    def _read_off(self) -> None:
        for group, mixture in self._mixtures.items():
            log_weights, means = np.log(mixture.weights_), np.array(mixture.means_)
            self._gaussians[group] = Gaussians(self._subspace, log_weights, means, _full(mixture))


def _advance(mixture: Any, z: Vectors, iterations: int) -> None:
    if getattr(mixture, "converged_", False):
        return
    mixture.set_params(max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a slice that ends is the plan
        mixture.fit(z)
    for name in FITTED:  # one layout, so that a fresh mixture with the same numbers computes the same bits
        setattr(mixture, name, np.ascontiguousarray(getattr(mixture, name)))


def _parameters(mixture: Any) -> State | None:
    if not hasattr(mixture, "converged_"):
        return None
    import torch  # here alone: scikit-learn's models should not wait for it to load

    arrays = {name: torch.tensor(getattr(mixture, name)) for name in FITTED}
    return arrays | {"converged_": bool(mixture.converged_), "lower_bound_": float(mixture.lower_bound_)}


def _restore(mixture: Any, parameters: State) -> None:
    for name, value in parameters.items():
        setattr(mixture, name, value.numpy().copy() if name in FITTED else value)


def _full(mixture: Any) -> Vectors:
    """scikit-learn's four ways to keep covariances as one, shape (components, d, d)."""
    covariances, (components, dimensions) = mixture.covariances_, mixture.means_.shape
    if mixture.covariance_type == "tied":
        return np.repeat(covariances[None], components, axis=0)
    if mixture.covariance_type == "full":
        return np.array(covariances)
    # A variance a direction ("diag"), or one for all of them ("spherical").
    variances = np.broadcast_to(covariances.reshape(components, -1), (components, dimensions))
    return variances[:, :, None] * np.eye(dimensions)


ENTRIES = {"gmm": Entry(Gmm, GmmConfig, points={})}
