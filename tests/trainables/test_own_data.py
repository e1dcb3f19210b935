"""A user's own images, .npz or folders: every accepted layout, and one clear line for what is not accepted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PIL import Image

from trainables.data import DataError, load_dataset, load_test

GREY = np.random.default_rng(0).integers(0, 256, (30, 4, 5), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (30, 4, 5, 3), dtype=np.uint8)
LABELS = np.arange(30) % 3


def npz(path: Path, x: Any = GREY, **arrays: Any) -> Path:
    """An .npz of `x` as train and test part; an array given as None is left out."""
    arrays = {"x_train": x, "y_train": LABELS, "x_test": x, "y_test": LABELS} | arrays
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def folder(path: Path, parts: tuple[str, ...] = ("",), size: tuple[int, int] = (6, 4), mode: str = "L") -> Path:
    """Ten images in each of the classes `cat` and `dog`, each image of one grey level of its own."""
    for part in parts:
        for label, name in enumerate(("cat", "dog")):
            (path / part / name).mkdir(parents=True)
            for i in range(10):
                Image.new("L", size, 10 * i + label).convert(mode).save(path / part / name / f"{i}.png")
    return path


def test_pixels(path: Path) -> np.ndarray:
    """The test part as it was stored, (n, c, h, w), 0..255."""
    return (load_test(path).x + 1) * 127.5


test_pixels.__test__ = False  # type: ignore[attr-defined]  # pytest reads it


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (GREY, GREY[:, None]),
        (GREY[..., None], GREY[:, None]),
        (GREY[:, None], GREY[:, None]),
        (COLOUR, COLOUR.transpose(0, 3, 1, 2)),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR.transpose(0, 3, 1, 2)),
        (GREY.astype(np.int64), GREY[:, None]),
        (GREY / 255, GREY[:, None]),
        ((GREY / 127.5 - 1).astype(np.float32), GREY[:, None]),
        (GREY > 128, 255 * (GREY > 128)[:, None]),
    ],
    ids=["nhw", "nhw1", "n1hw", "nhwc", "nchw", "int64", "float64 0..1", "float32 -1..1", "bool"],
)
def test_layouts_and_ranges_of_an_npz(tmp_path: Path, stored: np.ndarray, expected: np.ndarray) -> None:
    path = npz(tmp_path / "own.npz", stored)
    assert_allclose(test_pixels(path), expected, atol=1e-4)
    data = load_dataset(path)
    assert data.image_shape == expected.shape[1:]
    assert data.train.x.flags.c_contiguous


@settings(deadline=None)
@given(n=st.integers(9, 30), h=st.integers(4, 9), w=st.integers(4, 9), c=st.sampled_from([1, 3]), last=st.booleans())
def test_any_image_size_survives_either_channel_order(
    tmp_path_factory: pytest.TempPathFactory, n: int, h: int, w: int, c: int, last: bool
) -> None:
    x = np.random.default_rng(n).integers(0, 256, (n, c, h, w), dtype=np.uint8)
    y = np.arange(n) % 3
    stored = np.moveaxis(x, 1, 3) if last else x
    path = npz(tmp_path_factory.mktemp("any") / "own.npz", stored, y_train=y, y_test=y)
    assert_allclose(test_pixels(path), x, atol=1e-4)


def test_train_decides_the_range_of_both_parts(tmp_path: Path) -> None:
    signed = GREY / 127.5 - 1
    bright = np.abs(signed)
    assert_allclose(load_test(npz(tmp_path / "own.npz", signed, x_test=bright)).x[:, 0], bright, atol=1e-6)


@pytest.mark.parametrize("names", [["b", "a", "c"], [7, 2, 11]])
def test_labels_of_any_name(tmp_path: Path, names: list[Any]) -> None:
    labels = np.array(names)[LABELS]
    path = npz(tmp_path / "own.npz", y_train=labels, y_test=labels)
    assert load_dataset(path).classes == tuple(map(str, sorted(names)))
    assert [sorted(names)[label] for label in load_test(path).y] == labels.tolist()


def test_labels_of_bytes_are_text(tmp_path: Path) -> None:
    for names in ([b"b", b"\xc3\xa4", b"c"], [b"b", b"\xe4", b"c"]):
        labels = np.array(names)[LABELS]
        assert load_dataset(npz(tmp_path / "own.npz", y_train=labels, y_test=labels)).classes == ("b", "c", "ä")


def test_a_class_of_too_few_images_can_be_left_out(tmp_path: Path) -> None:
    labels = np.where(np.arange(30) < 28, LABELS % 2, 2)
    path = npz(tmp_path / "own.npz", y_train=labels)
    data = load_dataset(path, classes=[0, 1])
    assert data.classes == ("0", "1")
    assert len(data.train) + len(data.val) == 28 or len(data.train) + len(data.val) == 27
    assert len(load_test(path, classes=[0, 1])) == 20
    with pytest.raises(DataError, match=r"class '2' has 2 images .*leave it out"):
        load_dataset(path, classes=[1, 2])


def test_images_stand_as_their_exif_data_say(tmp_path: Path) -> None:
    upright = folder(tmp_path / "own", size=(4, 6))
    for file in sorted(upright.glob("*/*.png")):
        pixels = np.arange(24, dtype=np.uint8).reshape(6, 4) + 7 * int(file.stem)
        turned = Image.Exif()
        turned[0x0112] = 6  # to be turned by a quarter, clockwise
        if int(file.stem) % 2:
            Image.fromarray(np.rot90(pixels).copy()).save(file, exif=turned)
        else:
            Image.fromarray(pixels).save(file)
    data = load_dataset(upright)
    assert data.image_shape == (1, 6, 4)
    steps = np.diff((data.train.x + 1) * 127.5, axis=3)
    assert_allclose(steps, 1, atol=1e-3)


def test_sweep_does_not_touch_the_test_pixels(tmp_path: Path) -> None:
    large = np.tile(GREY, (1, 8, 8))
    test = np.full_like(large, 77)
    path = npz(tmp_path / "own.npz", large, x_test=test)
    path.write_bytes(path.read_bytes().replace(test.tobytes(), b"\x4e" * test.size))
    assert len(load_dataset(path).train) == 27
    with pytest.raises(DataError, match=r"own\.npz: x_test cannot be read \(Bad CRC"):
        load_test(path)


NAN = np.where(np.arange(30)[:, None, None] == 17, np.nan, GREY / 255)


@pytest.mark.parametrize(
    ("x", "arrays", "message"),
    [
        (GREY, {"y_test": None, "y_tests": LABELS}, "no array y_test, only .*did you mean y_tests to be y_test"),
        (GREY, {"x_train": None, "X_train": GREY}, "no array x_train, only .*did you mean X_train to be x_train"),
        (GREY, {"y_train": LABELS[:20]}, r"y_train has shape \(20,\) beside x_train \(30, 4, 5\)"),
        (GREY, {"y_train": np.eye(3)[LABELS]}, r"y_train has shape \(30, 3\).*one label an image, \(30,\)"),
        (GREY, {"y_train": LABELS / 2}, "y_train holds float64; valid: whole numbers or strings"),
        (GREY, {"y_test": LABELS + 1}, "y_test has the label 3, which y_train has not"),
        (GREY, {"y_train": np.where(np.arange(30) < 28, LABELS % 2, 2)}, "class '2' has 2 images to split"),
        (GREY, {"x_test": GREY[:, :3]}, r"x_train \(30, 4, 5\) and x_test \(30, 3, 5\) are not images of one shape"),
        (GREY[0], {}, r"x_train has shape \(4, 5\); valid: \(n, h, w\)"),
        (GREY[:0], {"y_train": LABELS[:0], "y_test": LABELS[:0]}, r"x_train has shape \(0, 4, 5\).*not empty"),
        (np.stack([GREY] * 4, -1), {}, r"\(4, 5, 4\): no axis is a channel axis; valid: 1 \(grey\) or 3 \(RGB\)"),
        (COLOUR[:, :3], {}, r"\(3, 5, 3\): both the second and the last axis could be the channels"),
        (NAN, {}, "x_train has a pixel that is NaN or infinite, first in image 17"),
        (GREY.astype(np.float32), {}, "x_train has float pixels from 0 to 255; valid: uint8"),
        (GREY.astype(np.int32) - 9, {}, "x_train holds int32, not pixels; valid: uint8"),
        (GREY // 128, {}, "x_train holds uint8 of 0 and 1 only"),
        (GREY.astype(object), {}, "x_train cannot be read .*Object arrays"),
    ],
)
def test_refused_npz(tmp_path: Path, x: np.ndarray, arrays: dict[str, Any], message: str) -> None:
    refused(npz(tmp_path / "own.npz", x, **arrays), rf"own(\.npz)?: .*{message}")


def refused(dataset: Path | str, message: str, **options: Any) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(dataset, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0, 100, 3000])
def test_cut_off_npz(tmp_path: Path, keep: int) -> None:
    path = npz(tmp_path / "own.npz", COLOUR)
    path.write_bytes(path.read_bytes()[:keep])
    refused(path, r"own\.npz: not an \.npz file, or cut off")


def test_single_array_is_not_a_data_set(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", GREY)
    (tmp_path / "own.npy").rename(tmp_path / "own.npz")
    refused(tmp_path / "own.npz", r"own\.npz: one single array")


def test_folder_without_a_test_part_gives_a_fifth_to_it(tmp_path: Path) -> None:
    path = folder(tmp_path / "pets")
    (path / "cat" / ".DS_Store").write_bytes(b"\0")
    (path / "cat" / "Thumbs.db").write_bytes(b"\0")
    data, test = load_dataset(path), load_test(path)
    assert (data.name, data.classes, data.image_shape) == ("pets", ("cat", "dog"), (1, 4, 6))
    assert (len(data.train), len(data.val), len(test)) == (14, 2, 4)
    levels = [np.rint((split.x[:, 0, 0, 0] + 1) * 127.5).astype(int) for split in (data.train, data.val, test)]
    assert sorted(np.concatenate(levels)) == sorted(10 * i + label for i in range(10) for label in range(2))
    assert all((level % 10 == split.y).all() for level, split in zip(levels, (data.train, data.val, test), strict=True))


def test_folder_with_train_and_test(tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", parts=("train", "test"), mode="RGB")
    data = load_dataset(path)
    assert (len(data.train), len(data.val), len(load_test(path)), data.image_shape) == (18, 2, 20, (3, 4, 6))


@pytest.mark.parametrize(("mode", "channels"), [("1", 1), ("L", 1), ("P", 3), ("RGB", 3), ("RGBA", 3)])
def test_one_colour_image_makes_all_of_them_colour(tmp_path: Path, mode: str, channels: int) -> None:
    path = folder(tmp_path / "pets")
    Image.new("L", (6, 4), 255).convert(mode).save(path / "cat" / "more.png")
    assert load_dataset(path).image_shape == (channels, 4, 6)


def _text(path: Path) -> None:
    (path / "dog" / "notes.txt").write_text("a good dog")


def _cut(path: Path) -> None:
    (path / "dog" / "3.png").write_bytes((path / "dog" / "3.png").read_bytes()[:-30])


def _empty(path: Path) -> None:
    (path / "bird").mkdir()


def _nested(path: Path) -> None:
    (path / "dog" / "puppies").mkdir()


def _loose(path: Path) -> None:
    Image.new("L", (6, 4)).save(path / "loose.png")


def _larger(path: Path) -> None:
    Image.new("L", (8, 4)).save(path / "dog" / "large.png")


def _deep(path: Path) -> None:
    Image.new("I;16", (6, 4)).save(path / "dog" / "deep.png")


def _clear(path: Path) -> None:
    Image.new("RGBA", (6, 4), (9, 9, 9, 100)).save(path / "dog" / "clear.png")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_text, r"dog/notes\.txt: not an image; remove it"),
        (_cut, r"dog/3\.png: a damaged image"),
        (_empty, r"bird: a class without images"),
        (_nested, r"dog/puppies: a folder inside a class folder"),
        (_loose, r"loose\.png: an image without a class"),
        (_larger, r"dog/large\.png: 8 x 4 pixels, but .*cat/0\.png has 6 x 4; bring all images to one size"),
        (_deep, r"dog/deep\.png: pixels of kind I;16"),
        (_clear, r"dog/clear\.png: has transparent pixels"),
    ],
)
def test_refused_folder(tmp_path: Path, spoil: Any, message: str) -> None:
    path = folder(tmp_path / "pets")
    spoil(path)
    refused(path, message)


def test_refused_parts_of_a_folder(tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", parts=("train", "test"))
    (path / "val").mkdir()
    refused(path, r"pets/val: validation images are split off from train/")
    (path / "val").rmdir()
    (path / "test" / "dog").rename(path / "test" / "bird")
    refused(path, r"test/bird: a class that train/ has not")
    refused(path / "train" / "cat", r"cat/0\.png: an image without a class")
    (tmp_path / "nothing").mkdir()
    refused(tmp_path / "nothing", r"nothing: no sub-folders")
