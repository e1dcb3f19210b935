"""One of the descents of an update, of all members through an interval: numbers, draws and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.fused.descent import Inputs, StackedDescent
from trainables.fused.optimizers import stacked
from trainables.fused.programs import Programs
from trainables.fused.stack import Stack
from trainables.fused.subset import Subset
from trainables.training.means import means
from trainables.training.member import IMAGES, LABELS, Drawn, Member

BOUND = "bound"


class Track:
    """The `number`-th descent of each update: members with more repeats than others make the last ones by themselves.

    A slot is a repeat of an update, `repeats` of them an update.
    """

    def __init__(self, members: Sequence[Member], number: int, programs: Programs) -> None:
        self._members, self._number, self._programs = members, number, programs
        self._descents = [each.descents[number] for each in members]
        self._repeats = max(each.repeats for each in self._descents)
        self._optimizer = stacked([each.optimizer for each in self._descents])
        self._subsets: dict[tuple[int, ...], Subset] = {}
        self._numbers = self._table()
        self._rows = self._batches() if self._descents[0].batched else None
        self._results: list[tuple[int, Subset, Tensor]] = []
        self.quantities: list[str] = []
        self._unused: frozenset[int] = frozenset()

    @torch.no_grad()
    def descend(self, update: int, stacks: Mapping[str, Stack]) -> None:
        """All repeats of an update, counted from the interval's first."""
        for slot, subset, costly in self._due(update):
            if subset.all:
                self._run(slot, subset, costly, stacks, self._optimizer.moments)
                continue
            parts = {name: stack.rows(subset.index) for name, stack in stacks.items()}
            moments = [moment[subset.index] for moment in self._optimizer.moments]
            self._run(slot, subset, costly, parts, moments)
            self._put(subset, parts, moments, stacks)

    def write(self) -> None:
        """Give the models' optimizers what they would have alone."""
        steps = [each.left * own.repeats for each, own in zip(self._members, self._descents, strict=True)]
        self._optimizer.write(steps, self._unused)
        for each, own in zip(self._members, self._descents, strict=True):
            own.optimizer.param_groups[0]["lr"] = own.lr(each.done + each.left - 1)

    def tables(self) -> list[Tensor]:
        """What was measured, (rows, quantities) of each member on the CPU: one transfer."""
        whole = [(slot, result) for slot, subset, result in self._results if subset.all]
        slots, size = len(self._numbers), (len(self.quantities), len(self._members))
        table = torch.zeros((slots, *size), device=self._numbers.device)
        if whole:
            table[[slot for slot, _ in whole]] = torch.stack([result for _, result in whole])
        for slot, subset, result in self._results:
            if not subset.all:
                table[slot][:, subset.own] = result[:, : len(subset.numbers)]
        return [part[self._slots(number)] for number, part in enumerate(table.cpu().unbind(2))]

    def row(self, member: int, table: Tensor) -> dict[str, float]:
        """The means of one member's table; DivergedError as it has it alone."""
        return means(self.quantities, table, self._members[member].done, self._descents[member].repeats)

    def _slots(self, member: int) -> list[int]:
        updates, repeats = range(self._members[member].left), range(self._descents[member].repeats)
        return [update * self._repeats + repeat for update in updates for repeat in repeats]

    def _due(self, update: int) -> Iterator[tuple[int, Subset, bool]]:
        """The slots of an update, who makes them, and whether with the costly term."""
        for repeat in range(self._repeats):
            here: dict[bool, list[int]] = {}
            for number, (member, own) in enumerate(zip(self._members, self._descents, strict=True)):
                if update < member.left and repeat < own.repeats:
                    here.setdefault(own.costly(member.done + update), []).append(number)
            for costly, numbers in here.items():
                yield update * self._repeats + repeat, self._subset(tuple(numbers)), costly

    def _subset(self, numbers: tuple[int, ...]) -> Subset:
        if numbers not in self._subsets:
            self._subsets[numbers] = Subset(numbers, len(self._members), self._numbers.device)
        return self._subsets[numbers]

    def _run(self, slot: int, subset: Subset, costly: bool, stacks: Mapping[str, Stack], moments: list[Tensor]) -> None:
        numbers = self._numbers[slot] if subset.all else self._numbers[slot][:, subset.index]
        inputs = Inputs(stacks, moments, self._drawn(slot, subset), numbers, self._names)
        key = (self._members[0].constants, self._number, costly, subset.size, self._names, tuple(inputs.drawn))
        program = self._programs.get(key, lambda: self._stacked(costly, inputs))
        self._results.append((slot, subset, program(inputs)))
        self.quantities, self._unused = program.descent.quantities, program.descent.unused

    def _stacked(self, costly: bool, inputs: Inputs) -> StackedDescent:
        return StackedDescent(self._descents[0], self._members[0].nets, self._optimizer.descend, costly, inputs)

    def _put(
        self, subset: Subset, parts: Mapping[str, Stack], moments: Sequence[Tensor], stacks: Mapping[str, Stack]
    ) -> None:
        """Bring what a subset's descent moved back to all."""
        trained = self._descents[0].net
        subset.put(stacks[trained].flat, parts[trained].flat)
        for moment, part in zip(self._optimizer.moments, moments, strict=True):
            subset.put(moment, part)
        for name, stack in stacks.items():
            for buffer, part in zip(stack.buffers.values(), parts[name].buffers.values(), strict=True):
                subset.put(buffer, part)

    def _drawn(self, slot: int, subset: Subset) -> Drawn:
        """What the members' own generators give, and their minibatches: each (members, batch, ...)."""
        update = slot // self._repeats
        drawn = [self._descents[number].draw(self._members[number].done + update) for number in subset.numbers]
        drawn += [drawn[-1]] * (subset.size - len(drawn))
        like = {name: tensor for each in drawn for name, tensor in each.items()}
        found = {n: torch.stack([e[n] if n in e else _zeros(t) for e in drawn]) for n, t in like.items()}
        if self._rows is None:
            return found
        rows = self._rows[slot] if subset.all else self._rows[slot][subset.index]
        images, labels = self._members[0].batches.take(rows)
        return {IMAGES: images, LABELS: labels} | found

    def _batches(self) -> Tensor:
        """Row numbers of all minibatches of the interval, (slots, members, batch)."""
        size = self._members[0].batches.size
        found = np.zeros((len(self._numbers), len(self._members), size), np.int64)
        for number, member in enumerate(self._members):
            for slot in self._slots(number):
                found[slot, number] = member.batches.rows()
        return torch.from_numpy(found).to(self._numbers.device)

    def _table(self) -> Tensor:
        """The numbers of each slot, (slots, numbers, members); `_names` says which."""
        longest = max(each.left for each in self._members)
        pairs = list(zip(self._members, self._descents, strict=True))
        lr = np.array([[own.lr(each.done + u) for each, own in pairs] for u in range(longest)])
        values = [[own.values(each.done + u) for each, own in pairs] for u in range(longest)]
        found = {name: np.array([[each[name] for each in row] for row in values]) for name in values[0][0]}
        if self._descents[0].bound is not None:
            found[BOUND] = np.broadcast_to([own.bound for own in self._descents], lr.shape)
        found = {name: value.repeat(self._repeats, axis=0) for name, value in found.items()}
        rates = self._optimizer.rates(lr.repeat(self._repeats, axis=0), self._steps(longest))
        assert not found.keys() & rates.keys()
        found |= rates
        self._names = tuple(found)
        table = torch.from_numpy(np.stack(list(found.values()), axis=1)).float()
        return table.to(next(iter(self._members[0].nets[self._descents[0].net].parameters())).device)

    def _steps(self, updates: int) -> NDArray[np.float64]:
        """The number of each descent of the interval, from 1, (slots, members)."""
        repeats = np.array([own.repeats for own in self._descents])
        found = np.arange(updates)[:, None, None] * repeats + np.arange(1, self._repeats + 1)[:, None]
        counts: NDArray[np.float64] = found.reshape(-1, len(repeats)).astype(np.float64)
        return counts


def _zeros(like: Tensor) -> Tensor:
    return torch.zeros((), dtype=like.dtype, device=like.device).expand_as(like)
