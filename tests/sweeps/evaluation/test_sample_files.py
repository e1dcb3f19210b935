"""Anybody's samples: every layout and range they come in, and one clear line for what cannot be judged."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from sweeps.errors import SamplesError
from sweeps.evaluation.pixel_range import Range
from sweeps.evaluation.sample_files import FEWEST, read_labels, read_samples
from trainables.data import DataError

GREY, COLOUR = (1, 5, 7), (3, 5, 7)
BYTES = np.random.default_rng(0).integers(0, 256, (FEWEST, 5, 7), dtype=np.uint8)
COLOURED = np.random.default_rng(1).integers(0, 256, (FEWEST, 5, 7, 3), dtype=np.uint8)
TRUE = BYTES[:, None].astype(np.float32) / 127.5 - 1


def npy(folder: Path, array: Any) -> Path:
    np.save(folder / "samples.npy", array)
    return folder / "samples.npy"


def pictures(folder: Path, images: np.ndarray) -> Path:
    (folder / "pictures").mkdir()
    for number, pixels in enumerate(images):
        Image.fromarray(pixels).save(folder / "pictures" / f"{number:04d}.png")
    return folder / "pictures"


def npz_with_unreadable(path: Path, *names: str, **whole: np.ndarray) -> Path:
    """An .npz whose arrays of these `names` cannot be read, as one sees by reading them only."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"{name}.npy", b"damaged")
        for name, array in whole.items():
            content = io.BytesIO()
            np.save(content, array)
            archive.writestr(f"{name}.npy", content.getvalue())
    return path


def refused(path: Path, shape: tuple[int, ...] = GREY) -> str:
    with pytest.raises((SamplesError, DataError)) as caught:
        read_samples(path, shape, "mine")
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (BYTES, "in 0..255"),
        (BYTES[..., None], "in 0..255"),
        (BYTES[:, None], "in 0..255"),
        (BYTES.astype(np.int64), "in 0..255"),
        (BYTES.astype(np.float64), "in 0..255"),
        (BYTES / 255, "in 0..1"),
        (BYTES / 127.5 - 1, "in -1..1"),
        (np.repeat(BYTES[..., None], 3, axis=-1), "in 0..255"),
    ],
)
def test_every_layout_and_range_of_grey_images(array: np.ndarray, said: str, tmp_path: Path) -> None:
    samples = read_samples(npy(tmp_path, array), GREY, "mine")
    assert samples.images.dtype == np.float32
    assert np.allclose(samples.images, TRUE, atol=1e-6)
    assert samples.description.endswith(f"pixels {said}")
    assert samples.description.startswith("100 samples")


@pytest.mark.parametrize("array", [COLOURED, COLOURED.transpose(0, 3, 1, 2)])
def test_colour_first_or_last(array: np.ndarray, tmp_path: Path) -> None:
    images = read_samples(npy(tmp_path, array), COLOUR, "mine").images
    assert np.allclose(images, COLOURED.transpose(0, 3, 1, 2) / 127.5 - 1, atol=1e-6)


def test_black_and_white(tmp_path: Path) -> None:
    assert set(np.unique(read_samples(npy(tmp_path, BYTES > 99), GREY, "mine").images)) == {-1, 1}


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (1, 5, 7)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("value", [0, 1])
def test_images_of_one_value_are_read_in_every_layout(
    dtype: type, value: int, shape: tuple[int, ...], tmp_path: Path
) -> None:
    images = read_samples(npy(tmp_path, np.full((FEWEST, *shape), value, dtype)), GREY, "mine").images
    assert images.shape == (FEWEST, *GREY)
    assert len(np.unique(images)) == 1


