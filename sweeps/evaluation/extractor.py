"""What every extractor of features is: the judge's own small nets, Inception, points as they are."""

from __future__ import annotations

from typing import Protocol

from analysis.judge.extracted_features import ExtractedFeatures
from trainables.arrays import Images, Labels


class Extractor(Protocol):
    """What turns images into what the judge looks at. Of the same name it is the same, bit for bit; scores of
    extractors of different names do not compare."""

    @property
    def name(self) -> str: ...

    def see(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures: ...
