"""Reads and checks the metadata of a saved model's folder, and makes placeholder data of the same shape to build on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from basics.errors import RequestError
from trainables.data import Dataset, Split

FORMAT = 1
FACTS_FILE, STATE_FILE, ESTIMATOR_FILE = "model.json", "weights.safetensors", "estimator.skops"
MOST_IMAGES, MOST_PIXELS = 10**8, 10**8


class SavedModelError(RequestError):
    """A folder that is no saved model, or a model that cannot be saved; one line: which file, what is wrong."""


@dataclass(frozen=True)
class SavedModel:
    """Metadata of a saved model: its `config` with every default written out, and what it needs to know of its data.

    `train` and `val` are the numbers of images of each class. `trusted` are the types beside skops' own that the file
    of a scikit-learn model has, for whoever loads it with skops alone.
    """

    model: str
    config: dict[str, Any]
    seed: int
    dataset: str
    image_shape: tuple[int, ...]
    classes: tuple[str, ...]
    train: tuple[int, ...]
    val: tuple[int, ...]
    split_seed: int
    content_hash: str
    versions: dict[str, str]
    file: str
    sha256: str
    trusted: tuple[str, ...] = ()
    format: int = FORMAT


def read_facts(folder: str | Path) -> SavedModel:
    """What `folder` says of its model, checked to the last value."""
    path = Path(folder) / FACTS_FILE
    if not path.parent.is_dir():
        raise SavedModelError(f"{folder}: no such folder; give the folder of a saved model, such as DIR/model")
    if not path.is_file():
        raise SavedModelError(f"{folder}: no saved model, it has no {FACTS_FILE}; 'sweeps train' writes DIR/model")
    try:
        return _checked(json.loads(read_bytes(path)))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SavedModelError(f"{path}: {' '.join(str(error).split())}") from None


def stand_in(saved: SavedModel) -> Dataset:
    """A data set of the same shapes, classes and numbers of images, all zeros; it takes no memory to speak of."""
    splits = (_zeros(saved, saved.train), _zeros(saved, saved.val))
    return Dataset(saved.dataset, *splits, saved.classes, saved.content_hash, saved.split_seed)


def _checked(found: Any) -> SavedModel:
    """The facts, each of its type; ValueError for the first that is not."""
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        version = found.get("format") if isinstance(found, dict) else None
        raise ValueError(f"format {version!r}; this version of gdsweeps reads format {FORMAT}")
    fields = SavedModel.__dataclass_fields__
    if found.keys() != fields.keys():
        raise ValueError(f"keys {', '.join(sorted(found.keys() ^ fields.keys()))} are missing or unknown")
    if found["file"] not in (STATE_FILE, ESTIMATOR_FILE):
        raise ValueError(f"file {found['file']!r}; valid: {STATE_FILE}, {ESTIMATOR_FILE}")
    kinds = {"str": str, "int": int, "tuple": list, "dict": dict}
    for name, field in fields.items():
        if type(found[name]) is not kinds[str(field.type).partition("[")[0]]:
            raise ValueError(f"{name} is {found[name]!r}, not of type {field.type}")
    _check_sizes(found)
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}
    return SavedModel(**values)


def _check_sizes(found: Mapping[str, Any]) -> None:
    shape, classes = found["image_shape"], found["classes"]
    images = len(shape) == 3 and all(type(n) is int and n > 0 for n in shape) and math.prod(shape) <= MOST_PIXELS
    if not images and shape != [2]:
        raise ValueError(f"image_shape {shape}; valid: channels, height and width, or [2] of points")
    if not classes or not all(type(name) is str for name in classes):
        raise ValueError(f"classes {classes!r}; valid: a list of names")
    for part in ("train", "val"):
        counts = found[part]
        numbers = len(counts) == len(classes) and all(type(n) is int and n >= 0 for n in counts)
        if not numbers or sum(counts) > MOST_IMAGES:
            raise ValueError(f"{part} {counts!r}; valid: a number of images for each of {len(classes)} classes")


def _zeros(saved: SavedModel, counts: Sequence[int]) -> Split:
    x = np.broadcast_to(np.zeros((), np.float32), (sum(counts), *saved.image_shape))
    y = np.repeat(np.arange(len(counts)), counts)
    y.flags.writeable = False
    return Split(x, y)


def read_bytes(path: Path) -> bytes:
    """The file's content; SavedModelError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SavedModelError(f"{path}: cannot be read ({error.strerror})") from None
