"""Hidden Markov chains with Gaussian rows in closed form, many sequences at once, all in logarithms.

hmmlearn does one sequence at a time and knows no missing pixels; scaled probabilities would underflow, because rows of
an image under a state of another shape are thousands of nats away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LOG_2PI = math.log(2 * math.pi)
AT_ONCE = 256  # sequences


@dataclass(frozen=True)
class Chain:
    """S states: start probabilities (S,), transitions (S, S), and the means and variances (S, d) of their rows."""

    start: Array
    transitions: Array
    means: Array
    variances: Array

    def log_density(self, rows: Array) -> Array:
        """log p of sequences (n, T, d), nats, (n,)."""
        whole = (rows[i : i + AT_ONCE] for i in range(0, len(rows), AT_ONCE))
        scores = [_forward(self, _emissions(self, part, np.ones_like(part), 0.0)) for part in whole]
        return np.concatenate([np.logaddexp.reduce(score[:, -1], axis=1) for score in scores])

    def expected(self, rows: Array, known: Array, noise: float) -> tuple[Array, Array]:
        """log p of the known values (`known` is 1 or 0 each), (n,), and E[clean rows | these], (n, T, d).

        `noise` is the standard deviation of Gaussian noise in each known value.
        """
        cuts = range(AT_ONCE, len(rows), AT_ONCE)
        parts = zip(np.split(rows, cuts), np.split(known, cuts), strict=True)
        scores, clean = zip(*(self._expected(part, seen, noise) for part, seen in parts), strict=True)
        return np.concatenate(scores), np.concatenate(clean)

    def draw(self, n: int, length: int, generator: np.random.Generator) -> Array:
        """`n` sequences, (n, length, d)."""
        states = np.empty((n, length), np.int64)
        states[:, 0] = _pick(np.broadcast_to(self.start, (n, len(self.start))), generator)
        for t in range(1, length):
            states[:, t] = _pick(self.transitions[states[:, t - 1]], generator)
        noise = generator.standard_normal((n, length, self.means.shape[1]))
        return self.means[states] + np.sqrt(self.variances[states]) * noise

    def _expected(self, rows: Array, known: Array, noise: float) -> tuple[Array, Array]:
        emissions = _emissions(self, rows, known, noise)
        forward = _forward(self, emissions)
        both = forward + _backward(self, emissions)
        states = np.exp(both - np.logaddexp.reduce(both, axis=2, keepdims=True))
        clean = np.zeros_like(rows)
        for state, (mean, variance) in enumerate(zip(self.means, self.variances, strict=True)):
            trust = known * variance / (variance + noise**2)
            clean += states[:, :, state, None] * (mean + trust * (rows - mean))
        return np.logaddexp.reduce(forward[:, -1], axis=1), clean


def _emissions(chain: Chain, rows: Array, known: Array, noise: float) -> Array:
    """log p of each row's known values in each state, (n, T, S)."""
    variances = chain.variances + noise**2
    columns = [
        -0.5 * (known * (np.square(rows - mean) / variance + np.log(variance) + LOG_2PI)).sum(axis=2)
        for mean, variance in zip(chain.means, variances, strict=True)
    ]
    return np.stack(columns, axis=2)


def _forward(chain: Chain, emissions: Array) -> Array:
    """log p(rows 0..t, state at t), (n, T, S)."""
    start, transitions = _logs(chain)
    scores = np.empty_like(emissions)
    scores[:, 0] = start + emissions[:, 0]
    for t in range(1, emissions.shape[1]):
        scores[:, t] = np.logaddexp.reduce(scores[:, t - 1, :, None] + transitions, axis=1) + emissions[:, t]
    return scores


def _backward(chain: Chain, emissions: Array) -> Array:
    """log p(rows t+1.. | state at t), (n, T, S)."""
    _, transitions = _logs(chain)
    scores = np.zeros_like(emissions)
    for t in range(emissions.shape[1] - 2, -1, -1):
        scores[:, t] = np.logaddexp.reduce(transitions + (scores[:, t + 1] + emissions[:, t + 1])[:, None], axis=2)
    return scores


def _logs(chain: Chain) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        return np.log(chain.start), np.log(chain.transitions)


def _pick(probabilities: Array, generator: np.random.Generator) -> NDArray[np.int64]:
    """One column a row, by the rows' probabilities, (n,)."""
    marks = generator.random((len(probabilities), 1)) * probabilities.sum(axis=1, keepdims=True)
    columns: NDArray[np.int64] = (probabilities.cumsum(axis=1) <= marks).sum(axis=1)
    return columns.clip(max=probabilities.shape[1] - 1)
