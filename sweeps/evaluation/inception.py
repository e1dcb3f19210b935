"""Inception as the feature extractor, for those who have its weights; classes are still told by the small CNN."""

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
    """The extractor with Inception's features and another extractor's class probabilities; its name joins both."""

    def __init__(self, inception: Inception, classes: Extractor) -> None:
        self.name, self.inception, self._classes = f"{inception.name}+{classes.name}", inception, classes

    def extract(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures:
        return replace(self._classes.extract(images, labels), vectors=self.inception.features(images))


def real_features_with_inception(
    weights: str | Path | None, data: Dataset, whole: Dataset | None = None, say: Say = say_to_terminal
) -> RealFeatures:
    """`real_features_of`, or with the file `weights` the same with Inception's features, cached on disk.

    ConfigError if these are no weights of Inception, or the data set holds points instead of images.
    """
    real_features = real_features_of(data, whole, say)
    if weights is None:
        return real_features
    if data.holds_points:
        raise ConfigError(f"{weights}: Inception looks at images, and {data.name} holds points")
    extractor = InceptionExtractor(Inception(Path(weights)), real_features.extractor)
    path = judge_folder() / f"held-out-{digest(extractor.name, data.content_hash)}.npz"
    return RealFeatures(extractor, {**real_features.real, **cached(path, lambda: _real(extractor, data, say), say)})


def _real(extractor: InceptionExtractor, data: Dataset, say: Say) -> Arrays:
    """Inception's features of the held-out images."""
    what = f"Inception looks at the {len(data.val):,} held-out images of {data.name}, once"
    say(what)
    parts = [data.val.x[at : at + AT_ONCE] for at in range(0, len(data.val), AT_ONCE)]
    return {"vectors": np.concatenate([extractor.inception.features(part) for part in with_progress(parts, what, say)])}
