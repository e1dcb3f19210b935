"""The contract every model keeps, ours and a user's own alike.

A model is made with `Model(config, data, seed=..., device=...)` and then only stepped, saved and asked:

- `step()` trains for one reporting interval and returns plain floats by name (`train/loss`, ...).
- `state()` and `load_state(state)` carry everything the next step depends on, random generators included:
  k steps, state, a new process, load_state and more steps equal the straight run bit for bit on CPU.
- `finished` says that further steps would change nothing or are past the config's own budget.
- a classifier answers `predict_proba(x)`, a generative model `sample(n, seed=...)`; neither disturbs training.

Images are float32 in [-1, 1], shape (n, channels, height, width); labels int64, shape (n,).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trainables.data import Dataset

Images = NDArray[np.float32]
Labels = NDArray[np.int64]
# What torch.load(weights_only=True) reads back: tensors and plain data, nested in dicts and lists.
State = dict[str, Any]


class ConfigError(ValueError):
    """A config the model cannot take; the message starts with the parameter's name."""


class DivergedError(ArithmeticError):
    """Training left the finite numbers; the message says which quantity, and at what step."""


class Trainable(ABC):
    """One model in training on the train part of `data`."""

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
    """A model of P(x) one can draw from."""

    @abstractmethod
    def sample(self, n: int, *, seed: int = 0) -> Images:
        """`n` images in [-1, 1], drawn from a generator of its own: the same seed gives the same images."""
