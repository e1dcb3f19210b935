"""Data sets: named ones and a user's own, divided once into train, validation and test.

`load_dataset` gives what a sweep may see, train and validation; `load_test` the test part, for the final training
alone. The division depends on the source and the split seed only: neither `train_size` nor `classes` moves an image
from one part to another.
"""

from trainables.data.catalogue import DATASETS, FoundDataset, Source, cache_folder, find_dataset
from trainables.data.dataset import Dataset, Split
from trainables.data.loading import is_unlabelled, load_dataset, load_test, load_unlabelled, some_images
from trainables.data.points import Modes
from trainables.data.sources import DataError
from trainables.data.stacked import STACKED, unstacked

__all__ = [
    "DATASETS",
    "STACKED",
    "DataError",
    "Dataset",
    "FoundDataset",
    "Modes",
    "Source",
    "Split",
    "cache_folder",
    "find_dataset",
    "is_unlabelled",
    "load_dataset",
    "load_test",
    "load_unlabelled",
    "some_images",
    "unstacked",
]
