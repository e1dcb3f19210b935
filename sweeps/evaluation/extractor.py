"""The protocol of feature extractors: small CNNs trained per data set, Inception, the identity for points."""

from __future__ import annotations

from typing import Protocol

from analysis.judge.extracted_features import ExtractedFeatures
from trainables.arrays import Images, Labels


class Extractor(Protocol):
    """Computes features and class probabilities of images. Two extractors of the same name give the same values, bit
    for bit; scores in the features of differently named ones do not compare."""

    @property
    def name(self) -> str: ...

    def extract(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures: ...