@pytest.mark.parametrize(("value", "there"), [(0, -1), (5, 5 / 127.5 - 1), (255, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_one_level_of_255(dtype: type, value: int, there: float, tmp_path: Path) -> None:
    images = read_samples(npy(tmp_path, np.full((FEWEST, 5, 7), value, dtype)), GREY, "mine").images
    assert np.allclose(images, there, atol=1e-6)


@pytest.mark.parametrize(
    ("array", "known", "there"),
    [
        (BYTES // 128, "0..1", {-1, 1}),
        (BYTES // 128, "0..255", {-1, np.float32(1 / 127.5 - 1)}),
        (np.full(BYTES.shape, 0.5), "-1..1", {0.5}),
        (np.full(BYTES.shape, 0.5), "0..1", {0}),
        (np.zeros(BYTES.shape), "-1..1", {0}),
        (np.full(BYTES.shape, 7.65), "0..255", {np.float32(-0.94)}),
    ],
)
def test_a_range_that_somebody_says(array: np.ndarray, known: Range, there: set[float], tmp_path: Path) -> None:
    samples = read_samples(npy(tmp_path, array), GREY, "mine", known=known)
    assert np.allclose(sorted(np.unique(samples.images)), sorted(there), atol=1e-6)
    assert samples.description.endswith(f"pixels in {known}")


def test_a_range_that_the_values_do_not_keep(tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=r"pixels from 0 to 255 are not in 0\.\.1, as --range says"):
        read_samples(npy(tmp_path, BYTES), GREY, "mine", known="0..1")


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    assert (
        "might be in -1..1: say it with --range"
        in read_samples(npy(tmp_path, 0.5 + BYTES / 2550), GREY, "mine").description
    )
    assert "--range" not in read_samples(npy(tmp_path, BYTES / 255), GREY, "mine").description


def test_points_stay_as_they_are(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(FEWEST, 2))
    assert np.allclose(read_samples(npy(tmp_path, points), (2,), "ring").images, points)


def test_npz_and_pt_by_the_usual_names_or_if_there_is_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", samples=BYTES, other=np.zeros(3))
    np.savez(tmp_path / "b.npz", made=BYTES)
    np.savez(tmp_path / "c.npz", BYTES)
    torch.save(torch.tensor(TRUE, requires_grad=True), tmp_path / "d.pt")
    torch.save({"images": torch.tensor(TRUE), "step": torch.tensor(3)}, tmp_path / "e.pt")
    for name in ("a.npz", "b.npz", "c.npz", "d.pt", "e.pt"):
        assert np.allclose(read_samples(tmp_path / name, GREY, "mine").images, TRUE, atol=1e-6), name


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    assert np.allclose(read_samples(pictures(tmp_path, BYTES), GREY, "mine").images, TRUE)


class TestRefused:
    def test_no_file_an_empty_one_and_one_of_another_kind(self, tmp_path: Path) -> None:
        assert "no such file" in refused(tmp_path / "nowhere.npy")
        (tmp_path / "empty.npy").touch()
        assert "is empty" in refused(tmp_path / "empty.npy")
        (tmp_path / "text.npy").write_text("hello")
        assert "cannot be read" in refused(tmp_path / "text.npy")
        cut = npy(tmp_path, BYTES)
        cut.write_bytes(cut.read_bytes()[:-50])
        assert "cannot be read" in refused(cut)

    def test_what_would_have_to_be_unpickled(self, tmp_path: Path) -> None:
        np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
        assert "plain numbers" in refused(tmp_path / "objects.npy")
        torch.save({"model": pytest.fail}, tmp_path / "model.pt")
        assert "no plain tensor" in refused(tmp_path / "model.pt")
        torch.save([1, 2], tmp_path / "list.pt")
        assert "no plain tensor" in refused(tmp_path / "list.pt")

    def test_a_header_that_promises_more_than_the_file_holds(self, tmp_path: Path) -> None:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**40, 8, 8)})
        (tmp_path / "huge.npy").write_bytes(header.getvalue() + b"few")
        assert "cannot be read" in refused(tmp_path / "huge.npy")
        with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
            archive.writestr("samples.npy", header.getvalue() + b"few")
        assert "cannot be read" in refused(tmp_path / "huge.npz")

    def test_keys_are_refused_before_anything_is_inflated(self, tmp_path: Path) -> None:
        file = npz_with_unreadable(tmp_path / "bomb.npz", "left", "right")
        assert "holds left, right; name the one" in refused(file)

    def test_arrays_that_are_not_asked_for_are_not_read(self, tmp_path: Path) -> None:
        file = npz_with_unreadable(tmp_path / "both.npz", "other", samples=BYTES)
        assert np.allclose(read_samples(file, GREY, "mine").images, TRUE)

    def test_several_arrays_without_a_name_we_know(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "it.npz", left=BYTES, right=BYTES)
        assert "holds left, right; name the one with the samples 'samples'" in refused(tmp_path / "it.npz")

    @pytest.mark.parametrize("array", [BYTES[:, 1:], BYTES[:, 0], COLOURED, np.zeros((100, 7, 5)), np.float32(3)])
    def test_another_shape_says_which_are_valid(self, array: np.ndarray, tmp_path: Path) -> None:
        line = refused(npy(tmp_path, array))
        assert line.endswith("valid for mine: (n, 5, 7), (n, 5, 7, 1) or (n, 1, 5, 7)")

    def test_points_of_another_shape(self, tmp_path: Path) -> None:
        assert refused(npy(tmp_path, np.zeros((100, 3))), (2,)).endswith("valid for mine: (n, 2)")

    @pytest.mark.parametrize(
        "array", [BYTES * 2.0, BYTES - 3.0, BYTES / 100 - 1, BYTES / 230, BYTES.astype(int) - 1, BYTES.astype(int) * 2]
    )
    def test_another_range_says_which_are_valid(self, array: np.ndarray, tmp_path: Path) -> None:
        assert "valid: uint8 in 0..255, bool, or float in 0..255, 0..1 or -1..1" in refused(npy(tmp_path, array))

    def test_bytes_of_0_and_1_are_not_taken_for_black(self, tmp_path: Path) -> None:
        assert "from 0 to 1" in refused(npy(tmp_path, BYTES // 128))

    def test_words_and_complex_numbers(self, tmp_path: Path) -> None:
        assert "not numbers" in refused(npy(tmp_path, BYTES.astype(str)))
        assert "not numbers" in refused(npy(tmp_path, BYTES.astype(complex)))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_pixel_that_is_no_number(self, value: float, tmp_path: Path) -> None:
        broken = TRUE.copy()
        broken[41, 0, 2, 3] = value
        assert "first in sample 41" in refused(npy(tmp_path, broken))

    @pytest.mark.parametrize("n", [0, 1, FEWEST - 1])
    def test_too_few(self, n: int, tmp_path: Path) -> None:
        assert f"{n} samples; at least {FEWEST}" in refused(npy(tmp_path, BYTES[:n]))

    def test_one_text_file_among_the_pictures(self, tmp_path: Path) -> None:
        folder = pictures(tmp_path, BYTES)
        (folder / "0050.txt").write_text("a note")
        assert "0050.txt: not an image" in refused(folder)

    def test_folders_within_and_nothing_within(self, tmp_path: Path) -> None:
        (tmp_path / "in" / "deeper").mkdir(parents=True)
        assert "deeper: a folder" in refused(tmp_path / "in")
        (tmp_path / "none").mkdir()
        assert "holds no images" in refused(tmp_path / "none")


class TestLabels:
    CLASSES = ("shirt", "bag", "T-shirt/top")

    def labels(self, folder: Path, array: Any) -> np.ndarray:
        return read_labels(npy(folder, array), 4, self.CLASSES)

    def test_numbers_or_names(self, tmp_path: Path) -> None:
        for array in (
            [0, 2, 1, 0],
            np.array([0, 2, 1, 0], np.uint8),
            ["shirt", "T-shirt/top", "bag", "shirt"],
            [b"shirt", b"T-shirt/top", b"bag", b"shirt"],
        ):
            found = self.labels(tmp_path, array)
            assert found.dtype == np.int64
            assert found.tolist() == [0, 2, 1, 0]

    @pytest.mark.parametrize(
        "array", [[0, 1], [0, 1, 2, 3], [-1, 0, 0, 0], [0.0, 1, 2, 0], ["shirt", "bga", "bag", "bag"]]
    )
    def test_what_they_cannot_be(self, array: Any, tmp_path: Path) -> None:
        with pytest.raises(SamplesError, match="valid: ") as caught:
            self.labels(tmp_path, array)
        assert "bga" not in str(caught.value) or "did you mean bag?" in str(caught.value)


@given(arrays(np.float32, (FEWEST, 2, 2), elements=st.floats(-1e3, 1e3, width=32)))
def test_whatever_the_pixels_they_are_refused_or_in_range(pixels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            images = read_samples(npy(Path(folder), pixels), (1, 2, 2), "mine").images
        except SamplesError:
            return
        assert np.abs(images).max() <= 1
