"""Averages of the weights of stacked members, each with a decay of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from trainables.fused.stack import Stack
from trainables.training.member import Member


class StackedAverages:
    """The averages of an interval; a member without one costs a copy, and where none has one there is nothing."""

    def __init__(self, members: Sequence[Member], stacks: Mapping[str, Stack]) -> None:
        self._members, self._averages = members, [each.average for each in members]
        if not self._any:
            return
        source = self._averages[0].source
        self._source = stacks[source]
        self._stack = Stack.of([each.average.net or each.nets[source] for each in members])
        self._shares = torch.tensor(self._table(), dtype=torch.float32).to(self._source.flat.device)

    @torch.no_grad()
    def update(self, update: int) -> None:
        """Follow the nets, which have made one update more."""
        if not self._any:
            return
        shares = self._shares[update]
        self._stack.flat.lerp_(self._source.flat, shares[:, None])
        for mean, value in zip(self._stack.buffers.values(), self._source.buffers.values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, shares.view(-1, *[1] * (mean.dim() - 1)))
            else:
                mean.copy_(value)

    def write(self) -> None:
        """Give the models their averages."""
        for number, average in enumerate(self._averages):
            if average.net is not None:
                self._stack.write_one(number, average.net)

    @property
    def _any(self) -> bool:
        return any(average.net is not None for average in self._averages)

    def _table(self) -> list[list[float]]:
        """What each update takes of the net of each member; nothing after its last one."""
        longest = max(each.left for each in self._members)
        return [[_share(each, update) for each in self._members] for update in range(longest)]


def _share(member: Member, update: int) -> float:
    if update >= member.left:
        return 0.0
    return 1.0 if member.average.net is None else 1 - member.average.decay(member.done + update)
