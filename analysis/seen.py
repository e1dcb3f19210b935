"""Images as an extractor sees them: all that the judge and its metrics look at. No model and no torch here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Seen:
    """`n` images, float32 in [-1, 1], (n, c, h, w), or points, (n, 2), with what an extractor makes of them.

    `vectors` (n, d) are its features, `probabilities` (n, classes) what it takes them for. `labels` (n,) are the true
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


@dataclass(frozen=True)
class Reference:
    """The real images that samples are held against, seen by the extractor of that name.

    `train` is what a model could have learnt by heart (or a part of it), `held_out` what no model was trained on.
    """

    train: Seen
    held_out: Seen
    classes: tuple[str, ...]
    extractor: str
