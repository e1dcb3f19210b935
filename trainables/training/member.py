"""What a model says of its updates, so that several models of one shape can be trained as one array (trainables.fused).

A model that can be fused has a method `member()`. What it gives refers to the model's own nets, optimizers and
generators; losses are pure functions of nets, drawn numbers and values, and so is an update of many members at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainables.training.batches import Batches

Nets = Mapping[str, Any]  # nets by name; not Module, as losses may call methods of theirs
Drawn = dict[str, Tensor]
Values = Mapping[str, Any]  # numbers; where members are trained at once, tensors of one number each
Losses = dict[str, Tensor]

IMAGES, LABELS = "images", "labels"  # names of a minibatch among what is drawn


def _always(update: int) -> bool:
    return True


def _nothing(update: int) -> Drawn:
    return {}


def _no_values(update: int) -> Values:
    return {}


@dataclass(frozen=True)
class Descent:
    """One descent of one net on one loss, of which an update makes `repeats`.

    `losses(nets, drawn, values, costly)`: scalars by name; the first, over `divisor`, is what the optimizer minimises.
    `draw(update)`: what the model's generators give for it, each tensor with the batch first; where `batched`, a
    minibatch is added to it. `values(update)`: the numbers that members may differ in; `lr(update)`: the learning rate.
    `costly(update)`: whether the losses have a term that most updates do without. `norm`: the name of the gradient's
    norm in a row; `bound`: of each weight, after a step.
    """

    net: str
    losses: Callable[[Nets, Drawn, Values, bool], Losses]
    optimizer: torch.optim.Optimizer
    lr: Callable[[int], float]
    norm: str
    draw: Callable[[int], Drawn] = _nothing
    values: Callable[[int], Values] = _no_values
    costly: Callable[[int], bool] = _always
    batched: bool = True
    repeats: int = 1
    divisor: float = 1.0
    max_norm: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class WeightAverage:
    """The average of a net's weights that `decay(update)` is the decay of; `net` is None where there is none."""

    source: str
    net: nn.Module | None
    decay: Callable[[int], float]


@dataclass(frozen=True)
class Member:
    """A model in training, taken apart; `done` of `updates` are made, and a step makes `updates_per_step`.

    `advance(updates)` tells the model that its nets, optimizers and generators are so many updates further. Members of
    equal `constants` are of one family; `generator` is the one that descents draw from.
    """

    constants: Hashable
    nets: Mapping[str, nn.Module]
    descents: tuple[Descent, ...]
    average: WeightAverage
    batches: Batches
    generator: torch.Generator
    done: int
    updates: int
    updates_per_step: int
    advance: Callable[[int], None]

    @property
    def left(self) -> int:
        """How many updates its next step makes."""
        return max(1, min(self.updates_per_step, self.updates - self.done))
