"""A reporting interval of stacked members: their descents update by update, then everything back to the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from trainables.base import DivergedError
from trainables.fused.averages import StackedAverages
from trainables.fused.programs import Programs
from trainables.fused.stack import Stack
from trainables.fused.track import Track
from trainables.training.member import Member

Row = Mapping[str, float]


class Interval:
    """One reporting interval of the members of a family; those with fewer updates left make fewer."""

    def __init__(self, members: Sequence[Member], programs: Programs) -> None:
        self._members = members
        self._stacks = {name: Stack.of([each.nets[name] for each in members]) for name in members[0].nets}
        self._tracks = [Track(members, number, programs) for number in range(len(members[0].descents))]
        self._averages = StackedAverages(members, self._stacks)

    def run(self) -> None:
        """Make the updates, on the stacks alone; the models' generators move on."""
        for update in range(max(each.left for each in self._members)):
            for track in self._tracks:
                track.descend(update, self._stacks)
            self._averages.update(update)

    def finish(self) -> list[Row | DivergedError]:
        """Bring the models up to date; a row of each."""
        for name, stack in self._stacks.items():
            stack.write([each.nets[name] for each in self._members])
        self._averages.write()
        for track in self._tracks:
            track.write()
        tables = [track.tables() for track in self._tracks]
        rows = [self._row(number, [table[number] for table in tables]) for number in range(len(self._members))]
        for member in self._members:
            member.advance(member.left)
        return rows

    def _row(self, number: int, tables: Sequence[Tensor]) -> Row | DivergedError:
        try:
            parts = [track.row(number, table) for track, table in zip(self._tracks, tables, strict=True)]
        except DivergedError as error:
            return error
        return {name: value for part in parts for name, value in part.items()}
