"""Synthetic images of four classes with features and correct class probabilities, as input for tests of the judge."""

import numpy as np

from analysis.judge.extracted_features import ExtractedFeatures, Reference, TrainingImages

CLASSES = 4


def extracted(
    n: int, seed: int, *, classes: int = CLASSES, spread: float = 0.25, per_class: int | None = None
) -> ExtractedFeatures:
    """Images of `classes` kinds, each a smooth pattern of its own with noise; an extractor that is always right."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    patterns = np.random.default_rng(99).uniform(-0.7, 0.7, (CLASSES, 1, 4, 4)).repeat(2, 2).repeat(2, 3)
    own = rng.normal(size=(n if per_class is None else classes * per_class, 1, 8, 8))
    which = np.arange(n) % len(own) if per_class is None else labels + classes * (np.arange(n) // classes % per_class)
    images = np.clip(patterns[labels] + spread * own[which], -1, 1).astype(np.float32)
    axes = np.random.default_rng(98).normal(size=(64, 12)).astype(np.float32)
    proba = np.full((n, CLASSES), 0.01, np.float32)
    proba[np.arange(n), labels] = 0.97
    return ExtractedFeatures(images, images.reshape(n, -1) @ axes, proba, labels.astype(np.int64))


def reference_of(train: int = 800, held_out: int = 400) -> Reference:
    training_images = extracted(train, 0)
    assert training_images.labels is not None
    return Reference(
        TrainingImages(training_images.images, training_images.labels), extracted(held_out, 1), tuple("abcd"), "axes"
    )
