"""Exponential moving average of a net's weights over training, to sample from instead of the last weights."""

from __future__ import annotations

import copy

import torch
from torch import nn

from trainables.base import State
from trainables.training.rng import snapshot


class Average:
    """Exponential moving average of the weights and buffers of `net`, as a net of its own; decay 0: `net` itself."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self._source, self._decay = net, decay
        self.net = copy.deepcopy(net).eval().requires_grad_(False) if decay else net

    @torch.no_grad()
    def update(self, updates: int) -> None:
        """Follow `net`, which has made `updates` updates: at first nearly at once, so that its start is forgotten."""
        if self.net is self._source:
            return
        decay = self.decay(updates)
        for mean, value in zip(self.net.state_dict().values(), self._source.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def decay(self, updates: int) -> float:
        """The decay of the `updates`-th update."""
        return min(self._decay, (1 + updates) / (10 + updates))

    def state(self) -> State:
        return {} if self.net is self._source else snapshot(self.net.state_dict())

    def load_state(self, state: State) -> None:
        if state:
            self.net.load_state_dict(state)
