"""Images with the features an extractor computed of them: the input of the judge and its metrics. No torch here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class ExtractedFeatures:
    """`n` images, float32 in [-1, 1], (n, c, h, w), or points, (n, 2), with an extractor's output.

    `vectors` (n, d) are their features, `probabilities` (n, classes) those of their classes. `labels` (n,) are the true
    classes of real images and the classes asked for of conditional samples; None where there are none.
    """

    images: NDArray[np.float32]
    vectors: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class each image is taken for, (n,)."""
        found: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return found

    def at(self, rows: NDArray[Any]) -> ExtractedFeatures:
        """The subset of the images at `rows`, indices or a mask."""
        labels = None if self.labels is None else self.labels[rows]
        return ExtractedFeatures(self.images[rows], self.vectors[rows], self.probabilities[rows], labels)

    def some(self, n: int) -> ExtractedFeatures:
        """A random subset of at most `n` images, the same one each time."""
        return self if n >= len(self) else self.at(_drawn(len(self), n))


@dataclass(frozen=True)
class TrainingImages:
    """Images a model was trained on, (n, c, h, w), and their classes (n,): compared in pixels, without features."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    def at(self, rows: NDArray[Any]) -> TrainingImages:
        """The subset of the images at `rows`, indices or a mask."""
        return TrainingImages(self.images[rows], self.labels[rows])

    def some(self, n: int) -> TrainingImages:
        """A random subset of at most `n` images, the same one each time."""
        return self if n >= len(self) else self.at(_drawn(len(self), n))


def _drawn(among: int, n: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).permutation(among)[:n]


@dataclass(frozen=True)
class Reference:
    """The real images that samples are compared with, and the name of the extractor of their features.

    `train` is what a model could have memorised (or a part of it), `held_out` what no model was trained on.
    """

    train: TrainingImages
    held_out: ExtractedFeatures
    classes: tuple[str, ...]
    extractor: str


def once(function: F) -> F:
    """Decorator: caches the result of a function of references, features or numbers on its last argument.

    Like `functools.cached_property`: the result goes with the object. What is costly about the real images is computed
    once for all samples that are compared with them, and a table of distances once for all metrics that use it.
    """

    @wraps(function)
    def remembered(*arguments: Any) -> Any:
        cache = vars(arguments[-1])  # the dataclasses are frozen, their dictionaries are not
        name = f"{function.__module__}.{function.__qualname__}"
        before = cache.get(name)
        if before is None or not all(map(_is_same, before[0], arguments[:-1])):
            before = cache[name] = (arguments[:-1], function(*arguments))
        return before[1]

    return remembered  # type: ignore[return-value]


def _is_same(before: Any, now: Any) -> bool:
    return before is now or (isinstance(now, int) and before == now)
