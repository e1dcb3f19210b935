"""A user's own images in one .npz file: x_train, y_train, x_test, y_test."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from basics.text import nearest
from trainables.arrays import Images, Labels
from trainables.data.sources import DataError, StoredImages

KEYS = ("x_train", "y_train", "x_test", "y_test")
CHANNELS = (1, 3)
DENSEST, SMALL = 1100, 2**20  # deflate makes at most 1,032 bytes of one; what is small does no harm
ROUNDING = 1e-4  # how far past [0, 1] or [-1, 1] a float pixel may lie before it means another scale


def read_npz(path: Path, train: bool) -> StoredImages:
    """One part of the file; of the test part only shapes and labels are looked at unless it is the one asked for.

    Images: uint8 in 0..255, bool, or float in [0, 1] or [-1, 1] (which of the two, x_train decides for both parts);
    shape (n, h, w), (n, h, w, c) or (n, c, h, w), c 1 or 3. Labels: (n,), whole numbers or strings; the sorted
    distinct values of y_train are the classes.
    """
    with _open(path) as archive:
        _check_shapes(path, archive)
        known = np.unique(_labels(path, archive, "y_train"))
        labels = {key: _numbered(path, known, _labels(path, archive, key), key) for key in ("y_train", "y_test")}
        name = "train" if train else "test"
        images = _images(path, archive, f"x_{name}")
    return StoredImages(images, labels[f"y_{name}"], tuple(map(str, known))).check(path)


def _open(path: Path) -> Any:
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, MemoryError, zipfile.BadZipFile):
        raise DataError(f"{path}: not an .npz file, or cut off while copying; write it with numpy.savez") from None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"{path}: one single array; an .npz with {', '.join(KEYS)} is needed (numpy.savez)")
    for key in KEYS:
        if key not in archive.files:
            hint = f"; did you mean {near} to be {key}?" if (near := _meant(key, archive.files)) else ""
            raise DataError(f"{path}: no array {key}, only {', '.join(archive.files) or 'nothing'}{hint}")
    return archive


def _meant(key: str, names: Sequence[str]) -> str | None:
    """The array that was probably meant, but none that is valid; x_val is not near enough to x_train."""
    return nearest(key, [name for name in names if name not in KEYS], likeness=0.6)


def _array(path: Path, archive: Any, key: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = archive[key]
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: {key} cannot be read ({error}); write the file again with numpy.savez") from None
    return array


def _check_shapes(path: Path, archive: Any) -> None:
    shapes = {key: _shape(path, archive, key) for key in KEYS}
    for part in ("train", "test"):
        x, y = shapes[f"x_{part}"], shapes[f"y_{part}"]
        if len(x) not in (3, 4) or 0 in x:
            raise DataError(
                f"{path}: x_{part} has shape {x}; valid: (n, h, w), (n, h, w, c) or (n, c, h, w), not empty"
            )
        if y != x[:1]:
            raise DataError(f"{path}: y_{part} has shape {y} beside x_{part} {x}; valid: one label an image, {x[:1]}")
    if shapes["x_train"][1:] != shapes["x_test"][1:]:
        raise DataError(
            f"{path}: x_train {shapes['x_train']} and x_test {shapes['x_test']} are not images of one shape"
        )
    _channel_axis(path, shapes["x_train"])


def _shape(path: Path, archive: Any, key: str) -> tuple[int, ...]:
    """The shape as the array's header has it, without reading the array."""
    try:
        return promised_shape(archive.zip, key)
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: {key} cannot be read ({error}); write the file again with numpy.savez") from None


def promised_shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """The shape of an array of an .npz as its header has it; ValueError if the file cannot hold so many bytes."""
    member = archive.getinfo(f"{name}.npy")
    if member.file_size > DENSEST * member.compress_size + SMALL:
        raise ValueError(f"{member.compress_size:,} bytes cannot hold the {member.file_size:,} that are promised")
    with archive.open(member) as file:
        return header_shape(file, member.file_size)


