"""The registry entry of a model: its class, its config, and how to build an instance from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from basics.errors import RequestError
from trainables.base import Classifier, ConfigError, Trainable
from trainables.classifiers.cross_validation import CrossValidation
from trainables.config import configure, defaults, mutable
from trainables.data import DataError, Dataset

TRAIN_SIZE, CV_FOLDS = "train_size", "cv_folds"
UPDATES = ("updates", "updates_per_step")  # how a config that counts minibatches says how many there are


class ModelError(RequestError):
    """No such model, or a class that does not keep the contract; one line that says which and what it lacks."""


@dataclass(frozen=True)
class Entry:
    """A model: `cls(config, data, seed=..., device=..., **options)`.

    `config` is the dataclass of its parameters, or None for a user's class that takes the plain mapping; `space` is a
    user's `SPACE`, plain data in W&B's vocabulary (a model of ours has its space in `search_spaces`).

    Beside its own parameters any model takes `train_size`, a number of training images, null for all; and any
    classifier `cv_folds`, a number of folds for cross-validation, null for none.

    `points` are the values that a config must have, and has if it says nothing, for the model to take points (n, 2) as
    well as images; None where the model is for images alone. `has_probabilities` is false of a classifier that tells
    classes and no more.
    """

    cls: type
    config: type | None = None
    space: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    what: str = ""  # in a few words, where the class's docstring does not say it
    points: Mapping[str, Any] | None = None
    has_probabilities: bool = True

    @property
    def kind(self) -> Literal["classifier", "generative"]:
        """What it is for: "generative" if it samples, else "classifier", which a class may also say of itself."""
        return "generative" if hasattr(self.cls, "sample") and not issubclass(self.cls, Classifier) else "classifier"

    @property
    def shared(self) -> tuple[str, ...]:
        """The parameters that are taken here for any model that has none of the same name."""
        names = (TRAIN_SIZE, CV_FOLDS) if self.kind == "classifier" else (TRAIN_SIZE,)
        return tuple(name for name in names if name not in getattr(self.config, "__dataclass_fields__", ()))

    def defaults(self) -> dict[str, Any]:
        """The parameters' values when nothing is said."""
        own = defaults(self.config) if self.config else {}
        return own | dict.fromkeys(self.shared) if self.config or self.space else own

    @property
    def mutable(self) -> frozenset[str]:
        """The parameters that may change in the middle of training: a saved state goes on with their new values."""
        return mutable(self.config or self.cls)

    def configure(self, config: Mapping[str, Any]) -> Any:
        """The config object for these values; ConfigError for an unknown name, a wrong type, a bad combination."""
        own = {name: value for name, value in config.items() if name not in self.shared}
        for name, fewest in ((TRAIN_SIZE, 1), (CV_FOLDS, 2)):
            value = self._of(config, name)
            if value is not None and (type(value) is not int or value < fewest):
                raise ConfigError(f"{name}: {value!r} is not a whole number, {fewest} or more, or null")
        return configure(self.config, own) if self.config else own

    def fitted_to(self, data: Dataset, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """`config` and what points ask of it, if `data` holds points; ConfigError if the model cannot take those."""
        if not data.holds_points:
            return config
        if self.points is None:
            valid = "a data set of images, or a model that takes points, such as gan, gmm or mlp"
            raise ConfigError(f"dataset: {data.name} holds points, and this model is for images; valid: {valid}")
        for name, value in self.points.items():
            if (said := config.get(name, value)) != value:
                raise ConfigError(f"{name}: {said} is for images, and {data.name} holds points; valid: {value}")
        return {**self.points, **config}

    def scaled(self, config: Mapping[str, Any], factor: float) -> dict[str, Any]:
        """The config for `factor` times as many training images: as many more updates, in all and in a step.

        The number of steps stays what it is, and so does what is not counted in updates: an epoch, an iteration.
        """
        total, step = (config.get(name, self.defaults().get(name)) for name in UPDATES)
        counted = {}
        if type(step) is int:
            counted[UPDATES[1]] = max(1, round(step * factor))
        if type(total) is int:
            each = counted[UPDATES[1]] / step if type(step) is int else factor
            counted[UPDATES[0]] = max(1, round(total * each))
        return {**config, **counted}

    def data(self, config: Mapping[str, Any], data: Dataset) -> Dataset:
        """What a model of this config is trained on: `data`, or a part of its training images."""
        size = self._of(config, TRAIN_SIZE)
        if size is None:
            return data
        try:
            return data.limited(size)
        except DataError as error:
            raise ConfigError(f"{TRAIN_SIZE}: {error}") from None

    def build(self, config: Mapping[str, Any], data: Dataset, *, seed: int, device: str = "cpu") -> Trainable:
        """The model, untrained; ConfigError if it cannot take the config or cannot take it on this data."""
        own, folds = self.configure(self.fitted_to(data, config)), self._of(config, CV_FOLDS)

        def plain(data: Dataset, seed: int) -> Trainable:
            model: Trainable = self.cls(own, data, seed=seed, device=device, **self.options)
            return model

        data = self.data(config, data)
        return plain(data, seed) if folds is None else CrossValidation(plain, data, folds, seed=seed)

    def _of(self, config: Mapping[str, Any], name: str) -> Any:
        return config.get(name) if name in self.shared else None
