"""Dropout that draws from a generator of the model's own, or takes numbers that were drawn before."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout from a generator of the model's own: PyTorch's draws from the global one.

    `given`, if it is there, stands for a pass's own: numbers in [0, 1) for one dropout after the other, the share to
    drop, and what is left of 1.
    """

    generator: torch.Generator
    given: tuple[Iterator[Tensor], Tensor, Tensor] | None = None

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if self.given is not None:
            drawn, share, left = self.given
            return x * (next(drawn) >= share) / left
        if not self.training or not self.share:
            return x
        kept = torch.rand(x.shape, generator=self.generator, device=x.device) >= self.share
        return x * kept / (1 - self.share)


def dropouts(net: nn.Module) -> list[Dropout]:
    """The net's dropouts."""
    return [module for module in net.modules() if isinstance(module, Dropout)]


@torch.no_grad()
def sizes(net: nn.Module, images: Tensor) -> list[torch.Size]:
    """The shapes of what dropouts are given in a pass over `images`, one after the other."""
    found: list[torch.Size] = []
    hooks = [
        module.register_forward_pre_hook(lambda _, given: found.append(given[0].shape)) for module in dropouts(net)
    ]
    training = net.training
    net.eval()(images)  # evaluated: nothing is drawn, and no statistics of batches move
    net.train(training)
    for hook in hooks:
        hook.remove()
    return found
