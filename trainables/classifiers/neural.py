"""Training of neural classifiers: minibatches, an optimizer, cross entropy; the config defines the net."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import get_total_norm

from trainables.arrays import Images
from trainables.base import Classifier, ConfigError, State
from trainables.classifiers.dropout import dropouts, sizes
from trainables.config import Names, above, at_least, constants
from trainables.nets import Shape, initialised
from trainables.training.batches import Batches
from trainables.training.means import means
from trainables.training.member import IMAGES, LABELS, Descent, Drawn, Losses, Member, Nets, Values, WeightAverage
from trainables.training.optimizers import restore_optimizer
from trainables.training.rng import capture, restore, snapshot, torch_generator

if TYPE_CHECKING:
    from trainables.data import Dataset

ASKED = 500  # images a time
WARM_UP = 0.05  # share of the updates over which the cosine schedule rises from 0
QUANTITIES = ("train/loss", "train/grad_norm")


@dataclass(frozen=True)
class NeuralConfig(ABC):
    """How a net is trained. Without effect: `momentum` unless the optimizer is sgd."""

    MUTABLE: ClassVar[Names] = ("lr", "momentum", "weight_decay", "dropout")
    FREE: ClassVar[Names] = ("lr_schedule", "updates")

    lr: float = 1e-3
    lr_schedule: Literal["cosine", "constant"] = "cosine"  # up from 0 in a twentieth of the updates, then down to 0
    optimizer: Literal["adamw", "sgd"] = "adamw"
    momentum: float = 0.9
    weight_decay: float = 1e-4
    dropout: float = 0.1
    batch_size: int = 128  # or all training images, if they are fewer
    updates: int = 4000  # in all
    updates_per_step: int = 400  # a reporting interval

    def __post_init__(self) -> None:
        above(self, 0, "lr")
        at_least(self, 0, "momentum", "weight_decay", "dropout")
        at_least(self, 1, "batch_size", "updates", "updates_per_step")
        for name in ("momentum", "dropout"):
            if not getattr(self, name) < 1:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must be under 1")

    @abstractmethod
    def net(self, shape: Shape, classes: int) -> nn.Module:
        """Images (n, c, h, w) of `shape` to logits (n, classes); ConfigError if there is no such net."""


class NeuralClassifier(Classifier):
    """A neural net in training; a step is `updates_per_step` minibatches and reports their means."""

    def __init__(self, config: NeuralConfig, data: Dataset, *, seed: int, device: str = "cpu") -> None:
        self.config, self._device = config, torch.device(device)
        self._generator = torch_generator(seed, "dropout", device=device)
        weights = torch_generator(seed, "weights")
        self._net = initialised(lambda: config.net(data.image_shape, data.n_classes), weights, self._device)
        for module in dropouts(self._net):
            module.generator = self._generator
        self._optimizer = _optimizer(config, self._net)
        self._shape, size = data.image_shape, min(config.batch_size, len(data.train))
        self._batches = Batches(data.train.x, data.train.y, size, seed=seed, device=self._device)
        self._updates = 0

    @property
    def finished(self) -> bool:
        return self._updates >= self.config.updates

    def step(self) -> dict[str, float]:
        """Means over the interval: the cross entropy, nats, and the norm of its gradient."""
        end = max(self._updates + 1, min(self._updates + self.config.updates_per_step, self.config.updates))
        row = means(
            QUANTITIES, torch.stack([self._update(update) for update in range(self._updates, end)]), self._updates
        )
        self._updates = end
        return row

    @torch.no_grad()
    def predict_proba(self, x: Images) -> NDArray[np.float64]:
        self._net.eval()
        parts = (torch.tensor(x[start : start + ASKED], device=self._device) for start in range(0, len(x), ASKED))
        logits = torch.cat([self._net(part).double().cpu() for part in parts])
        self._net.train()
        proba: NDArray[np.float64] = logits.softmax(dim=1).numpy()
        return proba

    def parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self._net.parameters())

    def state(self) -> State:
        return {
            "net": snapshot(self._net.state_dict()),
            "optimizer": snapshot(self._optimizer.state_dict()),
            "batches": self._batches.state(),
            "generator": capture(self._generator),
            "updates": self._updates,
        }

    def load_state(self, state: State) -> None:
        self._net.load_state_dict(state["net"])
        restore_optimizer(self._optimizer, state["optimizer"])
        self._batches.load_state(state["batches"])
        restore(self._generator, state["generator"])
        self._updates = state["updates"]

    def _member(self) -> Member:
        descent = Descent(
            "net",
            cross_entropy_of,
            self._optimizer,
            lr=self._lr,
            norm="train/grad_norm",
            draw=self._drawn,
            values=lambda _: {"dropout": self.config.dropout, "kept": 1 - self.config.dropout},
        )
        config = self.config
        return Member(
            constants=(type(self), constants(config), self._shape, self._batches.size),
            nets={"net": self._net},
            descents=(descent,),
            average=WeightAverage("net", None, float),
            batches=self._batches,
            generator=self._generator,
            done=self._updates,
            updates=config.updates,
            updates_per_step=config.updates_per_step,
            advance=self._advance,
        )

    def _advance(self, updates: int) -> None:
        self._updates += updates

    def _update(self, update: int) -> Tensor:
        """One minibatch; its loss and the norm of the gradient."""
        images, labels = self._batches.next()
        [loss] = cross_entropy_of({"net": self._net}, {IMAGES: images, LABELS: labels}, {}).values()
        self._optimizer.zero_grad()
        loss.backward()
        norm = get_total_norm([p.grad for p in self._net.parameters() if p.grad is not None])
        for group in self._optimizer.param_groups:
            group["lr"] = self._lr(update)
        self._optimizer.step()
        return torch.stack([loss.detach(), norm])

    def _lr(self, update: int) -> float:
        return self.config.lr * _share(self.config, update)

    @cached_property
    def _dropped(self) -> list[torch.Size]:
        return sizes(self._net, torch.zeros((self._batches.size, *self._shape), device=self._device))

    def _drawn(self, update: int) -> Drawn:
        """What the net's dropouts would draw in a pass, in their order; of one that drops nothing zeros."""
        if not self.config.dropout:
            return {f"dropout_{n}": torch.zeros(size, device=self._device) for n, size in enumerate(self._dropped)}
        return {
            f"dropout_{n}": torch.rand(size, generator=self._generator, device=self._device)
            for n, size in enumerate(self._dropped)
        }


