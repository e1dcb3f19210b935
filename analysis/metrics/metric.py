"""The type of a metric: a row of METRICS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Goal = Literal["maximize", "minimize"]
Kind = Literal["classifier", "generative", "judged", "path", "history", "modes", "training"]


@dataclass(frozen=True)
class Metric:
    """One row: `function` or None, `goal` or None, what the number says in words, whether it is a `share`, in [0, 1].

    `shapes` are of what the function takes, where the kind does not say it; `source` is who proposed the number.
    """

    function: Callable[..., float] | None
    goal: Goal | None
    kind: Kind
    description: str
    share: bool = False
    classes_suffice: bool = False  # probabilities that are all 0 and 1 give the same number
    shapes: str = ""
    source: str = ""