def header_shape(file: IO[bytes], size: int) -> tuple[int, ...]:
    """The shape that the header of an .npy of `size` bytes gives; ValueError if it promises more bytes than these.

    NumPy makes room for what is promised before it reads: a few bytes can ask for terabytes.
    """
    read = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    shape: tuple[int, ...]
    shape, _, dtype = read(file)
    promised = file.tell() + math.prod(shape) * dtype.itemsize
    if promised > size and not dtype.hasobject:
        raise ValueError(f"{size:,} bytes where its header promises {promised:,}")
    return shape


def _channel_axis(path: Path, shape: tuple[int, ...]) -> int | None:
    if len(shape) == 3:
        return None
    axes = [axis for axis in (1, 3) if shape[axis] in CHANNELS]
    if len(axes) != 1:
        fault = "no axis is a channel axis" if not axes else "both the second and the last axis could be the channels"
        raise DataError(
            f"{path}: images of shape {shape[1:]}: {fault}; valid: 1 (grey) or 3 (RGB) channels, first or last"
        )
    return axes[0]


def _labels(path: Path, archive: Any, key: str) -> NDArray[Any]:
    labels = as_text(_array(path, archive, key))
    if labels.dtype.kind not in "iuU":
        raise DataError(f"{path}: {key} holds {labels.dtype}; valid: whole numbers or strings, one an image")
    return labels


def as_text(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels of bytes, as HDF5 and MATLAB files give them, as text (UTF-8, else Latin-1); any other as they are."""
    if labels.dtype.kind != "S":
        return labels
    try:
        return np.char.decode(labels, "utf-8")
    except UnicodeDecodeError:
        return np.char.decode(labels, "latin-1")


def _numbered(path: Path, known: NDArray[Any], labels: NDArray[Any], key: str) -> Labels:
    if unknown := sorted(set(np.unique(labels).tolist()) - set(known.tolist()), key=str):
        raise DataError(f"{path}: {key} has the label {unknown[0]!r}, which y_train has not; no model could learn it")
    return np.searchsorted(known, labels).astype(np.int64)


def _images(path: Path, archive: Any, key: str) -> Images | NDArray[np.uint8]:
    """(n, c, h, w), uint8 as stored or float32 in [-1, 1]."""
    x = _array(path, archive, key)
    if x.dtype.kind == "f":
        reference = x if key == "x_train" else _array(path, archive, "x_train")
        x = _scaled(path, x, key, signed=bool(_extremes(path, reference, "x_train")[0] < -ROUNDING))
    elif x.dtype == bool:
        x = x.astype(np.uint8) * np.uint8(255)
    else:
        x = _bytes(path, x, key)
    axis = _channel_axis(path, x.shape)
    return x[:, None] if axis is None else np.moveaxis(x, axis, 1)


def _bytes(path: Path, x: NDArray[Any], key: str) -> NDArray[np.uint8]:
    if x.dtype.kind not in "iu" or x.min() < 0 or x.max() > 255:
        raise DataError(
            f"{path}: {key} holds {x.dtype}, not pixels; valid: uint8 0..255, or float in [0, 1] or [-1, 1]"
        )
    if x.max() <= 1:
        raise DataError(
            f"{path}: {key} holds {x.dtype} of 0 and 1 only: of 255 that is black; store it as bool or float"
        )
    return x.astype(np.uint8, copy=False)


def _scaled(path: Path, x: NDArray[Any], key: str, signed: bool) -> Images:
    low, high = _extremes(path, x, key)
    if low < (-1 if signed else 0) - ROUNDING or high > 1 + ROUNDING:
        valid = "uint8 in 0..255, or float in [0, 1] or [-1, 1], the same in x_train and x_test"
        raise DataError(f"{path}: {key} has float pixels from {low:g} to {high:g}; valid: {valid}")
    images = x.astype(np.float32)
    if not signed:
        images *= 2
        images -= 1
    return np.clip(images, -1, 1, out=images)


def _extremes(path: Path, x: NDArray[Any], key: str) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())  # a NaN anywhere makes both NaN
    if not (np.isfinite(low) and np.isfinite(high)):
        image = int(np.argmin(np.isfinite(x).reshape(len(x), -1).all(axis=1)))
        raise DataError(
            f"{path}: {key} has a pixel that is NaN or infinite, first in image {image}; remove or repair it"
        )
    return low, high
