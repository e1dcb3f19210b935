"""The nearest training images of samples, by which memorised images are recognised."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Images

NEIGHBOURS = 3


class NearestTrainingImages:
    """Finds among `images`, (n, c, h, w), those nearest in pixels, as Goodfellow et al. (2014, figure 2) show them."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def with_neighbours(self, samples: Images, k: int = NEIGHBOURS) -> Images:
        """The samples, then the nearest image of each, then the second nearest, ...: (m + k m, c, h, w)."""
        flat = samples.reshape(len(samples), -1)
        # |a - b|^2 less |b|^2, which is the same for all images.
        distances = self._norms - 2 * flat @ self._images.reshape(len(self._images), -1).T
        order = np.argsort(distances, axis=1)[:, :k].T
        return np.concatenate([samples, *(self._images[nearest] for nearest in order)])

    @cached_property
    def _norms(self) -> NDArray[np.float32]:
        flat = self._images.reshape(len(self._images), -1)
        norms: NDArray[np.float32] = np.einsum("ij,ij->i", flat, flat)
        return norms
