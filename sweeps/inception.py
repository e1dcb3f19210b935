"""Inception as the judge's eyes, for who has its weights; the class of an image stays what the small net says."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.seen import Seen
from sweeps.features import Extractor, Sight, judge_folder
from sweeps.kept import Say, kept
from trainables.base import ConfigError, Images, Labels
from trainables.data import Dataset
from trainables.inception import Inception


class InceptionEyes:
    """Features of Inception, classes of another extractor; the name is that of both."""

    def __init__(self, inception: Inception, classes: Extractor) -> None:
        self.name, self._inception, self._classes = f"{inception.name}+{classes.name}", inception, classes

    def see(self, images: Images, labels: Labels | None = None) -> Seen:
        return replace(self._classes.see(images, labels), vectors=self._inception.features(images))


def with_inception(sight: Sight, data: Dataset, weights: Path, say: Say) -> Sight:
    """The sight with Inception's features, those of held-out images kept on disk: all that scores are taken in.

    ConfigError where there are no such weights or there is nothing that they could look at.
    """
    if data.holds_points:
        raise ConfigError(f"{weights}: Inception looks at images, and {data.name} holds points")
    inception = Inception(weights)
    eyes = InceptionEyes(inception, sight.extractor)
    key = hashlib.sha256(f"{eyes.name} {data.content_hash}".encode()).hexdigest()[:16]
    held_out = kept(
        judge_folder() / f"seen-{key}.npz", lambda: {"held_out_vectors": inception.features(data.val.x)}, say
    )
    return Sight(eyes, {**sight.real, "train_vectors": np.zeros((len(data.train), 0), np.float32), **held_out})
