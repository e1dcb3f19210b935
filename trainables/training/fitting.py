"""Trains a net on a single loss: minibatches, Adam, a decaying learning rate, averaged weights."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainables.base import ConfigError, Generative, State
from trainables.config import Names, above, at_least, between, constants
from trainables.training.batches import Batches
from trainables.training.means import means
from trainables.training.member import Descent, Drawn, Losses, Member, Values, WeightAverage
from trainables.training.optimizers import restore_optimizer
from trainables.training.rng import capture, restore, snapshot, torch_generator
from trainables.training.seeds import derive

if TYPE_CHECKING:
    from trainables.data import Dataset

MAX_GRAD_NORM = 1.0  # of the loss a pixel; far above what a healthy step has
MAX_EMA = 0.9999
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class FitConfig:
    """Training parameters of nets with a single loss; models' own configs add those of the net."""

    MUTABLE: ClassVar[Names] = ("lr",)
    FREE: ClassVar[Names] = ("lr_decay", "ema", "updates")

    lr: float = 1e-3  # Adam's learning rate
    lr_decay: Literal["cosine", "none"] = "cosine"  # down to 0 over the updates
    batch_size: int = 64
    ema: float = 0.0  # what is asked is the average of the weights with this decay; 0 for the weights as they are
    updates: int = 3000  # in all
    updates_per_step: int = 300  # a reporting interval

    def __post_init__(self) -> None:
        above(self, 0, "lr")
        between(self, 0, MAX_EMA, "ema")
        at_least(self, 1, "batch_size", "updates", "updates_per_step")


class NetModel(Generative, Generic[Net]):
    """A model that trains a net on a single loss; a step is `updates_per_step` updates and reports the means of the
    losses."""

    def __init__(self, config: FitConfig, data: Dataset, net: Callable[[], Net], *, seed: int, device: str) -> None:
        if config.batch_size > len(data.train.x):
            raise ConfigError(f"batch_size: {config.batch_size} is over the {len(data.train.x)} training images")
        self._fit, self._device, self._pixels = config, torch.device(device), math.prod(data.image_shape)
        self._net = seeded(net, derive(seed, "weights")).to(self._device)
        self._averaged = copy.deepcopy(self._net) if config.ema else self._net
        self._averaged.requires_grad_(not config.ema)
        self._optimizer = torch.optim.Adam(self._net.parameters(), config.lr, fused=True)
        self._batches = Batches(data.train.x, data.train.y, config.batch_size, seed=seed, device=self._device)
        self._generator = torch_generator(seed, "training", device=device)
        self._updates = 0

    @abstractmethod
    def _losses(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Scalars by name, the first of them what training minimises, nats an image."""

    @property
    def finished(self) -> bool:
        return self._updates >= self._fit.updates

    def step(self) -> dict[str, float]:
        """Means over the interval: what `_losses` names, and the norm of the gradient of the loss a pixel."""
        updates = min(self._fit.updates_per_step, self._fit.updates - self._updates)
        names, rows = self._update(self._updates)
        table = [rows, *(self._update(self._updates + done)[1] for done in range(1, updates))]
        row = means(names, torch.stack(table), self._updates)
        self._updates += updates
        return row

    def state(self) -> State:
        return {
            "net": snapshot(self._net.state_dict()),
            "averaged": snapshot(self._averaged.state_dict()) if self._fit.ema else {},
            "optimizer": snapshot(self._optimizer.state_dict()),
            "batches": self._batches.state(),
            "generator": capture(self._generator),
            "updates": self._updates,
        }

    def load_state(self, state: State) -> None:
        self._net.load_state_dict(state["net"])
        if self._fit.ema:
            self._averaged.load_state_dict(state["averaged"])
        restore_optimizer(self._optimizer, state["optimizer"])
        self._batches.load_state(state["batches"])
        restore(self._generator, state["generator"])
        self._updates = state["updates"]

    def _update(self, done: int) -> tuple[list[str], Tensor]:
        """One update, the `done`-th from 0; names of the losses and their values."""
        losses = self._losses(*self._batches.next())
        self._optimizer.zero_grad()
        (next(iter(losses.values())) / self._pixels).backward()
        norm = nn.utils.clip_grad_norm_(self._net.parameters(), MAX_GRAD_NORM)
        for group in self._optimizer.param_groups:
            group["lr"] = self._lr(done)
        self._optimizer.step()
        self._average(done)
        return [*losses, "train/grad_norm"], torch.stack([*(loss.detach() for loss in losses.values()), norm])

    def _lr(self, done: int) -> float:
        if self._fit.lr_decay == "none":
            return self._fit.lr
        return self._fit.lr * 0.5 * (1 + math.cos(math.pi * done / self._fit.updates))

    @torch.no_grad()
    def _average(self, done: int) -> None:
        if self._fit.ema:
            share = 1 - self._decay(done)
            torch._foreach_lerp_(list(self._averaged.parameters()), list(self._net.parameters()), share)

    def _decay(self, done: int) -> float:
        # The first weights are no better than noise: the average forgets them faster than it will later on.
        return min(self._fit.ema, (1 + done) / (10 + done))

    def _member(
        self, family: Hashable, losses: Callable[..., Losses], draw: Callable[[int], Drawn], values: Values
    ) -> Member:
        """This model taken apart, its loss as a pure function; `family` is what the losses depend on else."""
        descent = Descent(
            "net",
            losses,
            self._optimizer,
            lr=self._lr,
            norm="train/grad_norm",
            draw=draw,
            values=lambda _: values,
            divisor=self._pixels,
            max_norm=MAX_GRAD_NORM,
        )
        return Member(
            constants=(type(self), constants(self._fit), family),
            nets={"net": self._net},
            descents=(descent,),
            average=WeightAverage("net", self._averaged if self._fit.ema else None, self._decay),
            batches=self._batches,
            generator=self._generator,
            done=self._updates,
            updates=self._fit.updates,
            updates_per_step=self._fit.updates_per_step,
            advance=self._advance,
        )

    def _advance(self, updates: int) -> None:
        self._updates += updates

    def _parts(self, x: NDArray[Any], size: int) -> Iterator[Tensor]:
        """The images in batches of up to `size`, on the net's device."""
        for start in range(0, len(x), size):
            yield torch.tensor(x[start : start + size], device=self._device)


def seeded(build: Callable[[], Net], seed: int) -> Net:
    """The net `build` makes, its initial weights drawn from `seed` alone; the global generator is put back.

    For nets whose layers come from a library and are drawn by it: PyTorch's constructors know no other generator.
    """
    before = torch.default_generator.get_state()
    try:
        torch.default_generator.manual_seed(seed)
        return build()
    finally:
        torch.default_generator.set_state(before)
