"""Probabilistic PCA of images: coordinates on the principal components, one variance for all other directions.

A density of the coordinates times an isotropic Gaussian of the rest is a density of the whole image (Tipping and
Bishop 1999): the basis is orthonormal, so no volume changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from trainables.arrays import Images
from trainables.base import State

Vectors = NDArray[np.float64]
LOG_2PI = math.log(2 * math.pi)
# The variance of rounding to one of 256 grey levels: less there cannot be, and images without any would have none.
ROUNDING = (2 / 255) ** 2 / 12
AT_ONCE = 4096  # images that become float64


@dataclass(frozen=True)
class Subspace:
    """`mean` (D,), orthonormal rows of `basis` (d, D), the variance `noise` in each of the D - d other directions."""

    mean: Vectors
    basis: Vectors
    spread: Vectors  # standard deviations of the coordinates in training, (d,)
    noise: float
    image_shape: tuple[int, ...]

    @classmethod
    def of(cls, x: Images, components: int, seed: int) -> Subspace:
        """The first principal components of images (n, c, h, w), as many as there can be but at most `components`."""
        flat = x.reshape(len(x), -1)
        pca = PCA(min(components, *flat.shape), random_state=seed).fit(flat)
        return cls(
            np.ascontiguousarray(pca.mean_, np.float64),
            np.ascontiguousarray(pca.components_, np.float64),
            np.sqrt(pca.explained_variance_.astype(np.float64) + ROUNDING),
            max(float(pca.noise_variance_), ROUNDING),
            x.shape[1:],
        )

    @property
    def dimensions(self) -> int:
        return len(self.basis)

    def project(self, x: Images) -> Vectors:
        """Coordinates, (n, d), of images."""
        return self.split(x)[0]

    def split(self, x: Images) -> tuple[Vectors, Vectors]:
        """Coordinates, (n, d), of images, and the log density of what these leave out, nats, (n,)."""
        parts = [self._split(x[start : start + AT_ONCE]) for start in range(0, len(x), AT_ONCE)]
        coordinates, rest = zip(*parts, strict=True)
        return np.concatenate(coordinates), np.concatenate(rest)

    def log_rest(self, squares: Any) -> Any:
        """Log density outside the subspace, nats, given the squared distances from it: an array or a tensor."""
        left_out = self.basis.shape[1] - self.dimensions
        return -0.5 * (squares / self.noise + left_out * (LOG_2PI + math.log(self.noise)))

    def lift(self, z: Vectors) -> Images:
        """The images at coordinates (n, d), clipped to [-1, 1]."""
        images = np.clip(z @ self.basis + self.mean, -1, 1).astype(np.float32)
        return images.reshape(-1, *self.image_shape)

    def state(self) -> State:
        import torch  # here alone: scikit-learn's models should not wait for it to load

        arrays = {"mean": self.mean, "basis": self.basis, "spread": self.spread}
        return {name: torch.tensor(array) for name, array in arrays.items()} | {"noise": self.noise}

    @classmethod
    def from_state(cls, state: State, image_shape: tuple[int, ...]) -> Subspace:
        mean, basis, spread = (state[name].numpy().copy() for name in ("mean", "basis", "spread"))
        return cls(mean, basis, spread, state["noise"], image_shape)

    def _split(self, x: Images) -> tuple[Vectors, Vectors]:
        gap = x.reshape(len(x), -1).astype(np.float64) - self.mean
        z = gap @ self.basis.T
        return z, self.log_rest(np.maximum(np.square(gap).sum(axis=1) - np.square(z).sum(axis=1), 0))
