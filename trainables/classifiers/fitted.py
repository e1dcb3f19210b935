"""Classifiers of scikit-learn that are fitted in one go: one step, whose result is a few arrays."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Images
from trainables.base import Classifier, DivergedError, State

if TYPE_CHECKING:
    from trainables.data import Dataset

Arrays = dict[str, NDArray[Any]]


class FittedClassifier(Classifier):
    """A classifier on flattened pixels that one step fits."""

    def __init__(self, config: Any, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        """`device` is ignored: scikit-learn computes on the CPU."""
        self.config, self.seed = config, seed
        self.image_shape, self.n_classes = data.image_shape, data.n_classes
        # A view, not a copy: the array may lie in memory shared by all trials of a node.
        self._x, self._y = flat(data.train.x), data.train.y
        self._classes = np.unique(self._y)  # those that have training images
        self._row: dict[str, float] = {}

    @abstractmethod
    def plain(self) -> Any:
        """The fitted model as scikit-learn's own class, whatever fitted it: what is to be saved or exported."""

    @abstractmethod
    def load_plain(self, estimator: Any) -> None:
        """Be fitted as `plain()` of another model was; ValueError if it does not fit the images or the classes."""

    @abstractmethod
    def _fit(self) -> None:
        """Fit to the training images and keep the result."""

    @abstractmethod
    def _summary(self) -> dict[str, float]:
        """What `step` returns of the result of `_fit`."""

    @abstractmethod
    def _fitted(self) -> Arrays:
        """The result of `_fit`, all that predictions need."""

    @abstractmethod
    def _take(self, arrays: Arrays) -> None:
        """Be fitted with what `_fitted` gave."""

    @property
    def finished(self) -> bool:
        return bool(self._row)

    def step(self) -> Mapping[str, float]:
        """Fit, if that has not been done."""
        if not self._row:
            self._fit()
            row = self._summary()
            for name, value in row.items():
                if not math.isfinite(value):
                    raise DivergedError(f"{name} is {value} at step 1")
            self._row = row
        return dict(self._row)

    def state(self) -> State:
        import torch  # here alone: scikit-learn's models should not wait for it to load

        arrays = self._fitted() if self._row else {}
        return {"row": dict(self._row), "arrays": {name: torch.tensor(array) for name, array in arrays.items()}}

    def load_state(self, state: State) -> None:
        self._row = dict(state["row"])
        if self._row:
            self._take({name: tensor.numpy().copy() for name, tensor in state["arrays"].items()})


def fitting(estimator: Any, cls: type, **shapes: tuple[Any, tuple[int, ...]]) -> Any:
    """`estimator`; ValueError unless it is a `cls` and each array of `shapes`, (array, shape), has its shape."""
    if type(estimator) is not cls:
        raise ValueError(f"a {type(estimator).__name__} where a {cls.__name__} belongs")
    for name, (array, shape) in shapes.items():
        if np.shape(array) != shape or not np.isfinite(array).all():
            raise ValueError(f"{name} of shape {np.shape(array)} where finite numbers of shape {shape} belong")
    return estimator


def flat(x: Images) -> Images:
    """Images (n, c, h, w) as vectors (n, c * h * w)."""
    return x.reshape(len(x), -1)


def for_all_classes(proba: NDArray[Any], classes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Probabilities of the `classes` that training had, (n, k), with 0 for the others, (n, n_classes)."""
    spread = np.zeros((len(proba), n_classes))
    spread[:, classes] = proba
    return spread
