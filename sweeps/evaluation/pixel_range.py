"""The range of the pixels in a file of samples: told by their type and values, or by whoever made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sweeps.errors import SamplesError
from trainables.arrays import Images

Array = NDArray[Any]
Range = Literal["0..255", "0..1", "-1..1"]
RANGES: tuple[Range, ...] = get_args(Range)
ROUNDING = 1e-4  # how far past the ends of its range a float pixel may lie
DARKEST = 16.0  # brightest pixel of images in 0..255: a smaller one would be another scale gone wrong
NARROW = 0.5  # of the range 0..1: images that fill less of it may as well be of another
VALID = "valid: uint8 in 0..255, bool, or float in 0..255, 0..1 or -1..1 (sweeps judge: or --range)"


def scaled(path: Path, images: Array, known: Range | None = None) -> tuple[Images, str]:
    """float32 in [-1, 1], and what the pixels were, in words; `known` where somebody says it. SamplesError if neither
    type nor values tell, or the values are not in that range."""
    if images.dtype == bool:
        return images.astype(np.float32) * 2 - 1, "false and true"
    low, high = float(finite(path, images).min()), float(images.max())
    found = known or (_of_whole if images.dtype.kind in "iu" else _of_floats)(path, low, high)
    least, most = map(float, found.split(".."))
    if low < least - ROUNDING or high > most + ROUNDING:
        raise SamplesError(f"{path}: pixels from {low:g} to {high:g} are not in {found}, as --range says")
    unit = (images.astype(np.float32) - np.float32(least)) / np.float32(most - least)
    return (unit * 2 - 1).clip(-1, 1), f"in {found}{'' if known else _doubt(found, low, high)}"


def finite(path: Path, array: Array) -> Array:
    """The array; SamplesError if it holds anything but finite numbers."""
    if array.dtype.kind not in "iufb":
        raise SamplesError(f"{path}: holds {array.dtype}, not numbers; {VALID}")
    whole = np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if not whole.all():
        raise SamplesError(f"{path}: a pixel is NaN or infinite, first in sample {int(whole.argmin())}")
    return array


def _of_whole(path: Path, low: float, high: float) -> Range:
    if low < 0 or not (1 < high <= 255 or _one_level(low, high)):
        raise SamplesError(f"{path}: whole pixels from {low:g} to {high:g}; {VALID}")
    return "0..255"


def _of_floats(path: Path, low: float, high: float) -> Range:
    if low >= -1 - ROUNDING and high <= 1 + ROUNDING:
        return "-1..1" if low < -ROUNDING else "0..1"
    if low < -ROUNDING or not (DARKEST < high <= 255 + ROUNDING or _one_level(low, high)):
        raise SamplesError(f"{path}: pixels from {low:g} to {high:g}; {VALID}")
    return "0..255"


def _one_level(low: float, high: float) -> bool:
    """Whether all pixels are one level of 255: whichever the range, there is nothing to be seen."""
    return low == high and 0 <= low <= 255


def _doubt(found: Range, low: float, high: float) -> str:
    """What to say of floats that may be of another range: those of a dead model hardly differ."""
    doubtful = found == "0..1" and high - low < NARROW
    return f", though from {low:g} to {high:g} they might be in -1..1: say it with --range" if doubtful else ""
