"""Saves and loads a finished model as a folder of plain files: weights, config, and facts about its data.

No file is a pickle. A model that scikit-learn fits is its own class in skops, which loads types it knows and those that
the model's class lists as `trusted`; the state of any other is one safetensors file. A loaded model is for asking:
the images it is built on are zeros in place of those it was trained on.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from basics.files import replace_file
from trainables.arrays import Images, Labels
from trainables.classifiers.estimator_file import UnsafeTypesError, from_skops, to_skops
from trainables.data import Dataset
from trainables.entry import CV_FOLDS, Entry, ModelError
from trainables.models import find_model
from trainables.saving.net_size import at_most
from trainables.saving.saved_model import (
    ESTIMATOR_FILE,
    FACTS_FILE,
    STATE_FILE,
    SavedModel,
    SavedModelError,
    read_bytes,
    read_facts,
    stand_in,
)
from trainables.saving.state_file import TreeError, from_bytes, to_bytes

LIBRARIES = ("gdsweeps", "numpy", "torch", "scikit-learn", "zuko", "safetensors", "skops")
QUESTIONS = 4  # images that a model just saved is asked about


def save_model(
    folder: Path,
    model: Any,
    name: str,
    config: Mapping[str, Any],
    data: Dataset,
    *,
    seed: int,
    device: str = "cpu",
    search_path: Sequence[Path] = (),
) -> SavedModel:
    """Write `model`, built as `name` with these arguments, to `folder`; SavedModelError if it comes back different.

    Kept are its answers, not its training images: a model of your own whose answers need them cannot be saved. The
    file that makes the folder a model is written last.
    """
    entry = find_model(name, search_path)
    if config.get(CV_FOLDS) is not None and CV_FOLDS in entry.shared:
        raise SavedModelError(f"{CV_FOLDS}: cross-validation measures a config and is no model; save one without it")
    data = entry.data(config, data)
    file, content = _content(model, name)
    saved = SavedModel(
        model=name,
        config=_whole(entry, entry.fitted_to(data, config)),
        seed=seed,
        dataset=data.name,
        image_shape=data.image_shape,
        classes=data.classes,
        train=_counts(data.train.y, data),
        val=_counts(data.val.y, data),
        split_seed=data.split_seed,
        content_hash=data.content_hash,
        versions=_versions(),
        file=file,
        sha256=hashlib.sha256(content).hexdigest(),
        trusted=getattr(type(model), "trusted", ()),
    )
    _check_answers(model, _built(saved, entry, content, device), data)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / file, content)
    replace_file(folder / FACTS_FILE, (json.dumps(asdict(saved), indent=2) + "\n").encode())
    return saved


def load_model(folder: str | Path, *, device: str = "cpu", search_path: Sequence[Path] = ()) -> Any:
    """The model in `folder`, for predict or sample; SavedModelError if it is damaged, foreign or changed.

    A model of your own is imported by its name from `search_path` or Python's path, never from the folder: ModelError
    if it is not there.
    """
    saved = read_facts(folder)
    path = Path(folder) / saved.file
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != saved.sha256:
        raise SavedModelError(f"{path}: not the file that {FACTS_FILE} was written with (its sha256 differs)")
    try:
        return _built(saved, find_model(saved.model, search_path), content, device)
    except ModelError as error:
        raise ModelError(f"{path.with_name(FACTS_FILE)}: {error}") from None
    except SavedModelError as error:
        raise SavedModelError(f"{path}: {error}") from None


def _content(model: Any, name: str) -> tuple[str, bytes]:
    if hasattr(model, "plain"):
        try:
            return ESTIMATOR_FILE, to_skops(model.plain(), getattr(type(model), "trusted", ()))
        except UnsafeTypesError as error:
            raise SavedModelError(f"{name} cannot be saved: {error}") from None
    try:
        return STATE_FILE, to_bytes(model.state())
    except TreeError as error:
        raise SavedModelError(f"{name} cannot be saved: {error}") from None


def _built(saved: SavedModel, entry: Entry, content: bytes, device: str) -> Any:
    """The model those bytes make; whatever the bytes or the config make it raise becomes one line."""
    try:
        state = None if saved.file == ESTIMATOR_FILE else from_bytes(content)
        # A number is four bytes of the file as a rule; what is left is for layers that register a weight twice. No net
        # becomes an estimator's file.
        with at_most(len(content)) if state is not None else nullcontext():
            model: Any = entry.build(_for_asking(saved, entry), stand_in(saved), seed=saved.seed, device=device)
        if saved.file == ESTIMATOR_FILE:
            features = math.prod(saved.image_shape)
            model.load_plain(from_skops(content, getattr(entry.cls, "trusted", ()), features))
        else:
            model.load_state(state)
        _ask(model, saved)
    except Exception as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SavedModelError(f"does not fit {saved.model} and its config: {line}") from error
    return model


def _for_asking(saved: SavedModel, entry: Entry) -> dict[str, Any]:
    """The config without what matters to training alone: how many of the images, and which library fits."""
    kept = {name: value for name, value in saved.config.items() if name not in entry.shared}
    return kept | ({"backend": "sklearn"} if hasattr(entry.cls, "plain") and "backend" in kept else {})


def _whole(entry: Entry, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with every default, but without what any model could have and this one has not."""
    values = {**entry.defaults(), **config}
    return {name: value for name, value in values.items() if value is not None or name not in entry.shared}


def _ask(model: Any, saved: SavedModel) -> None:
    """A first question: numbers that do not belong together show here, in one line, and not in the middle of use."""
    x = np.zeros((1, *saved.image_shape), np.float32)
    for name, answer in _answers(model, x).items():
        shape = {"predict_proba": (1, len(saved.classes)), "predict": (1,), "sample": x.shape}[name]
        if answer.shape != shape or not np.isfinite(answer).all():
            raise ValueError(f"{name} answers {answer.shape} where finite numbers of shape {shape} belong")


def _answers(model: Any, x: Images) -> dict[str, Any]:
    """What the model says to images, and as many samples, by method; no costly question if there is another."""
    asked: dict[str, Any] = {}
    if getattr(model, "costly_probabilities", False):
        asked["predict"] = model.predict(x)
    elif hasattr(model, "predict_proba"):
        asked["predict_proba"] = model.predict_proba(x)
    elif hasattr(model, "predict") and hasattr(model, "plain"):
        asked["predict"] = model.predict(x)
    if hasattr(model, "sample") and not (asked and getattr(model, "costly_samples", False)):
        asked["sample"] = model.sample(len(x), seed=0)
    return asked


def _check_answers(model: Any, loaded: Any, data: Dataset) -> None:
    x = data.train.x[:QUESTIONS]
    before, after = _answers(model, x), _answers(loaded, x)
    for name, answer in before.items():
        if not np.array_equal(answer, after[name]):
            raise SavedModelError(
                f"{name} of the model as loaded differs: its answers need more than its state() holds"
            )


def _counts(labels: Labels, data: Dataset) -> tuple[int, ...]:
    return tuple(np.bincount(labels, minlength=data.n_classes).tolist())


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
