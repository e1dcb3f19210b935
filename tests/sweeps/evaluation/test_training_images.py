"""How many training images a classifier is measured on beside the validation images."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.untrained import NothingToTrain
from numpy.typing import NDArray

from sweeps.evaluation.evaluator import TRAINING_IMAGES, Evaluator
from trainables.arrays import Images
from trainables.base import Classifier
from trainables.data import Dataset, Split

VALIDATION = TRAINING_IMAGES + 200


class Counting(NothingToTrain, Classifier):
    """Notes how many images it is asked about at a time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        self.asked.append(len(x))
        return np.full((len(x), 2), 0.5)


def _dataset(train: int) -> Dataset:
    def split(n: int) -> Split:
        return Split(np.zeros((n, 1, 2, 2), np.float32), np.arange(n) % 2)

    return Dataset("made", split(train), split(VALIDATION), ("a", "b"), "hash", 0, None)


@pytest.mark.parametrize(
    ("wanted", "train", "expected"),
    [
        ("val/accuracy", 5000, TRAINING_IMAGES),
        ("val/accuracy", 300, 300),
        ("train/accuracy", 5000, VALIDATION),
        ("val/accuracy_gap", 5000, VALIDATION),
    ],
)
def test_training_images_are_few_unless_they_are_what_the_sweep_is_about(
    wanted: str, train: int, expected: int
) -> None:
    model = Counting()
    row = Evaluator(_dataset(train), wanted).row(model)
    assert sorted(model.asked) == sorted([VALIDATION, expected])
    assert row["val/accuracy_gap"] == row["train/accuracy"] - row["val/accuracy"]
