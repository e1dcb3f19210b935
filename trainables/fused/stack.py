"""Nets of one shape as arrays: the parameters of each in a row of one matrix, each buffer of all in one tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn


class Stack:
    """Parameters and buffers of n nets: `flat` (n, numbers a net), views into it by name, buffers by name, (n, ...)."""

    def __init__(self, flat: Tensor, shapes: Mapping[str, torch.Size], buffers: Mapping[str, Tensor]) -> None:
        self.flat, self.shapes, self.buffers = flat, shapes, dict(buffers)
        ends = accumulate((shape.numel() for shape in shapes.values()), initial=0)
        self.parameters = {
            name: flat[:, start:end].view(len(flat), *shape)
            for (name, shape), (start, end) in zip(shapes.items(), pairwise(ends), strict=True)
        }

    @staticmethod
    @torch.no_grad()
    def of(nets: Sequence[nn.Module]) -> Stack:
        """A copy of what the nets hold."""
        shapes = {name: parameter.shape for name, parameter in nets[0].named_parameters()}
        buffers = [dict(net.named_buffers()) for net in nets]
        stacked = {name: torch.stack([each[name] for each in buffers]) for name in buffers[0]}
        return Stack(torch.stack([flattened(list(net.parameters())) for net in nets]), shapes, stacked)

    def rows(self, index: Tensor) -> Stack:
        """A copy of the nets of these numbers, (m,)."""
        return Stack(self.flat[index], self.shapes, {name: buffer[index] for name, buffer in self.buffers.items()})

    def write(self, nets: Sequence[nn.Module]) -> None:
        """Give the nets what is here."""
        for number, net in enumerate(nets):
            self.write_one(number, net)

    @torch.no_grad()
    def write_one(self, number: int, net: nn.Module) -> None:
        """Give the net what is here of the `number`-th."""
        for name, parameter in net.named_parameters():
            parameter.copy_(self.parameters[name][number])
        for name, buffer in net.named_buffers():
            buffer.copy_(self.buffers[name][number])


def flattened(tensors: Sequence[Tensor]) -> Tensor:
    """All numbers of the tensors in one row."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def unflattened(row: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """A row's numbers in the shapes of these tensors."""
    parts = torch.split(row, [tensor.numel() for tensor in like])
    return [part.view_as(tensor) for part, tensor in zip(parts, like, strict=True)]
