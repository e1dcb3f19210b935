"""Feature extractors for judging samples: a small CNN per data set, trained once on real images and cached on disk.

Its last hidden layer gives the features of an image, its output the class it takes the image for. Trained again it is
the same net bit for bit: seed, config and number of threads are fixed. Where there is one class there is nothing to
learn, and the net keeps its random weights: their features tell sets of images apart too, if less sharply (Naeem et al.
2020 advise random nets where no trained one fits).
"""

from __future__ import annotations

import hashlib
import json
import pickle
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.judge.extracted_features import ExtractedFeatures, Reference, TrainingImages
from basics.files import one_at_a_time
from basics.terminal import say as say_to_terminal
from sweeps.errors import SamplesError
from sweeps.evaluation.array_cache import Arrays, Say, cached, with_progress
from sweeps.evaluation.extractor import Extractor
from sweeps.evaluation.stacked_extractor import ChannelExtractor
from trainables.arrays import Images, Labels
from trainables.classifiers.image_nets import Cnn, CnnConfig
from trainables.data import STACKED, Dataset, cache_folder, unstacked

VERSION = 1  # of everything here that changes the features
FEATURES = 64
PASSES, BATCH = 16, 128
FEWEST_UPDATES, MOST_UPDATES = 300, 2500
FEW = 5000  # training images under which one thread does
THREADS = 2  # of a training; fixed, because sums depend on how they are shared out
AT_ONCE = 500  # images
STEPS = 20  # of a training


@dataclass(frozen=True)
class RealFeatures:
    """An extractor and its features of the held-out images (not the images: whoever has the data has them already)."""

    extractor: Extractor
    real: Arrays

    def reference(self, data: Dataset) -> Reference:
        """The reference that samples of a model trained on `data` are compared with."""
        train, held_out = (
            TrainingImages(data.train.x, data.train.y),
            ExtractedFeatures(data.val.x, **self.real, labels=data.val.y),
        )
        return Reference(train, held_out, data.classes, self.extractor.name)

    def on(self, data: Dataset) -> RealFeatures:
        """The same extractor, applied to the held-out images of another data set of the same kind."""
        return RealFeatures(self.extractor, _real(self.extractor, data))


def real_features_of(data: Dataset, whole: Dataset | None = None, say: Say = say_to_terminal) -> RealFeatures:
    """The extractor of a data set and its features of the held-out images; computed on first use, then read from disk.

    Points are their own features, and their class is the nearest mode: nothing is trained. Stacked digits go through
    the extractor of single digits channel by channel. `whole`: the same data with all its training images, if `data`
    has only a part of them: the net is trained on all.
    """
    if data.name == STACKED:
        return _by_channel(data, real_features_of(unstacked(data), unstacked(whole or data), say))
    whole, folder = whole or data, judge_folder()
    if data.modes is not None:
        return RealFeatures(PointExtractor(data.modes.centres), _real(PointExtractor(data.modes.centres), data))
    config = _config(len(whole.train))
    with one_at_a_time(folder / ".lock", if_possible=True):
        key = digest(VERSION, whole.content_hash, asdict(config))
        weights = cached(folder / f"cnn-{key}.npz", lambda: _trained(whole, config, say), say)
        name = f"cnn{VERSION}-{whole.name}-{digest(*(array.tobytes().hex() for array in weights.values()))[:6]}"
        extractor = CnnExtractor(name, config.net(whole.image_shape, whole.n_classes), weights)
        real = cached(folder / f"held-out-{digest(key, data.content_hash)}.npz", lambda: _real(extractor, data), say)
    return RealFeatures(extractor, real)


def judge_folder() -> Path:
    """The cache folder of extractors' weights and of features of real images."""
    return cache_folder() / "judge"


def _by_channel(data: Dataset, digits: RealFeatures) -> RealFeatures:
    """The extractor of stacked digits and its features, made from those of the channels as single images."""
    extractor = ChannelExtractor(digits.extractor, data.classes)
    vectors, probabilities = extractor.joined(**digits.real)
    return RealFeatures(extractor, {"vectors": vectors, "probabilities": probabilities})


@dataclass(frozen=True)
class PointExtractor:
    """The extractor of points (n, 2): the features are the coordinates, the class is the nearest of `centres`, (k,
    2)."""

    centres: NDArray[np.float64]
    name: str = "points"

    def extract(self, points: Images, labels: Labels | None = None) -> ExtractedFeatures:
        nearest = np.square(points[:, None] - self.centres).sum(axis=2).argmin(axis=1)
        taken = np.eye(len(self.centres), dtype=np.float32)[nearest]
        return ExtractedFeatures(points, points, taken, labels)


class CnnExtractor:
    """The extractor of images: a CNN with given weights; the features are its last hidden layer."""

    def __init__(self, name: str, net: nn.Module, weights: Arrays) -> None:
        self.name, self._net = name, cast(nn.Sequential, net)
        self._net.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
        self._net.requires_grad_(False).eval()

    def extract(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures:
        """Images (n, c, h, w), n > 0, with their features (n, FEATURES) and probabilities (n, classes)."""
        parts = [
            self._features_and_probabilities(torch.tensor(images[at : at + AT_ONCE]))
            for at in range(0, len(images), AT_ONCE)
        ]
        vectors, probabilities = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        return ExtractedFeatures(images, vectors, probabilities, labels)

    def _features_and_probabilities(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self._net[:-1](images)
        return features, self._net[-1](features).softmax(dim=1)


def _config(images: int) -> CnnConfig:
    """How the CNN is trained: `PASSES` epochs within a minimum and maximum of updates, in `STEPS` steps."""
    updates = min(max(FEWEST_UPDATES, PASSES * images // BATCH), MOST_UPDATES) // STEPS * STEPS
    return CnnConfig(hidden=FEATURES, batch_size=BATCH, updates=updates, updates_per_step=updates // STEPS)


def _trained(data: Dataset, config: CnnConfig, say: Say) -> Arrays:
    with _threads(data):
        model = Cnn(config, data, seed=0)
        if data.n_classes > 1:
            _train(model, data, say)
        return {name: tensor.numpy() for name, tensor in model.state()["net"].items()}


def _train(model: Cnn, data: Dataset, say: Say) -> None:
    began, what = time.monotonic(), f"training the judge of {data.name}, once"
    say(what)
    for _ in with_progress(range(STEPS), what, say):
        model.step()
    right = float((model.predict(data.val.x) == data.val.y).mean())
    took = time.monotonic() - began
    say(f"the judge of {data.name} took {took:.0f} s and tells {right:.1%} of the held-out images right")


def _real(extractor: Extractor, data: Dataset) -> Arrays:
    with _threads(data):
        extracted = extractor.extract(data.val.x)
    return {"vectors": extracted.vectors, "probabilities": extracted.probabilities}


@contextmanager
def _threads(data: Dataset) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS if len(data.train) >= FEW else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def read_tensors(path: Path) -> Mapping[str, NDArray[Any]] | NDArray[Any]:
    """The tensor in a .pt file, or a dictionary of them, as arrays; nothing else in it is unpickled."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        return _arrays(found) if isinstance(found, Mapping) else found.numpy(force=True)
    except (OSError, RuntimeError, ValueError, EOFError, AttributeError, TypeError, pickle.UnpicklingError):
        raise SamplesError(
            f"{path}: holds no plain tensor, or is cut off; valid: what torch.save(samples, path) writes of a tensor"
        ) from None


def _arrays(tensors: Mapping[str, Tensor]) -> Mapping[str, NDArray[Any]]:
    return {str(name): tensor.numpy(force=True) for name, tensor in tensors.items()}
