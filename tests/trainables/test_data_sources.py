"""Named data sets on disk and on the network, and what is asked of them: downloads, damage, unknown names, sizes."""

import gzip
import hashlib
import http.server
import pickle
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from trainables.data import DATASETS, DataError, load_dataset, load_test

NOBODY = "http://127.0.0.1:9/"  # the discard port: nothing answers there
CIFAR_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
LABELS = np.arange(50, dtype=np.uint8) % 10


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()


def idx_files() -> dict[str, bytes]:
    """The four files of a tiny MNIST."""
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    return {
        f"{part}-{kind}": idx(array)
        for part in ("train", "t10k")
        for kind, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", LABELS))
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def refused(name: str, message: str, **options: Any) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(name, **options)
    assert "\n" not in str(caught.value)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for source in ("MNIST", "FashionMNIST"):
        monkeypatch.setattr(f"torchvision.datasets.{source}.mirrors", [NOBODY])
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", NOBODY + "cifar-10-python.tar.gz")


@pytest.fixture
def mnist(tmp_path: Path, no_network: None) -> Path:
    write(tmp_path / "MNIST" / "raw", idx_files())
    return tmp_path


@pytest.fixture
def cifar(tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five training batches, a test batch and the names in CIFAR-10's own format, and torchvision told their md5s."""
    from torchvision import datasets  # takes seconds, which whoever only collects tests need not wait

    rng = np.random.default_rng(0)
    names = [name for name, _ in datasets.CIFAR10.train_list + datasets.CIFAR10.test_list]
    batches = {
        name: pickle.dumps({"data": rng.integers(0, 256, (50, 3072), dtype=np.uint8), "labels": LABELS.tolist()})
        for name in names
    }
    files = batches | {"batches.meta": pickle.dumps({"label_names": CIFAR_CLASSES})}
    write(tmp_path / "cifar-10-batches-py", files)
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [[name, sums[name]] for name in names[:-1]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [[names[-1], sums[names[-1]]]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {**datasets.CIFAR10.meta, "md5": sums["batches.meta"]})
    return tmp_path


def test_cifar10_in_its_own_format(cifar: Path) -> None:
    data, test = load_dataset("cifar10", data_dir=cifar), load_test("cifar10", data_dir=cifar)
    assert data.classes == tuple(CIFAR_CLASSES)
    assert (len(data.train), len(data.val), data.image_shape) == (225, 25, (3, 32, 32))
    stored = pickle.loads((cifar / "cifar-10-batches-py" / "test_batch").read_bytes())
    assert_array_equal(np.rint((test.x + 1) * 127.5), stored["data"].reshape(-1, 3, 32, 32))
    assert_array_equal(test.y, stored["labels"])


def test_damaged_cifar10_is_named_and_not_replaced(cifar: Path) -> None:
    batch = cifar / "cifar-10-batches-py" / "data_batch_3"
    batch.write_bytes(batch.read_bytes()[:-1])
    refused("cifar10", r"cifar-10-batches-py/data_batch_3: damaged, its md5 is not \w{32}; delete it", data_dir=cifar)
    batch.unlink()
    refused("cifar10", "cifar-10-batches-py: data_batch_3 not there, and the download failed", data_dir=cifar)


def test_files_that_are_there_need_no_network(mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPS_DATA", str(mnist))
    assert (len(load_dataset("mnist").train), len(load_test("mnist"))) == (45, 50)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_no_network(name: str, tmp_path: Path, no_network: None) -> None:
    where = (
        rf"{re.escape(str(tmp_path))}/.*: .* not there, and the download failed \(.*refused.*\); connect to the network"
    )
    refused(name, where + ".*--data-dir or SWEEPS_DATA", data_dir=tmp_path)


def test_cache_folder_is_the_last_resort(tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SWEEPS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    refused("mnist", re.escape(str(tmp_path / "gdsweeps" / "MNIST" / "raw")))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A web server that has the packed files of a tiny MNIST, and torchvision told of it and of their md5s."""
    files = {f"{name}.gz": gzip.compress(content) for name, content in idx_files().items()}
    folder = write(tmp_path / "mirror", files)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        monkeypatch.setattr(
            "torchvision.datasets.MNIST.resources",
            [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()],
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder
        server.shutdown()


def test_first_use_downloads_and_the_second_does_not(mirror: Path, tmp_path: Path) -> None:
    first = load_dataset("mnist", data_dir=tmp_path / "data")
    for file in mirror.iterdir():
        file.unlink()
    assert load_dataset("mnist", data_dir=tmp_path / "data").content_hash == first.content_hash


def test_broken_download_leaves_a_clear_line(mirror: Path, tmp_path: Path) -> None:
    (mirror / "train-images-idx3-ubyte.gz").write_bytes(b"not what it was")
    refused("mnist", r"train-images-idx3-ubyte.* not there, and the download failed \(.*corrupted", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train-images-idx3-ubyte", lambda b: b[:-1], "39,215 bytes where its header promises 39,216; delete it"),
        ("t10k-images-idx3-ubyte", lambda b: b[:9], r"no idx header of 3-d bytes \(9 bytes\)"),
        ("train-labels-idx1-ubyte", lambda b: b"", r"no idx header of 1-d bytes \(0 bytes\)"),
        ("train-labels-idx1-ubyte", lambda b: b"<html>moved</html>", "no idx header of 1-d bytes"),
        ("train-images-idx3-ubyte", lambda b: idx(LABELS), "no idx header of 3-d bytes"),
        ("train-labels-idx1-ubyte", lambda b: idx(LABELS[:-1]), ": 50 images but 49 labels"),
        ("train-labels-idx1-ubyte", lambda b: idx(LABELS + 1), "damaged, a label is 10; valid: 0 to 9"),
    ],
    ids=["cut", "cut header", "empty", "web page", "labels for images", "too few", "no such label"],
)
def test_damaged_idx_file(mnist: Path, file: str, content: Any, message: str) -> None:
    path = mnist / "MNIST" / "raw" / file
    path.write_bytes(content(path.read_bytes()))
    refused("mnist", f"MNIST/raw.*{message}", data_dir=mnist)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fashion-mnist", "unknown dataset 'fashion-mnist'; valid: digits, .* path .*; did you mean fashion_mnist"),
        ("imagenet", "unknown dataset 'imagenet'; valid: digits, mnist, fashion_mnist, cifar10, ring, .*, or the path"),
        ("my/pets.npz", "my/pets.npz: no such file or folder; looked for .*/my/pets.npz and .*/data/my/pets.npz"),
        (__file__, r"test_data_sources\.py: not a data set; valid: an \.npz file, or a folder"),
    ],
)
def test_unknown_data_set(name: str, message: str, tmp_path: Path) -> None:
    refused(name, message, data_dir=tmp_path / "data")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_size": 1150}, "digits: train_size 1150; valid: a whole number from 1 to the 1,149 training images"),
        ({"train_size": 0}, "train_size 0; valid"),
        ({"train_size": 2.5}, "train_size 2.5; valid"),
        ({"train_size": True}, "train_size True; valid"),
        ({"train_size": 9}, r"train_size 9 leaves no image of class '\d'"),
        ({"classes": (10,)}, "unknown class 10; valid: 0 to 9"),
        ({"classes": ("ten",)}, "unknown class 'ten'; valid: 0 to 9, or a name: 0, 1, 2"),
        ({"classes": (3, "3")}, "name none or one of them twice"),
        ({"classes": ()}, "name none or one of them twice"),
        ({"split_seed": -1}, "split seed -1; valid: 0 to 4294967295"),
    ],
)
def test_what_digits_cannot_give(options: dict[str, Any], message: str) -> None:
    refused("digits", message, **options)


def test_nearest_class_is_named(shared_data: Path) -> None:
    refused("fashion_mnist", "did you mean Trouser", data_dir=shared_data, classes=("trousers",))


def test_listing_needs_no_data() -> None:
    sizes = {name: source.train + source.val + source.test for name, source in DATASETS.items()}
    assert sizes == {
        "digits": 1_797,
        "mnist": 70_000,
        "fashion_mnist": 70_000,
        "cifar10": 60_000,
        "ring": 120_000,
        "grid": 120_000,
        "stacked_mnist": 27_000,
    }
