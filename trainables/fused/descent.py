"""One descent of many members at once, as a function of tensors alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from trainables.fused.stack import Stack
from trainables.training.member import Descent, Drawn, Losses


class _Nets(nn.Module):
    """Nets of one member, whose parameters and buffers each call brings along."""

    def __init__(self, nets: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.nets = nn.ModuleDict({name: copy.deepcopy(net) for name, net in nets.items()})

    def forward(self, losses: Callable[..., Losses], *given: Any) -> Losses:
        return losses(self.nets, *given)


@dataclass(frozen=True)
class Inputs:
    """What a descent reads and moves: stacks and moments of the members at hand, what they drew, and their numbers.

    `numbers` has a row for each of `names`, a column for each member.
    """

    stacks: Mapping[str, Stack]
    moments: Sequence[Tensor]
    drawn: Drawn
    numbers: Tensor
    names: tuple[str, ...]

    def tensors(self, trained: str) -> list[Tensor]:
        """All of it in one list, of which net `trained` is trained, in the order that `StackedDescent` takes it."""
        found = [self.stacks[trained].flat, *self.moments, self.numbers, *self.drawn.values()]
        for stack in self.stacks.values():
            found += [*stack.parameters.values(), *stack.buffers.values()]
        return found


class StackedDescent:
    """A descent of members at once: called with tensors as `Inputs.tensors` lists them, moves the first ones in place.

    Returns losses and the gradient's norm, (quantities, members). Once it was called, `quantities` are their names, and
    `unused` the numbers of those parameters that the loss does not depend on.
    """

    def __init__(
        self,
        descent: Descent,
        nets: Mapping[str, nn.Module],
        descend: Callable[..., None],
        costly: bool,
        like: Inputs,
    ) -> None:
        self._nets, self._descent, self._costly = _Nets(nets), descent, costly
        self._descend, self._moments = descend, len(like.moments)
        self._names, self._drawn = like.names, tuple(like.drawn)
        stacks = [(f"nets.{name}", stack) for name, stack in like.stacks.items()]
        self._state = [f"{net}.{name}" for net, stack in stacks for name in (*stack.parameters, *stack.buffers)]
        self._own = [f"nets.{descent.net}.{name}" for name in like.stacks[descent.net].parameters]
        self.quantities: list[str] = []
        self.unused: frozenset[int] = frozenset()

    @property
    def trained(self) -> str:
        """The net that it moves."""
        return self._descent.net

    def __call__(self, flat: Tensor, *tensors: Tensor) -> Tensor:
        given = iter(tensors)
        moments = [next(given) for _ in range(self._moments)]
        numbers = dict(zip(self._names, next(given).unbind(), strict=True))
        drawn = {name: next(given) for name in self._drawn}
        state = {name: next(given) for name in self._state}
        losses, gradient = self._differentiated(state, drawn, numbers)
        norms = torch.linalg.vector_norm(gradient, dim=1)
        self.quantities = [*losses, self._descent.norm]
        with torch.no_grad():
            self._move(flat, moments, self._clipped(gradient, norms), {n: v[:, None] for n, v in numbers.items()})
        return torch.stack([*(loss.detach() for loss in losses.values()), norms])

    @torch.enable_grad()
    def _differentiated(
        self, state: dict[str, Tensor], drawn: Drawn, numbers: dict[str, Tensor]
    ) -> tuple[Losses, Tensor]:
        """The losses of the members, (members,) each, and the gradient of the first, (members, numbers a net)."""
        leaves = {name: state[name].detach().requires_grad_() for name in self._own}
        losses = vmap(self._losses)(state | leaves, drawn, numbers)
        minimised = next(iter(losses.values())) / self._descent.divisor
        parameters = list(leaves.values())
        gradients = torch.autograd.grad(minimised.sum(), parameters, allow_unused=True)
        self.unused = frozenset(number for number, gradient in enumerate(gradients) if gradient is None)
        pairs = zip(gradients, parameters, strict=True)
        parts = [torch.zeros_like(own) if gradient is None else gradient for gradient, own in pairs]
        return losses, torch.cat([part.reshape(len(part), part[0].numel()) for part in parts], dim=1)

    def _losses(self, state: dict[str, Tensor], drawn: Drawn, numbers: dict[str, Tensor]) -> Losses:
        called: Losses = functional_call(self._nets, state, (self._descent.losses, drawn, numbers, self._costly))
        return called

    def _clipped(self, gradient: Tensor, norms: Tensor) -> Tensor:
        """As `clip_grad_norm_` does it."""
        if self._descent.max_norm is None:
            return gradient
        return gradient * (self._descent.max_norm / (norms + 1e-6)).clamp(max=1.0)[:, None]

    def _move(self, flat: Tensor, moments: Sequence[Tensor], gradient: Tensor, numbers: dict[str, Tensor]) -> None:
        self._descend(flat, moments, gradient, numbers)
        if self._descent.bound is not None:
            flat.copy_(flat.clamp(-numbers["bound"], numbers["bound"]))
