"""Derives seeds by purpose, without importing torch."""

from __future__ import annotations

import zlib

import numpy as np


def derive(seed: int, *path: str | int) -> int:
    """A seed for one purpose, in [0, 2**32): other purposes and other steps get unrelated ones.

    `path` names the purpose (`"latents"`) or counts (`7`); the answer is the same on every machine.
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in path]
    return int(np.random.SeedSequence([seed % 2**64, *words]).generate_state(1)[0])


def numpy_generator(seed: int, *path: str | int) -> np.random.Generator:
    """A NumPy generator at the start of the stream that `seed` and `path` name."""
    return np.random.Generator(np.random.PCG64(derive(seed, *path)))
