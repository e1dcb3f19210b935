"""One row of the registry: a model's class, its config and how the two become a model in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from trainables.base import Classifier, Trainable
from trainables.config import configure, defaults

if TYPE_CHECKING:
    from trainables.data import Dataset


class ModelError(ValueError):
    """No such model, or a class that does not keep the contract; one line that says which and what it lacks."""


@dataclass(frozen=True)
class Entry:
    """A model: `cls(config, data, seed=..., device=..., **options)`.

    `config` is the dataclass of its parameters, or None for a user's class that takes the plain mapping; `space` is a
    user's `SPACE`, plain data in W&B's vocabulary (a model of ours has its space in `search_spaces`).
    """

    cls: type
    config: type | None = None
    space: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["classifier", "generative"]:
        """What it is for: "generative" if it samples, else "classifier", which a class may also say of itself."""
        return "generative" if hasattr(self.cls, "sample") and not issubclass(self.cls, Classifier) else "classifier"

    def defaults(self) -> dict[str, Any]:
        """The parameters' values when nothing is said."""
        return defaults(self.config) if self.config else {}

    def configure(self, config: Mapping[str, Any]) -> Any:
        """The config object for these values; ConfigError for an unknown name, a wrong type, a bad combination."""
        return configure(self.config, config) if self.config else dict(config)

    def build(self, config: Mapping[str, Any], data: Dataset, *, seed: int, device: str = "cpu") -> Trainable:
        """The model, untrained; ConfigError if it cannot take the config or cannot take it on this data."""
        model: Trainable = self.cls(self.configure(config), data, seed=seed, device=device, **self.options)
        return model
