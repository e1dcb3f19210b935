"""k-fold cross-validation of any classifier, on the training images alone: a fold a step."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Images, Labels
from trainables.base import Classifier, ConfigError, DivergedError, State
from trainables.data import Dataset, Split
from trainables.data.splits import folds
from trainables.training.seeds import derive

Build = Callable[[Dataset, int], Any]  # (data, seed) -> a classifier, untrained


class CrossValidation(Classifier):
    """k-fold cross-validation: a step trains a fresh model on all folds but one, to its end, and tests it on that one.

    The folds depend on the data alone, so that every config of a sweep is tested on the same ones. Between two steps
    it answers as the model of the newest fold.
    """

    def __init__(self, build: Build, data: Dataset, k: int, *, seed: int) -> None:
        """ConfigError if a class has fewer than `k` training images, or for what `build` refuses."""
        self._build, self._data, self._k, self._seed = build, data, k, seed
        _check(data, k)
        self._folds = folds(data.train.y, k, data.split_seed)
        self._row: dict[str, float] = {}
        self._accuracies: list[float] = []
        self._model = self._start(0)

    @property
    def finished(self) -> bool:
        return len(self._accuracies) == self._k

    def step(self) -> Mapping[str, float]:
        """`cv/fold_accuracy` of this fold; `cv/accuracy`, the mean of the folds so far, with `cv/accuracy_std`, their
        standard deviation, from the second on; and what the model of this fold reported last."""
        if not self.finished:
            fold = len(self._accuracies)
            if fold:  # the first was there to refuse a bad config at once
                self._model = self._start(fold)
            last = _trained(self._model, fold)
            held_out = self._folds == fold
            right = predicted(self._model, self._data.train.x[held_out]) == self._data.train.y[held_out]
            self._accuracies.append(float(right.mean()))
            self._row = {**last, **self._summary()}
        return dict(self._row)

    @property
    def predict_proba(self) -> Callable[[Images], NDArray[np.float64]]:
        found: Callable[[Images], NDArray[np.float64]] = self._model.predict_proba
        return found

    def predict(self, x: Images) -> Labels:
        return predicted(self._model, x)

    @property
    def costly_probabilities(self) -> bool:  # type: ignore[override]
        return getattr(self._model, "costly_probabilities", False)

    @property
    def backend(self) -> str:
        """The library that fits the folds."""
        return str(getattr(self._model, "backend", ""))

    def weight_maps(self) -> Images | None:
        return self._model.weight_maps() if hasattr(self._model, "weight_maps") else None

    def state(self) -> State:
        model = self._model.state() if self._accuracies else None
        return {"accuracies": list(self._accuracies), "row": dict(self._row), "model": model}

    def load_state(self, state: State) -> None:
        self._accuracies, self._row = list(state["accuracies"]), dict(state["row"])
        self._model = self._start(max(0, len(self._accuracies) - 1))
        if self._accuracies:
            self._model.load_state(state["model"])

    def _start(self, fold: int) -> Any:
        return self._build(self._without(fold), derive(self._seed, "fold", fold))

    def _without(self, fold: int) -> Dataset:
        """The data with the fold as its validation part."""
        data, held_out = self._data, self._folds == fold
        train, val = (Split(data.train.x[rows], data.train.y[rows]) for rows in (~held_out, held_out))
        for array in (train.x, train.y, val.x, val.y):
            array.flags.writeable = False
        content_hash = f"{data.content_hash}-fold{fold}of{self._k}"
        return Dataset(data.name, train, val, data.classes, content_hash, data.split_seed)

    def _summary(self) -> dict[str, float]:
        row = {"cv/fold_accuracy": self._accuracies[-1], "cv/accuracy": statistics.fmean(self._accuracies)}
        if len(self._accuracies) > 1:
            row["cv/accuracy_std"] = statistics.stdev(self._accuracies)
        return row


def predicted(model: Any, x: Images) -> Labels:
    """Classes of the images, shape (n,), asked in the way that costs the model least."""
    labels: Labels = model.predict(x) if hasattr(model, "predict") else model.predict_proba(x).argmax(axis=1)
    return labels


def _trained(model: Any, fold: int) -> Mapping[str, float]:
    """Train to the end; what the model reported last."""
    row: Mapping[str, float] = {}
    try:
        while not model.finished:
            row = model.step()
    except DivergedError as error:
        raise DivergedError(f"{error} of fold {fold + 1}") from error
    return row


def _check(data: Dataset, k: int) -> None:
    counts = np.bincount(data.train.y, minlength=data.n_classes)
    if counts.min() < k:
        name = data.classes[int(counts.argmin())]
        raise ConfigError(f"cv_folds: {k} is over the {counts.min()} training images of class {name!r}")
