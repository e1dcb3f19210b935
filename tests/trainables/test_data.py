"""Data sets as a model gets them: shapes, ranges, the division into parts, subsets and the content hash."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.repository import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from trainables.data import DATASETS, Dataset, Split, load_dataset, load_test
from trainables.data.splits import TEST, VALIDATION, choose, held_out, quotas

CLASS_COUNTS = st.lists(st.integers(1, 60), min_size=1, max_size=12)
# Whoever changes the division changes every published figure: digits, split seed 0.
DIGITS_HASH = "da23460f565b"


def write_npz(path: Path, *, n: int = 60, shape: tuple[int, ...] = (4, 5), classes: int = 3) -> Path:
    """A data set of `n` training and 9 test images whose first pixel counts them, so that each can be told apart."""
    x = np.random.default_rng(0).integers(0, 256, (n + 9, *shape), dtype=np.uint8)
    x.reshape(n + 9, -1)[:, 0] = np.arange(n + 9)
    y = np.arange(n + 9) % classes
    np.savez(path, x_train=x[:n], y_train=y[:n], x_test=x[n:], y_test=y[n:])
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_npz(tmp_path_factory.mktemp("own") / "own.npz")


def numbers(split: Split) -> set[int]:
    """Which images of `write_npz` a split holds."""
    return set(np.rint((split.x[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist())


def check_contract(data: Dataset, test: Split) -> None:
    for split in (data.train, data.val, test):
        assert split.x.dtype == np.float32
        assert split.y.dtype == np.int64
        assert split.x.shape == (len(split), *data.image_shape)
        assert split.x.flags.c_contiguous
        assert not split.x.flags.writeable
        assert split.x.min() == -1
        assert split.x.max() == 1
        assert set(np.unique(split.y)) == set(range(data.n_classes))


@pytest.mark.parametrize("name", ["digits", "fashion_mnist"])
def test_named_data_set_keeps_the_contract_and_the_listed_sizes(name: str, shared_data: Path) -> None:
    data, test = load_dataset(name, data_dir=shared_data), load_test(name, data_dir=shared_data)
    check_contract(data, test)
    source = DATASETS[name]
    assert (len(data.train), len(data.val), len(test)) == (source.train, source.val, source.test)
    assert (data.image_shape, data.n_classes, data.name) == (source.image_shape, source.n_classes, name)


def test_mnist_from_a_shortened_file(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPS_DATA", str(shared_data))
    data = load_dataset("mnist")
    check_contract(data, load_test("mnist"))
    assert data.classes == tuple("0123456789")


def test_real_colour_images_as_a_users_own_file(shared_data: Path) -> None:
    data = load_dataset("cifar10_subset.npz", data_dir=shared_data)
    check_contract(data, load_test(shared_data / "cifar10_subset.npz"))
    assert (data.name, data.image_shape, len(data.train), len(data.val)) == (
        "cifar10_subset",
        (3, 32, 32),
        10_800,
        1_200,
    )


def test_digits_division_is_the_one_of_the_figures() -> None:
    assert load_dataset("digits").content_hash.startswith(DIGITS_HASH)


def test_two_fresh_interpreters_divide_alike(own: Path) -> None:
    code = (
        "import sys; from trainables.data import load_dataset; "
        "print(load_dataset(sys.argv[1], train_size=20, split_seed=3).content_hash)"
    )
    command = [sys.executable, "-c", code, str(own)]
    hashes = {
        subprocess.run(
            command, cwd=REPOSITORY, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert hashes == {load_dataset(own, train_size=20, split_seed=3).content_hash}


@settings(deadline=None)
@given(CLASS_COUNTS, st.floats(0, 0.5), st.integers(0, 2**32 - 1))
def test_split_is_a_stratified_partition(counts: list[int], share: float, seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    kept, out = held_out(labels, share, seed, TEST)
    assert sorted([*kept, *out]) == list(range(len(labels)))
    wanted = np.array(counts) * len(out) / len(labels)
    assert np.abs(np.bincount(labels[out], minlength=len(counts)) - wanted).max() < 1


@settings(deadline=None)
@given(CLASS_COUNTS, st.data())
def test_smaller_choice_lies_in_the_larger(counts: list[int], data: st.DataObject) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    large = data.draw(st.integers(0, len(labels)))
    small = data.draw(st.integers(0, large))
    inner, outer = (choose(labels, n, 5, VALIDATION) for n in (small, large))
    assert (inner.sum(), outer.sum()) == (small, large)
    assert outer[inner].all()


@settings(deadline=None)
@given(CLASS_COUNTS, st.data())
def test_quotas_stay_within_one_of_every_share(counts: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, sum(counts)))
    taken = quotas(np.array(counts), n)
    assert taken.sum() == n
    assert np.abs(taken - np.array(counts) * n / sum(counts)).max() < 1


@settings(deadline=None)
@given(size=st.integers(3, 54), seed=st.integers(0, 9))
def test_train_size_changes_nothing_but_the_number_of_training_images(own: Path, size: int, seed: int) -> None:
    whole = load_dataset(own, split_seed=seed)
    part = load_dataset(own, split_seed=seed, train_size=size)
    assert len(part.train) == size
    assert numbers(part.train) <= numbers(whole.train)
    assert numbers(load_dataset(own, split_seed=seed, train_size=3).train) <= numbers(part.train)
    assert_array_equal(part.val.x, whole.val.x)


@pytest.mark.parametrize("seed", range(3))
def test_no_test_image_is_in_the_data_set(seed: int) -> None:
    data, test = load_dataset("digits", split_seed=seed), load_test("digits", split_seed=seed)
    parts = [{image.tobytes() for image in split.x} for split in (data.train, data.val, test)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 1797  # no two digits are alike, pixel by pixel


def test_classes_by_index_and_name_are_numbered_anew(shared_data: Path) -> None:
    load: dict[str, Any] = {"data_dir": shared_data, "classes": ("Ankle boot", 1)}
    data, whole = load_dataset("fashion_mnist", **load), load_dataset("fashion_mnist", data_dir=shared_data)
    assert data.classes == ("Trouser", "Ankle boot")
    for label, former in enumerate((1, 9)):
        assert_array_equal(data.val.x[data.val.y == label], whole.val.x[whole.val.y == former])
    check_contract(data, load_test("fashion_mnist", **load))


def test_one_class_alone() -> None:
    data = load_dataset("digits", classes=(7,), train_size=50)
    assert (data.classes, data.n_classes, set(data.train.y), len(data.train)) == (("7",), 1, {0}, 50)


def test_a_subset_of_classes_moves_no_image_between_parts(own: Path) -> None:
    whole, part = load_dataset(own), load_dataset(own, classes=("2", 0))
    assert numbers(part.train) <= numbers(whole.train)
    assert numbers(part.val) <= numbers(whole.val)


def test_hash_identifies_what_was_loaded(own: Path, tmp_path: Path) -> None:
    arrays = dict(np.load(own))
    hashes = {
        load_dataset(own, **chosen).content_hash
        for chosen in ({}, {"split_seed": 1}, {"train_size": 30}, {"classes": (0, 1)})
    }
    for key in ("x_train", "y_train"):
        changed = {name: array.copy() for name, array in arrays.items()}
        changed[key].flat[1] = 2 if key == "y_train" and arrays[key][1] != 2 else arrays[key].flat[1] ^ 1
        np.savez(tmp_path / "changed.npz", **changed)
        hashes.add(load_dataset(tmp_path / "changed.npz").content_hash)
    assert len(hashes) == 6
    assert load_dataset(own, train_size=54).content_hash == load_dataset(own).content_hash


def test_nothing_random_but_the_split_seed(own: Path) -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    load_dataset(own, train_size=10)
    assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], before)


def test_the_whole_is_train_and_validation_and_holds_nothing_out() -> None:
    data = load_dataset("digits")
    whole = data.whole()
    assert (len(whole.train), len(whole.val)) == (len(data.train) + len(data.val), 0)
    assert np.array_equal(whole.train.x[: len(data.train)], data.train.x)
    assert np.array_equal(whole.train.y[len(data.train) :], data.val.y)
    assert not whole.train.x.flags.writeable
    assert whole.content_hash != data.content_hash


def test_few_validation_images_and_none_of_a_class_are_doubts() -> None:
    data = load_dataset("digits")
    assert data.doubts == ()
    four = replace(data, val=Split(data.val.x[:4], np.array([0, 1, 2, 3])))
    few, missing = four.doubts
    assert few.startswith("digits: only 4 validation images")
    assert missing == "digits: no validation image of 4, 5, 6, 7, 8 and others"
    assert data.whole().doubts == ()
