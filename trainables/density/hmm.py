"""Hidden Markov models of images read row by row, of P(x) or one a class of P(x | y) (hmmlearn's Baum-Welch)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from hmmlearn.hmm import GaussianHMM
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from trainables.arrays import Images, Labels
from trainables.base import ConfigError, DivergedError, Explicit, State
from trainables.config import above, at_least
from trainables.density.chains import Array, Chain
from trainables.entry import Entry
from trainables.labels import log_priors, training_groups, wanted_labels
from trainables.training.seeds import derive, numpy_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

START_ROWS = 5000  # that k-means sees


@dataclass(frozen=True)
class HmmConfig:
    """A chain of states, a class where `conditional`; a state emits one row of the image."""

    conditional: bool = True  # a chain a class, a classifier by Bayes' rule; else one chain of all images
    n_states: int = 20
    topology: Literal["left_right", "ergodic"] = "left_right"  # whether a state that was left can come again
    min_covar: float = 1e-2  # floor of the pixels' variances
    tol: float = 1e-2  # converged when an iteration adds less to the mean log density, nats an image
    max_iter: int = 12  # iterations of EM in all
    iterations_per_step: int = 2  # a reporting interval

    def __post_init__(self) -> None:
        at_least(self, 1, "n_states", "max_iter", "iterations_per_step")
        above(self, 0, "min_covar", "tol")


class Hmm(Explicit):
    """Rows of pixels emitted by hidden states, every pixel a Gaussian of its own given the state.

    `log_density` is exact, of the continuous image. Samples are draws of the chain: mean rows under noise.
    """

    def __init__(self, config: HmmConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`device` is ignored: hmmlearn computes on the CPU. ConfigError if there are more states than rows."""
        self.config, self.conditional, self._seed = config, config.conditional, seed
        self._x, self._shape = data.train.x, data.image_shape
        self.log_priors = log_priors(data.train.y, data.n_classes)
        self._groups = training_groups(data.train.y, config.conditional)
        fewest = min(map(len, self._groups.values())) * data.image_shape[1]
        if config.n_states > fewest:
            raise ConfigError(f"n_states: {config.n_states} is over the {fewest} rows there are to train a chain on")
        self._chains: dict[int, Chain] = {}
        self._iterations, self._loss, self._gain = 0, math.inf, math.inf

    @property
    def finished(self) -> bool:
        return self._gain < self.config.tol or self._iterations >= self.config.max_iter

    def step(self) -> dict[str, float]:
        """`train/loss` is the mean negative log density of the training images (given their class where there are
        classes), nats, before the last iteration; `train/iterations` the iterations so far."""
        self._chains = self._chains or {group: self._first(group) for group in self._groups}
        for _ in range(self.config.iterations_per_step):
            if not self.finished:
                self._iterate()
        return {"train/loss": self._loss, "train/iterations": float(self._iterations)}

    def sample(self, n: int, *, seed: int = 0, labels: Labels | None = None) -> Images:
        generator = numpy_generator(seed, "sample")
        wanted = wanted_labels(n, labels, self.log_priors, seed) if self.conditional else np.zeros(n, np.int64)
        rows = np.empty((n, *self._rows_shape))
        for group, chain in self._chains.items():
            chosen = np.flatnonzero(wanted == group)
            rows[chosen] = chain.draw(len(chosen), rows.shape[1], generator)
        return self._images(rows)

    def impute(self, x: Images, mask: NDArray[np.bool_]) -> Images:
        """The mean of the unknown pixels given the known ones, exact under the model."""
        known = self._rows(np.broadcast_to(mask, x.shape).astype(np.float64))
        return np.where(mask, x, self._expected(self._rows(np.where(mask, x, 0)), known, noise=0.0))

    def denoise(self, x: Images, noise: float = 0.5) -> Images:
        """The mean clean image given the noisy one, exact under the model."""
        rows = self._rows(x)
        return self._expected(rows, np.ones_like(rows), noise)

    def state(self) -> State:
        return {
            "chains": {group: _tensors(chain) for group, chain in self._chains.items()},
            "iterations": self._iterations,
            "loss": self._loss,
            "gain": self._gain,
        }

    def load_state(self, state: State) -> None:
        self._chains = {group: _chain(arrays) for group, arrays in state["chains"].items()}
        self._iterations, self._loss, self._gain = state["iterations"], state["loss"], state["gain"]

    def _log_density(self, x: Images, label: int | None) -> Array:
        chain = self._chains.get(label or 0)
        return chain.log_density(self._rows(x)) if chain else np.full(len(x), -np.inf)

    def _iterate(self) -> None:
        """One iteration of Baum-Welch on every chain."""
        total = 0.0
        for group, rows in self._groups.items():
            self._chains[group], score = _baum_welch(self._chains[group], self._rows(self._x[rows]), self.config)
            total += score
        loss = -total / len(self._x)
        self._iterations += 1
        if not math.isfinite(loss):
            raise DivergedError(f"train/loss is {loss} at iteration {self._iterations}")
        self._gain, self._loss = self._loss - loss, loss

    def _first(self, group: int) -> Chain:
        """States at the centres of rows by k-means, from the top of the image to the bottom."""
        images = self._x[self._groups[group]]
        generator = numpy_generator(self._seed, "rows", group)
        images = images[generator.permutation(len(images))[: math.ceil(START_ROWS / self._shape[1])]]
        rows = self._rows(images)
        seed, states = derive(self._seed, "states", group), self.config.n_states
        clusters = KMeans(states, n_init=1, random_state=seed).fit(rows.reshape(-1, rows.shape[2]))
        height = np.tile(np.arange(rows.shape[1]), len(rows))
        members = np.maximum(np.bincount(clusters.labels_, minlength=states), 1)
        order = np.argsort(np.bincount(clusters.labels_, weights=height, minlength=states) / members, kind="stable")
        spread = rows.var(axis=(0, 1)) + self.config.min_covar
        means = np.ascontiguousarray(clusters.cluster_centers_[order])
        start, transitions = np.full(states, 1 / states), _transitions(states, self.config.topology)
        return Chain(start, transitions, means, np.tile(spread, (states, 1)))

    def _expected(self, rows: Array, known: Array, noise: float) -> Images:
        """The chains' expectations, weighted by how probable the known pixels make each class."""
        parts = {group: chain.expected(rows, known, noise) for group, chain in self._chains.items()}
        scores = np.stack([score + self.log_priors[group] * self.conditional for group, (score, _) in parts.items()])
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=0))
        clean = sum(w[:, None, None] * mean for w, (_, mean) in zip(weights, parts.values(), strict=True))
        return self._images(clean)

    @property
    def _rows_shape(self) -> tuple[int, int]:
        channels, height, width = self._shape
        return height, channels * width

    def _rows(self, x: NDArray[np.floating]) -> Array:
        """Images as sequences of rows, (n, height, channels * width)."""
        return np.moveaxis(x, 1, 2).reshape(len(x), *self._rows_shape).astype(np.float64)

    def _images(self, rows: Array) -> Images:
        channels, height, width = self._shape
        images = np.moveaxis(rows.reshape(len(rows), height, channels, width), 2, 1)
        return np.ascontiguousarray(np.clip(images, -1, 1), np.float32)


