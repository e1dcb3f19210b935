"""Inception as the judge's eyes, for who has its weights; the class of an image stays what the small net says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.judge.extracted_features import ExtractedFeatures
from basics.terminal import say as say_to_terminal
from sweeps.evaluation.array_cache import Arrays, Say, cached, with_progress
from sweeps.evaluation.extractor import Extractor
from sweeps.evaluation.extractors import RealFeatures, digest, judge_folder, real_features_of
from trainables.arrays import Images, Labels
from trainables.base import ConfigError
from trainables.data import Dataset
from trainables.inception import Inception

AT_ONCE = 50  # images


class InceptionExtractor:
    """Features of Inception, classes of another extractor; the name is that of both."""

    def __init__(self, inception: Inception, classes: Extractor) -> None:
        self.name, self.inception, self._classes = f"{inception.name}+{classes.name}", inception, classes

    def see(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures:
        return replace(self._classes.see(images, labels), vectors=self.inception.features(images))


def real_features_through(
    weights: str | Path | None, data: Dataset, whole: Dataset | None = None, say: Say = say_to_terminal
) -> RealFeatures:
    """What `real_features_of` gives; with `weights` Inception's features, those of the held-out images kept on disk.

    ConfigError where these are no weights of Inception, or there is nothing that it could look at.
    """
    real_features = real_features_of(data, whole, say)
    if weights is None:
        return real_features
    if data.holds_points:
        raise ConfigError(f"{weights}: Inception looks at images, and {data.name} holds points")
    eyes = InceptionExtractor(Inception(Path(weights)), real_features.extractor)
    path = judge_folder() / f"held-out-{digest(eyes.name, data.content_hash)}.npz"
    return RealFeatures(eyes, {**real_features.real, **cached(path, lambda: _real(eyes, data, say), say)})


def _real(eyes: InceptionExtractor, data: Dataset, say: Say) -> Arrays:
    """Inception's features of the held-out images."""
    what = f"Inception looks at the {len(data.val):,} held-out images of {data.name}, once"
    say(what)
    parts = [data.val.x[at : at + AT_ONCE] for at in range(0, len(data.val), AT_ONCE)]
    return {"vectors": np.concatenate([eyes.inception.features(part) for part in with_progress(parts, what, say)])}
