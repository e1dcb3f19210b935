"""Metrics of latent-space interpolations: how even their steps and how realistic the images between are.

Functions of the reference, the frames of all paths one path after the other, (paths * steps), and the number of paths.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.judge.extracted_features import ExtractedFeatures, Reference
from analysis.metrics.neighbours import MOST, distances, real_balls


def path_smoothness(reference: Reference, frames: ExtractedFeatures, paths: int) -> float:
    """Mean step over longest step in features, averaged over paths: 1 is an even pace, 1 / steps one jump.

    After the perceptual path length of Karras et al. 2019, as a ratio so that it compares between extractors. A path
    that does not move has no pace; NaN if none does.
    """
    steps = np.linalg.norm(np.diff(_by_path(frames, paths), axis=1), axis=-1)
    longest = steps.max(axis=1)
    moving = longest > 0
    return float((steps.mean(axis=1)[moving] / longest[moving]).mean()) if moving.any() else math.nan


def path_realism(reference: Reference, frames: ExtractedFeatures, paths: int) -> float:
    """Share of the frames between the ends that lie in the neighbourhood of held-out images, in [0, 1]; see
    `precision`."""
    between = _by_path(frames, paths)[:, 1:-1]
    real = real_balls(min(MOST, len(reference.held_out)), reference)
    near = distances(real.vectors, between.reshape(-1, between.shape[-1])) < real.radii[:, None]
    return float(near.any(axis=0).mean())


def _by_path(frames: ExtractedFeatures, paths: int) -> np.ndarray:
    """Features, (paths, steps, d)."""
    if paths < 1 or len(frames) % paths or len(frames) // paths < 3:
        raise ValueError(f"{len(frames)} frames are not {paths} paths of three or more frames each")
    return frames.vectors.reshape(paths, -1, frames.vectors.shape[1])
