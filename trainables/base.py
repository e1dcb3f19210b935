"""The protocols every model implements, ours and a user's own: Trainable, Classifier, Generative, Explicit.

A model is made with `Model(config, data, seed=..., device=...)` and then only stepped, saved and asked:

- `step()` trains for one reporting interval and returns plain floats by name (`train/loss`, ...).
- `state()` and `load_state(state)` carry everything the next step depends on, random generators included:
  k steps, state, a new process, load_state and more steps equal the straight run bit for bit on CPU.
- `finished` says that further steps would change nothing or are past the config's own budget.
- a classifier answers `predict_proba(x)`, a generative model `sample(n, seed=...)`; neither disturbs training.

Images are float32 in [-1, 1], shape (n, channels, height, width); labels int64, shape (n,). Points of a plane, (n, 2),
are a modality of their own: a model whose `Entry` says so takes them in place of images.

What a generative model can do beyond sampling, it offers as a method; whoever wants it asks `hasattr(model, NAME)`.
Whatever is random in an answer comes from a generator of its own: the same question gets the same answer.

- `log_density(x)`: (n,) float64, nats an image. Of the continuous image in [-1, 1], so that models compare whatever
  their inside; a model that gives a lower bound, or the mass of a binary image instead, says so there.
- `conditional`, true for a model of P(x | y): `sample(n, seed=..., labels=...)` then takes the classes wanted, (n,);
  without them they are drawn as frequent as in training.
- `log_density_per_class(x)`: (n, classes), log p(x | y), of a conditional model with a density, which is a classifier
  too: `predict_proba(x)` by Bayes' rule, with the classes' shares in training as priors.
- `interpolate(steps, pairs, seed=...)`: images on ways through the latent space, `steps` on each of `pairs`, one way
  after the other, (pairs * steps, c, h, w); a model of P(x | y) keeps the class on a way.
- `reconstruct(x)`: the images as the model can express them. `features(x)`: (n, d), what it makes of them inside.
- `impute(x, mask)`: the images with the pixels guessed where `mask`, bool and (n, c, h, w) or (n, 1, h, w), is false;
  what `x` holds there is not looked at, and the known pixels stay as they are.
- `denoise(x, noise=0.5)`: the clean images behind images plus Gaussian noise of that standard deviation, not clipped.

A model is saved by what `state()` gives (`trainables.saving.save`) and comes back with zeros in place of the images it
was trained on, so its answers may need of these no more than the state holds. One that scikit-learn fits is saved as a
class of scikit-learn's own instead: it has `plain()`, which gives that; `load_plain(estimator)`, which makes it answer
as that one does; and lists as `trusted` the types in there that skops does not know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from basics.errors import RequestError
from trainables.arrays import Images, Labels
from trainables.data import Dataset

# What torch.load(weights_only=True) reads back: tensors and plain data, nested in dicts and lists.
State = dict[str, Any]


class ConfigError(RequestError):
    """A config the model cannot take; the message starts with the parameter's name."""


class DivergedError(ArithmeticError):
    """Training left the finite numbers; the message says which quantity, and at what step."""


class Trainable(ABC):
    """A model that is trained step by step on the training part of `data`."""

    @abstractmethod
    def __init__(self, config: Any, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`config` is the model's own config dataclass; ConfigError if it cannot be trained on `data`."""

    @abstractmethod
    def step(self) -> Mapping[str, float]:
        """Train for one reporting interval; DivergedError if a quantity is no longer finite."""

    @abstractmethod
    def state(self) -> State:
        """Everything the next step depends on, as tensors and plain data."""

    @abstractmethod
    def load_state(self, state: State) -> None:
        """Continue from `state`, taken from a model of the same config, data and seed."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether there is nothing left to train."""


class Classifier(Trainable):
    """A model of P(y | x)."""

    # Whether probabilities take a training of their own, so that `predict` should be asked where classes will do.
    costly_probabilities: ClassVar[bool] = False

    @abstractmethod
    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        """Class probabilities, shape (n, classes), rows sum to 1."""

    def predict(self, x: Images) -> Labels:
        """The class of each image, shape (n,)."""
        labels: Labels = self.predict_proba(x).argmax(axis=1)
        return labels

    def weight_maps(self) -> Images | None:
        """One picture of weights a class, shape (classes, channels, height, width), for linear models."""
        return None


class Generative(Trainable):
    """A generative model: P(x), or P(x | y), with a method to draw samples."""

    # Whether an image takes many passes through a net, so that fewer of them should be asked for.
    costly_samples: ClassVar[bool] = False

    @abstractmethod
    def sample(self, n: int, *, seed: int = 0) -> Images:
        """`n` images in [-1, 1], drawn from a generator of its own: the same seed gives the same images."""


class Explicit(Generative):
    """A generative model with a density; one of P(x | y) is a classifier as well, by Bayes' rule.

    A subclass sets `conditional` and `log_priors`, log P(y), (classes,), and scores images of one class.
    """

    conditional: bool
    log_priors: NDArray[np.float64]

    @abstractmethod
    def _log_density(self, x: Images, label: int | None) -> NDArray[np.float64]:
        """log p(x | label), or log p(x) of an unconditional model, nats, shape (n,)."""

    def log_density(self, x: Images) -> NDArray[np.float64]:
        """log p(x), nats an image, shape (n,); of a conditional model the classes are summed over."""
        if not self.conditional:
            return self._log_density(x, None)
        total: NDArray[np.float64] = np.logaddexp.reduce(self._log_joint(x), axis=1)
        return total

    @property
    def log_density_per_class(self) -> Callable[[Images], NDArray[np.float64]]:
        """A method of conditional models alone: log p(x | y), nats, shape (n, classes)."""
        self._need_classes("log_density_per_class")
        return self._log_density_per_class

    @property
    def predict_proba(self) -> Callable[[Images], NDArray[np.float64]]:
        """A method of conditional models alone: P(y | x) by Bayes' rule, shape (n, classes), rows sum to 1."""
        self._need_classes("predict_proba")
        return self._predict_proba

    def _log_density_per_class(self, x: Images) -> NDArray[np.float64]:
        return np.stack([self._log_density(x, label) for label in range(len(self.log_priors))], axis=1)

    def _predict_proba(self, x: Images) -> NDArray[np.float64]:
        joint = self._log_joint(x)
        proba: NDArray[np.float64] = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
        proba /= proba.sum(axis=1, keepdims=True)
        return proba

    def _log_joint(self, x: Images) -> NDArray[np.float64]:
        return self._log_density_per_class(x) + self.log_priors

    def _need_classes(self, ability: str) -> None:
        # An AttributeError, so that hasattr() tells what this very model can do.
        if not self.conditional:
            raise AttributeError(f"{ability}: only a model of P(x | y) has it, and this one is not conditional")