class FusibleClassifier(NeuralClassifier):
    """A neural net that can be trained with others of its shape as one array."""

    def member(self) -> Member:
        """This model taken apart."""
        return self._member()


def cross_entropy_of(nets: Nets, drawn: Drawn, values: Values, costly: bool = True) -> Losses:
    """The loss of a minibatch; dropout by what is drawn, where `values` has its share."""
    if "dropout" in values:
        one_by_one = iter([numbers for name, numbers in drawn.items() if name.startswith("dropout")])
        for module in dropouts(nets["net"]):
            module.given = (one_by_one, values["dropout"], values["kept"])
    return {"train/loss": cross_entropy(nets["net"](drawn[IMAGES]), drawn[LABELS])}


def _optimizer(config: NeuralConfig, net: nn.Module) -> torch.optim.Optimizer:
    parameters = list(net.parameters())
    if config.optimizer == "sgd":
        return torch.optim.SGD(parameters, config.lr, config.momentum, weight_decay=config.weight_decay, fused=True)
    return torch.optim.AdamW(parameters, config.lr, weight_decay=config.weight_decay, fused=True)


def _share(config: NeuralConfig, update: int) -> float:
    """The share of the learning rate that an update, counted from 0, is made with."""
    if config.lr_schedule == "constant":
        return 1.0
    rise = WARM_UP * config.updates
    if update < rise:
        return (update + 1) / (rise + 1)
    return 0.5 * (1 + math.cos(math.pi * (update - rise) / (config.updates - rise)))
