"""A user's own images in folders: one sub-folder a class, or train/ and test/ with such sub-folders in each.

Nothing is resized: images of different sizes are refused by name, since no size, crop or distortion is right for
every data set. Grey images stay grey as long as all are; one colour image makes all of them RGB.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from trainables.data.sources import DataError, StoredImages

PARTS = {"train", "test"}
OWN_VALIDATION = {"val", "valid", "validation"}
LITTER = {"thumbs.db", "desktop.ini"}  # hidden files where Windows has been
ORIENTATION, TURNED = 0x0112, range(5, 9)  # EXIF: the tag, and its values by which sides change places
GREY = {"1", "L", "LA"}
COLOUR = {"P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}


def has_test_part(folder: Path) -> bool:
    """Whether `folder` brings its own test/; DataError if it brings its own validation part."""
    return _parts(folder)[1] is not None


def read_folder(folder: Path, train: bool) -> StoredImages:
    """The images of train/ or test/, or all of them where there is no test/; of the others only headers are read."""
    train_folder, test_folder = _parts(folder)
    classes = _class_names(train_folder)
    files = _files(train_folder, classes)
    others = _files(test_folder, classes) if test_folder else []
    size, grey = _common_format([file for file, _ in files + others])
    chosen = files if train else others
    labels = np.array([label for _, label in chosen], dtype=np.int64)
    return StoredImages(_decode([file for file, _ in chosen], size, grey), labels, classes).check(folder)


def pictures_in(path: Path) -> list[Path]:
    """The files of a folder, in the order of their names; one picture alone; none where `path` is neither."""
    if path.is_dir():
        return _visible(path)
    return [path] if path.suffix.lower() in Image.registered_extensions() else []


def read_flat(path: Path) -> NDArray[np.uint8]:
    """The images of a folder that has nothing else in it, in the order of their names, or one picture, (n, c, h, w)."""
    files = pictures_in(path)
    if inner := next((file for file in files if file.is_dir()), None):
        raise DataError(f"{inner}: a folder; valid: a folder that holds images only")
    if not files:
        raise DataError(f"{path}: holds no images")
    return _decode(files, *_common_format(files))


def _parts(folder: Path) -> tuple[Path, Path | None]:
    names = {entry.name for entry in _visible(folder) if entry.is_dir()}
    if "train" not in names or names - PARTS - OWN_VALIDATION:
        return folder, None
    if own := sorted(names & OWN_VALIDATION):
        raise DataError(f"{folder / own[0]}: validation images are split off from train/; move these into train/")
    return folder / "train", folder / "test" if "test" in names else None


def _class_names(folder: Path) -> tuple[str, ...]:
    entries = _visible(folder)
    for entry in entries:
        if entry.is_file() and entry.suffix.lower() in Image.registered_extensions():
            raise DataError(f"{entry}: an image without a class; put it into a sub-folder named after its class")
    names = tuple(entry.name for entry in entries if entry.is_dir())
    if not names:
        raise DataError(f"{folder}: no sub-folders; one sub-folder of images a class is needed")
    return names


def _files(folder: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    """Every image file with its label, class by class, in the order of names."""
    if unknown := sorted(set(_class_names(folder)) - set(classes)):
        raise DataError(f"{folder / unknown[0]}: a class that train/ has not; no model could learn it")
    return [(file, label) for label, name in enumerate(classes) for file in _images_of(folder / name)]


def _images_of(folder: Path) -> list[Path]:
    files = _visible(folder) if folder.is_dir() else []
    if inner := next((file for file in files if file.is_dir()), None):
        raise DataError(
            f"{inner}: a folder inside a class folder; valid: CLASS/IMAGE, or train/CLASS/IMAGE and test/CLASS/IMAGE"
        )
    if not files and folder.is_dir():
        raise DataError(f"{folder}: a class without images; put some there or remove the folder")
    return files


def _visible(folder: Path) -> list[Path]:
    return sorted(e for e in folder.iterdir() if not e.name.startswith(".") and e.name.lower() not in LITTER)


def _common_format(files: list[Path]) -> tuple[tuple[int, int], bool]:
    """(width, height) of all images and whether all are grey; DataError names two files of different sizes."""
    modes = set()
    size = _header(files[0])[0]
    for file in files:
        other, mode = _header(file)
        if other != size:
            raise DataError(
                f"{file}: {other[0]} x {other[1]} pixels, but {files[0]} has {size[0]} x {size[1]};"
                " bring all images to one size first, nothing is resized here"
            )
        modes.add(mode)
    return size, modes <= GREY


def _header(file: Path) -> tuple[tuple[int, int], str]:
    try:
        with Image.open(file) as image:
            size, mode = _upright_size(image), image.mode
    except (UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise DataError(f"{file}: not an image; remove it, this folder is to hold images only") from None
    if mode not in GREY | COLOUR:
        raise DataError(f"{file}: pixels of kind {mode}, which 8 bits would cut off; save it as 8-bit grey or RGB")
    return size, mode


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) as a viewer shows it."""
    width, height = image.size
    return (height, width) if _orientation(image) in TURNED else (width, height)


def _orientation(image: Image.Image) -> int:
    """How the pixels have to be turned, by the EXIF data of an image just opened: of a camera held upright no more
    than these says so. What needs the pixels to be read is not asked."""
    return int(image.getexif().get(ORIENTATION, 1)) if "exif" in image.info else 1


def _decode(files: list[Path], size: tuple[int, int], grey: bool) -> NDArray[np.uint8]:
    """(n, c, h, w), written image by image so that no second copy of the whole exists."""
    width, height = size
    images = np.empty((len(files), 1 if grey else 3, height, width), dtype=np.uint8)
    for row, file in enumerate(files):
        pixels = _pixels(file, "L" if grey else "RGB")
        images[row] = pixels[None] if grey else pixels.transpose(2, 0, 1)
    return images


def _pixels(file: Path, mode: str) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            turned = _orientation(image) != 1
            image.load()
            if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
                raise DataError(f"{file}: has transparent pixels; flatten it onto a background first")
            return np.asarray((ImageOps.exif_transpose(image) if turned else image).convert(mode))
    except (OSError, SyntaxError) as error:
        raise DataError(f"{file}: a damaged image ({error}); remove or replace it") from None