def _transitions(states: int, topology: str) -> Array:
    """Any state after any, or none that lies before: then staying is as probable as all that goes on."""
    ahead = np.arange(states)[None, :] - np.arange(states)[:, None]
    weights = np.ones((states, states)) if topology == "ergodic" else np.where(ahead >= 0, 0.5 ** np.abs(ahead), 0.0)
    transitions: Array = weights / weights.sum(axis=1, keepdims=True)
    return transitions


def _baum_welch(chain: Chain, rows: Array, config: HmmConfig) -> tuple[Chain, float]:
    """The chain after one iteration on sequences (n, T, d), and their log density before it, summed, nats."""
    model = GaussianHMM(len(chain.start), "diag", n_iter=1, init_params="", covars_prior=0.0)
    model.n_features = rows.shape[2]
    model.startprob_, model.transmat_, model.means_ = chain.start, chain.transitions, chain.means
    model.covars_ = chain.variances
    with np.errstate(invalid="ignore", divide="ignore"):
        model.fit(rows.reshape(-1, rows.shape[2]), [rows.shape[1]] * len(rows))
    means = np.where(np.isfinite(model.means_), model.means_, chain.means)  # a state no row was in stays as it was
    # hmmlearn's own min_covar is for the start alone.
    variances = np.maximum(np.where(np.isfinite(model._covars_), model._covars_, chain.variances), config.min_covar)
    return Chain(model.startprob_, _whole(model.transmat_), means, variances), float(model.monitor_.history[-1])


def _whole(transitions: Array) -> Array:
    """The transitions; a state that was never left stays."""
    lost = transitions.sum(axis=1) == 0
    transitions[lost] = np.eye(len(transitions))[lost]
    return transitions


def _tensors(chain: Chain) -> State:
    import torch  # here alone: scikit-learn's models should not wait for it to load

    return {name: torch.tensor(array) for name, array in vars(chain).items()}


def _chain(arrays: State) -> Chain:
    return Chain(**{name: tensor.numpy().copy() for name, tensor in arrays.items()})


ENTRIES = {"hmm": Entry(Hmm, HmmConfig)}
