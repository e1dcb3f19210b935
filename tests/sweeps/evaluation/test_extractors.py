"""The judge's eyes: trained once, the same bit for bit, kept on disk, for images of any shape."""

import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.contract import coloured

from sweeps.evaluation.extractors import FEATURES, RealFeatures, real_features_of
from trainables.data import Dataset, Split, load_dataset

DIGITS = load_dataset("digits")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder with the judge of the digits in it."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        real_features_of(DIGITS)
        yield folder / "gdsweeps" / "judge"


def quietly(data: Dataset, whole: Dataset | None = None) -> tuple[RealFeatures, list[str]]:
    said: list[str] = []
    return real_features_of(data, whole, said.append), said


def same(a: RealFeatures, b: RealFeatures) -> bool:
    return a.extractor.name == b.extractor.name and all(np.array_equal(a.real[name], b.real[name]) for name in a.real)


def test_it_knows_the_digits(kept: Path) -> None:
    real_features, said = quietly(DIGITS)
    assert said == []
    reference = real_features.reference(DIGITS)
    assert (reference.held_out.predicted == DIGITS.val.y).mean() >= 0.97
    assert reference.extractor == real_features.extractor.name
    assert reference.classes == DIGITS.classes
    assert reference.held_out.vectors.shape == (len(DIGITS.val), FEATURES)
    assert reference.train.images is DIGITS.train.x


@pytest.mark.slow
def test_trained_again_it_is_the_same_bit_for_bit(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = quietly(DIGITS)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        again, said = quietly(DIGITS)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert said[0] == "training the judge of digits, once"
    assert said[-1].endswith("of the held-out images right")
    assert same(first, again)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"[1, 2]"])
@pytest.mark.parametrize("file", ["cnn-*.npz", "held-out-*.npz"])
def test_a_damaged_file_is_made_again(kept: Path, file: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)  # another net, in no time
    before, _ = quietly(DIGITS)
    damaged = max(kept.glob(file), key=os.path.getmtime)
    damaged.write_bytes(content or damaged.read_bytes()[:-100])
    after, said = quietly(DIGITS)
    assert "is damaged" in said[0]
    assert same(before, after)
    assert quietly(DIGITS)[1] == []
    assert not list(kept.glob("*.partial"))


def test_where_nothing_can_be_kept_it_works_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)
    real_features, said = quietly(DIGITS)
    assert len([line for line in said if "cannot be written" in line]) == 2
    assert len(real_features.real["vectors"]) == len(DIGITS.val)


def test_of_a_part_of_the_images_it_is_the_net_of_all(kept: Path) -> None:
    part = load_dataset("digits", train_size=100)
    real_features, said = quietly(part, DIGITS)
    assert said == []
    assert real_features.extractor.name == quietly(DIGITS)[0].extractor.name
    assert len(real_features.reference(part).train) == 100


def test_it_sees_the_same_whatever_is_beside(kept: Path) -> None:
    extractor = quietly(DIGITS)[0].extractor
    all_at_once, few = (
        extractor.extract(DIGITS.train.x),
        extractor.extract(DIGITS.train.x[500:507], DIGITS.train.y[500:507]),
    )
    assert np.allclose(few.vectors, all_at_once.vectors[500:507], atol=1e-5)
    assert np.allclose(few.probabilities.sum(axis=1), 1, atol=1e-5)
    assert few.labels is not None
    assert all_at_once.labels is None


def test_it_travels_light(kept: Path) -> None:
    extractor = quietly(DIGITS)[0].extractor
    assert len(pickle.dumps(extractor)) < 1_000_000
    assert np.array_equal(
        pickle.loads(pickle.dumps(extractor)).extract(DIGITS.val.x).vectors, extractor.extract(DIGITS.val.x).vectors
    )


def test_images_of_any_shape(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)
    data = coloured()
    reference = quietly(data)[0].reference(data)
    assert reference.held_out.probabilities.shape == (30, 3)


def test_one_class_teaches_nothing_and_leaves_random_features(kept: Path) -> None:
    threes = load_dataset("digits", classes=[3])
    real_features, said = quietly(threes)
    assert said == []
    reference = real_features.reference(threes)
    assert (reference.held_out.probabilities == 1).all()
    noise = real_features.extractor.extract(
        np.random.default_rng(0).uniform(-1, 1, threes.val.x.shape).astype(np.float32)
    )
    train = real_features.extractor.extract(threes.train.x)
    spread = train.vectors.std(axis=0).mean()
    off = np.abs(noise.vectors.mean(axis=0) - train.vectors.mean(axis=0)).mean()
    still = np.abs(reference.held_out.vectors.mean(axis=0) - train.vectors.mean(axis=0)).mean()
    assert off > 3 * still
    assert spread > 0


def test_other_data_of_the_same_name_has_other_eyes(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)
    data = coloured()
    other = replace(data, train=Split(data.train.x[::-1].copy(), data.train.y), content_hash="1")
    assert quietly(data)[0].extractor.name != quietly(other)[0].extractor.name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "accuracy"), [("mnist", 0.98), ("fashion_mnist", 0.91)])
def test_it_knows_the_images_of(name: str, accuracy: float, kept: Path, shared_data: Path) -> None:
    data = load_dataset(name, data_dir=shared_data)
    assert (quietly(data)[0].reference(data).held_out.predicted == data.val.y).mean() >= accuracy
