"""Adam, AdamW and SGD over stacked nets, with a learning rate and the like for each of them.

The formulas and their order are those of torch's fused optimizers, which the models use alone; numbers that depend on
the config are computed in float64 and rounded once, as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

from trainables.fused.stack import flattened, unflattened

Rates = dict[str, NDArray[np.float64]]


class StackedAdam:
    """Adam (Kingma and Ba 2015), with AdamW's weight decay where the models have that."""

    MOMENTS = ("exp_avg", "exp_avg_sq")

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self._optimizers = [Parameters(optimizer) for optimizer in optimizers]
        self._decays = isinstance(optimizers[0], AdamW)
        self.epsilon = float(self._optimizers[0].group["eps"])
        self.moments = [torch.stack([each.moment(name) for each in self._optimizers]) for name in self.MOMENTS]

    def rates(self, lr: NDArray[np.float64], steps: NDArray[np.float64]) -> Rates:
        """What an update takes of each member, as `lr`, where `steps` counts its updates from 1."""
        groups = [each.group for each in self._optimizers]
        beta1, beta2 = np.array([group["betas"] for group in groups]).T
        steps = steps + [each.steps for each in self._optimizers]
        found = {
            "mean_share": np.broadcast_to(1 - beta1, lr.shape),
            "square_kept": np.broadcast_to(beta2, lr.shape),
            "square_share": np.broadcast_to(1 - beta2, lr.shape),
            "step": lr / (1 - beta1**steps),
            "correction": np.sqrt(1 - beta2**steps),
        }
        return found | ({"undecayed": 1 - lr * [g["weight_decay"] for g in groups]} if self._decays else {})

    def descend(self, flat: Tensor, moments: Sequence[Tensor], gradient: Tensor, rates: dict[str, Tensor]) -> None:
        """One step of all, in place: parameters, moments and gradient (n, numbers a net), rates (n, 1)."""
        mean, square = moments
        if self._decays:
            flat.mul_(rates["undecayed"])
        mean.lerp_(gradient, rates["mean_share"])
        square.mul_(rates["square_kept"]).addcmul_(gradient * rates["square_share"], gradient)
        root = square.sqrt().div_(rates["correction"]).add_(self.epsilon)
        flat.sub_((mean * rates["step"]).div_(root))

    def write(self, steps: Sequence[int], unused: frozenset[int]) -> None:
        """Give the models' optimizers their moments, after so many steps more of each.

        Of parameters that the loss does not depend on, by number, an optimizer keeps nothing.
        """
        for number, each in enumerate(self._optimizers):
            each.set_steps(each.steps + steps[number], unused)
            for name, moment in zip(self.MOMENTS, self.moments, strict=True):
                each.set_moment(name, moment[number], unused)


class StackedSgd:
    """Stochastic gradient descent with momentum and weight decay."""

    MOMENTS = ("momentum_buffer",)

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self._optimizers = [Parameters(optimizer) for optimizer in optimizers]
        self.moments = [torch.stack([each.moment(name) for each in self._optimizers]) for name in self.MOMENTS]

    def rates(self, lr: NDArray[np.float64], steps: NDArray[np.float64]) -> Rates:
        groups = [each.group for each in self._optimizers]
        own = {name: np.array([group[name] for group in groups]) for name in ("momentum", "weight_decay")}
        return {name: np.broadcast_to(value, lr.shape) for name, value in own.items()} | {"lr": lr}

    def descend(self, flat: Tensor, moments: Sequence[Tensor], gradient: Tensor, rates: dict[str, Tensor]) -> None:
        [velocity] = moments
        velocity.mul_(rates["momentum"]).add_(gradient + flat * rates["weight_decay"])
        flat.sub_(velocity * rates["lr"])

    def write(self, steps: Sequence[int], unused: frozenset[int]) -> None:
        for number, each in enumerate(self._optimizers):
            if each.group["momentum"]:
                each.set_moment("momentum_buffer", self.moments[0][number], unused)


class Parameters:
    """A model's optimizer: what it keeps of each parameter as one row of numbers."""

    def __init__(self, optimizer: Optimizer) -> None:
        [self.group] = optimizer.param_groups
        self._state, self._parameters = optimizer.state, self.group["params"]

    @property
    def steps(self) -> float:
        return next((float(state["step"]) for state in self._states() if "step" in state), 0.0)

    def set_steps(self, steps: float, unused: frozenset[int]) -> None:
        for number, parameter in enumerate(self._parameters):
            if number not in unused:
                count = torch.tensor(steps, dtype=torch.float32, device=parameter.device)
                self._state[parameter]["step"] = count

    def moment(self, name: str) -> Tensor:
        """The moments of all parameters in a row; zeros before the first step."""
        pairs = zip(self._states(), self._parameters, strict=True)
        return flattened([state[name] if name in state else torch.zeros_like(p) for state, p in pairs])

    def set_moment(self, name: str, row: Tensor, unused: frozenset[int]) -> None:
        pairs = zip(self._parameters, unflattened(row, self._parameters), strict=True)
        for number, (parameter, moment) in enumerate(pairs):
            if number not in unused:
                self._state[parameter][name] = moment.clone()

    def _states(self) -> list[dict[str, Any]]:
        return [self._state.get(parameter, {}) for parameter in self._parameters]


def stacked(optimizers: Sequence[Optimizer]) -> Any:
    """The optimizer of stacked nets that does what these do, one for each."""
    kinds: dict[type[Optimizer], Any] = {Adam: StackedAdam, AdamW: StackedAdam, SGD: StackedSgd}
    return kinds[type(optimizers[0])](optimizers)
