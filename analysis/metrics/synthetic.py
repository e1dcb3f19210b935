"""Train on synthetic, test on real (TSTR) and the reverse (TRTS): accuracy of logistic regression across the two.

The classifier is multinomial logistic regression on pooled pixels, as the simplest that a reader knows; in an
extractor's features any would do well, for they know the classes already. Samples of an unconditional model have
the labels that the extractor gives them.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once
from analysis.metrics.generative import pooled
from analysis.metrics.neighbours import MOST

Array = NDArray[Any]
MOST_CLASSES = 100  # more would take longer than all other metrics together, with few samples of each
REAL = 5000  # training images the classifier of the reverse is trained on
ITERATIONS = 60


def tstr_accuracy(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of 2,000 held-out images that a classifier trained on 2,000 samples gets right (train synthetic, test real:
    Esteban et al. 2017); where all samples have one label, the share of that label. NaN for over 100 classes."""
    if len(reference.classes) > MOST_CLASSES:
        return math.nan
    x, y = _real_test(reference)
    some = fake.some(MOST)
    return _accuracy(_fitted(_features(some.images), _labels(some)), x, y)


def trts_accuracy(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of 2,000 samples that a classifier trained on 5,000 training images gets right (the reverse)."""
    if len(reference.classes) > MOST_CLASSES:
        return math.nan
    some = fake.some(MOST)
    return _accuracy(_real_classifier(reference), _features(some.images), _labels(some))


def _accuracy(classifier: Any, x: Array, y: Array) -> float:
    return math.nan if classifier is None else float((classifier.predict(x) == y).mean())


def _fitted(x: Array, y: Array) -> Any:
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(y)) < 2:
        return DummyClassifier().fit(x, y)
    with warnings.catch_warnings():
        # As far as the iterations go is far enough: they are the same for all.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=1.0, max_iter=ITERATIONS).fit(x, y)


@once
def _real_classifier(reference: Reference) -> Any:
    some = reference.train.some(REAL)
    return _fitted(_features(some.images), some.labels)


@once
def _real_test(reference: Reference) -> tuple[Array, Array]:
    some = reference.held_out.some(MOST)
    return _features(some.images), _labels(some)


def _features(images: Array) -> Array:
    return images if images.ndim == 2 else pooled(images)


def _labels(extracted: ExtractedFeatures) -> Array:
    return extracted.predicted if extracted.labels is None else extracted.labels
