"""Inception as the judge's eyes, for who has its weights; the class of an image stays what the small net says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.seen import Seen
from sweeps.features import Extractor, Sight, digest, judge_folder, sight_on
from sweeps.kept import Arrays, Say, aloud, kept, to_stderr
from trainables.base import ConfigError, Images, Labels
from trainables.data import Dataset
from trainables.inception import Inception

AT_ONCE = 50  # images


class InceptionEyes:
    """Features of Inception, classes of another extractor; the name is that of both."""

    def __init__(self, inception: Inception, classes: Extractor) -> None:
        self.name, self.inception, self._classes = f"{inception.name}+{classes.name}", inception, classes

    def see(self, images: Images, labels: Labels | None = None) -> Seen:
        return replace(self._classes.see(images, labels), vectors=self.inception.features(images))


def sight_through(
    weights: str | Path | None, data: Dataset, whole: Dataset | None = None, say: Say = to_stderr
) -> Sight:
    """What `sight_on` gives, and with the `weights` Inception's features, those of the held-out images kept on disk.

    ConfigError where these are no weights of Inception, or there is nothing that it could look at.
    """
    sight = sight_on(data, whole, say)
    if weights is None:
        return sight
    if data.holds_points:
        raise ConfigError(f"{weights}: Inception looks at images, and {data.name} holds points")
    eyes = InceptionEyes(Inception(Path(weights)), sight.extractor)
    path = judge_folder() / f"held-out-{digest(eyes.name, data.content_hash)}.npz"
    return Sight(eyes, {**sight.real, **kept(path, lambda: _real(eyes, data, say), say)})


def _real(eyes: InceptionEyes, data: Dataset, say: Say) -> Arrays:
    """Inception's features of the held-out images."""
    what = f"Inception looks at the {len(data.val):,} held-out images of {data.name}, once"
    say(what)
    parts = [data.val.x[at : at + AT_ONCE] for at in range(0, len(data.val), AT_ONCE)]
    return {"vectors": np.concatenate([eyes.inception.features(part) for part in aloud(parts, what, say)])}
