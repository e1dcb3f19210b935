"""One row of the registry: a model's class, its config and how the two become a model in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from trainables.base import ConfigError, Trainable
from trainables.config import configure, defaults
from trainables.cross_validation import CrossValidation

if TYPE_CHECKING:
    from trainables.data import Dataset

CV_FOLDS = "cv_folds"


class ModelError(ValueError):
    """No such model, or a class that does not keep the contract; one line that says which and what it lacks."""


@dataclass(frozen=True)
class Entry:
    """A model: `cls(config, data, seed=..., device=..., **options)`.

    `config` is the dataclass of its parameters, or None for a user's class that takes the plain mapping; `space` is a
    user's `SPACE`, plain data in W&B's vocabulary (a model of ours has its space in `search_spaces`).

    Any classifier takes `cv_folds` beside its own parameters: a number of folds for cross-validation, null for none.
    """

    cls: type
    config: type | None = None
    space: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["classifier", "generative"]:
        """What it can be asked: "generative" if it samples, else "classifier"."""
        return "generative" if hasattr(self.cls, "sample") else "classifier"

    @property
    def cross_validates(self) -> bool:
        """Whether `cv_folds` is ours to take: of a classifier that has no parameter of that name."""
        return hasattr(self.cls, "predict_proba") and CV_FOLDS not in getattr(self.config, "__dataclass_fields__", ())

    def defaults(self) -> dict[str, Any]:
        """The parameters' values when nothing is said."""
        own = defaults(self.config) if self.config else {}
        return {**own, CV_FOLDS: None} if self.cross_validates and (self.config or self.space) else own

    def configure(self, config: Mapping[str, Any]) -> Any:
        """The config object for these values; ConfigError for an unknown name, a wrong type, a bad combination."""
        own, _ = self._divided(config)
        return configure(self.config, own) if self.config else own

    def build(self, config: Mapping[str, Any], data: Dataset, *, seed: int, device: str = "cpu") -> Trainable:
        """The model, untrained; ConfigError if it cannot take the config or cannot take it on this data."""
        own, folds = self._divided(config)

        def plain(data: Dataset, seed: int) -> Trainable:
            model: Trainable = self.cls(self.configure(own), data, seed=seed, device=device, **self.options)
            return model

        return plain(data, seed) if folds is None else CrossValidation(plain, data, folds, seed=seed)

    def _divided(self, config: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
        """What the model takes, and the number of folds."""
        if not self.cross_validates:
            return dict(config), None
        folds = config.get(CV_FOLDS)
        if folds is not None and (type(folds) is not int or folds < 2):
            raise ConfigError(f"{CV_FOLDS}: {folds!r} is not a whole number, 2 or more, or null")
        return {name: value for name, value in config.items() if name != CV_FOLDS}, folds
