"""Reads files of samples made by any program: arrays of every usual layout and pixel range, or folders of pictures."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basics.text import did_you_mean
from sweeps.errors import SamplesError
from sweeps.evaluation.pixel_range import Range, finite, scaled
from trainables.arrays import Images, Labels
from trainables.data.folders import pictures_in, read_flat
from trainables.data.npz_files import as_text, header_shape, promised_shape

FEWEST = 100  # of what fewer samples show, most is chance
NAMES = ("samples", "images", "x", "arr_0")  # in a file of several arrays, the first of these that is there

Array = NDArray[Any]


@dataclass(frozen=True)
class SampleFile:
    """`images` float32 in [-1, 1], (n, c, h, w), or points (n, 2); `description` says in words how they were read."""

    images: Images
    description: str


def read_samples(
    path: Path, shape: tuple[int, ...], dataset: str, fewest: int = FEWEST, known: Range | None = None
) -> SampleFile:
    """The samples in an .npy, .npz or .pt file, a picture or a folder of them: images of `shape` (c, h, w), or points.

    uint8 in 0..255, bool, or float in 0..255, [0, 1] or [-1, 1], or in the range that is `known`; (n, h, w), (n, h, w,
    c) or (n, c, h, w). SamplesError or DataError is one line: what is wrong, what is valid.
    """
    found = _array(path, "samples")
    laid = _laid_out(path, found, shape, dataset)
    if len(laid) < fewest:
        raise SamplesError(f"{path}: {len(laid)} samples; at least {fewest} are needed")
    if len(shape) == 3:
        images, scale = scaled(path, laid, known)
    else:
        images, scale = finite(path, laid).astype(np.float32), "as they are"
    return SampleFile(images, f"{len(images):,} samples, {found.dtype} {found.shape[1:]}, pixels {scale}")


def read_labels(path: Path, n: int, classes: Sequence[str]) -> Labels:
    """The class each sample was conditioned on, (n,), from a file of numbers from 0 or of names; else SamplesError."""
    found = _array(path, "labels")
    if found.shape != (n,):
        raise SamplesError(f"{path}: labels of shape {found.shape}; valid: one a sample, ({n},)")
    if found.dtype.kind in "US":
        return _numbered(path, as_text(found), classes)
    if found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= len(classes):
        raise SamplesError(
            f"{path}: labels are {found.dtype}, {found.min()} to {found.max()}; {_valid_labels(classes)}"
        )
    return found.astype(np.int64)


def _numbered(path: Path, names: Array, classes: Sequence[str]) -> Labels:
    for name in np.unique(names):
        if name not in classes:
            hint = did_you_mean(name, classes)
            raise SamplesError(f"{path}: a label is {name!r}; {_valid_labels(classes)}{hint}")
    return np.array([classes.index(name) for name in names], np.int64)


def _valid_labels(classes: Sequence[str]) -> str:
    return f"valid: whole numbers 0 to {len(classes) - 1}, or {', '.join(classes[:10])}"


def _array(path: Path, what: str) -> Array:
    if not path.exists():
        raise SamplesError(f"{path}: no such file; valid: an .npy, .npz or .pt file, or a folder of pictures")
    if path.is_file() and path.stat().st_size == 0:
        raise SamplesError(f"{path}: is empty")
    if path.is_dir() or pictures_in(path):
        return read_flat(path)
    if path.suffix in (".pt", ".pth"):
        from sweeps.evaluation.extractors import (
            read_tensors,  # torch takes seconds, and only these files need it to be read
        )

        found = read_tensors(path)
        return found[_name(path, found, what)] if isinstance(found, Mapping) else found
    return _numpy(path, what)


def _numpy(path: Path, what: str) -> Array:
    """The array in an .npy file, or the one called `what` in an .npz file; nothing is unpickled, no other array is
    read."""
    try:
        if zipfile.is_zipfile(path):
            with np.load(path, allow_pickle=False) as archive:
                name = _name(path, archive.files, what)
                promised_shape(archive.zip, name)
                chosen: Array = archive[name]
                return chosen
        with path.open("rb") as file:
            header_shape(file, path.stat().st_size)
        array: Array = np.load(path, allow_pickle=False)
        return array
    except SamplesError:
        raise
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error):
        valid = "an .npy, .npz or .pt file of plain numbers, or a folder of pictures"
        raise SamplesError(f"{path}: cannot be read, cut off or of another kind; valid: {valid}") from None


def _name(path: Path, names: Collection[str], what: str) -> str:
    """Which of the `names` of arrays in a file is the one with `what` (samples or labels)."""
    name = next((name for name in (what, *NAMES) if name in names), None)
    if name is None and len(names) != 1:
        raise SamplesError(f"{path}: holds {', '.join(names) or 'no array'}; name the one with the {what} {what!r}")
    return name or next(iter(names))


def _laid_out(path: Path, array: Array, shape: tuple[int, ...], dataset: str) -> Array:
    """The array as (n, *shape); three equal channels, as many programs save them, are one of grey images."""
    if len(shape) == 1:
        return array if array.shape[1:] == shape else _wrong_shape(path, array, shape, dataset)
    laid = array[:, None] if array.ndim == 3 else array
    for candidate in (laid, np.moveaxis(laid, -1, 1)) if laid.ndim == 4 else ():
        if candidate.shape[1:] == shape:
            return candidate
        if candidate.shape[1:] == (3, *shape[1:]) and (candidate == candidate[:, :1]).all():
            return candidate[:, :1]
    return _wrong_shape(path, array, shape, dataset)


def _wrong_shape(path: Path, array: Array, shape: tuple[int, ...], dataset: str) -> Array:
    if len(shape) == 1:
        raise SamplesError(f"{path}: shape {array.shape}; valid for {dataset}: (n, {shape[0]})")
    c, h, w = shape
    grey = f"(n, {h}, {w}), " if c == 1 else ""
    valid = f"{grey}(n, {h}, {w}, {c}) or (n, {c}, {h}, {w})"
    raise SamplesError(f"{path}: shape {array.shape}; valid for {dataset}: {valid}")
