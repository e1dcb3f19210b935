"""Mixtures of Gaussians over images in closed form: densities, and the mean image given some of the pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from trainables.arrays import Images
from trainables.density.subspace import LOG_2PI, Subspace, Vectors

AT_ONCE = 256  # images


@dataclass(frozen=True)
class Gaussians:
    """K Gaussians in a subspace: `log_weights` (K,), `means` (K, d), `covariances` (K, d, d)."""

    subspace: Subspace
    log_weights: Vectors
    means: Vectors
    covariances: Vectors

    def log_density(self, x: Images) -> Vectors:
        """log p(x) of the whole images, nats, (n,)."""
        z, rest = self.subspace.split(x)
        each = np.stack([self._log_component(k, z) for k in range(len(self.means))])
        total: Vectors = np.logaddexp.reduce(each + self.log_weights[:, None], axis=0)
        return total + rest

    def draw(self, components: NDArray[np.int64], generator: np.random.Generator) -> Vectors:
        """One point of the subspace for each of the components' numbers, (n, d)."""
        roots = np.linalg.cholesky(self.covariances)
        noise = generator.standard_normal((len(components), self.subspace.dimensions))
        points: Vectors = self.means[components] + np.einsum("nij,nj->ni", roots[components], noise)
        return points

    def expected(self, x: Images, known: NDArray[np.bool_], noise: float) -> Images:
        """E[clean image | the `known` pixels of x, each with noise of that standard deviation], clipped to [-1, 1]."""
        flat = np.where(known, x, 0).reshape(len(x), -1).astype(np.float64)
        mask = np.broadcast_to(known, x.shape).reshape(len(x), -1)
        expected = np.empty_like(flat)
        for rows in _same_mask(mask):
            expected[rows] = self._expected(flat[rows], mask[rows[0]], noise)
        return np.clip(expected, -1, 1).astype(np.float32).reshape(x.shape)

    def _log_component(self, k: int, z: Vectors) -> Vectors:
        root = np.linalg.cholesky(self.covariances[k])
        white = solve_triangular(root, (z - self.means[k]).T, lower=True)
        log_volume = np.log(np.diag(root)).sum() + 0.5 * z.shape[1] * LOG_2PI
        score: Vectors = -0.5 * np.square(white).sum(axis=0) - log_volume
        return score

    def _expected(self, x: Vectors, known: NDArray[np.bool_], noise: float) -> Vectors:
        """The same for vectors (n, D) that share one mask (D,)."""
        parts = [self._given(k, x, known, noise) for k in range(len(self.means))]
        scores = np.stack([score for score, _ in parts]) + self.log_weights[:, None]
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=0))
        expected: Vectors = sum(weight[:, None] * mean for weight, (_, mean) in zip(weights, parts, strict=True))
        return expected

    def _given(self, k: int, x: Vectors, known: NDArray[np.bool_], noise: float) -> tuple[Vectors, Vectors]:
        """Under component k: log density of the known pixels, (n,), and the mean of all clean ones, (n, D).

        The covariance of all pixels is B'AB + s with s = subspace.noise, B the basis and A = C - s; Woodbury's identity
        leaves one d x d system, in a form that does not ask A to be invertible.
        """
        basis, own = self.subspace.basis, self.subspace.noise
        variance = own + noise**2  # of a known pixel beside B'AB
        seen = basis[:, known]
        inner = self.covariances[k] - own * np.eye(len(basis))
        system = variance * np.eye(len(basis)) + inner @ (seen @ seen.T)
        centre = self.subspace.mean + self.means[k] @ basis
        gap = (x - centre)[:, known]
        moved = np.linalg.solve(system, inner @ (seen @ gap.T)).T  # of the coordinates, (n, d)
        mean = centre + moved @ basis
        whitened = (gap - moved @ seen) / variance
        mean[:, known] += own * whitened
        log_determinant = np.linalg.slogdet(system)[1] + (known.sum() - len(basis)) * math.log(variance)
        score = -0.5 * ((gap * whitened).sum(axis=1) + known.sum() * LOG_2PI + log_determinant)
        return score, mean


def _same_mask(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Rows that share a mask, at most `AT_ONCE` at a time."""
    packed = np.packbits(mask, axis=1)
    _, group = np.unique(packed, axis=0, return_inverse=True)
    for number in range(group.max(initial=-1) + 1):
        rows = np.flatnonzero(group == number)
        yield from np.array_split(rows, math.ceil(len(rows) / AT_ONCE))
