"""Trains models of one family as one array for a reporting interval, after which each is an ordinary model again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainables.base import DivergedError
from trainables.fused.interval import Interval
from trainables.fused.programs import Programs
from trainables.training.rng import capture, restore

Row = Mapping[str, float]


class Fused:
    """Models of one family (`trainables.fused.family`) that are trained as one array.

    Between steps they are ordinary models: saved, judged and continued alone, or in a group of others. `programs` are
    kept by whoever trains one group after another.
    """

    def __init__(self, models: Sequence[Any], programs: Programs | None = None) -> None:
        self.models, self._programs = list(models), programs or Programs()

    def step(self) -> list[Row | DivergedError]:
        """One reporting interval of every model that is not finished: its row, or the reason why it has none.

        Whatever else is raised, memory that is not there above all, the models are as they were before.
        """
        if len(self.models) == 1:
            return [_alone(self.models[0])]
        members = [model.member() for model in self.models]
        if len({member.constants for member in members}) > 1:
            raise ValueError("models of more than one family cannot be trained as one array")
        before = [(capture(member.generator), member.batches.state()) for member in members]
        try:
            interval = Interval(members, self._programs)
            interval.run()
        except BaseException:
            for member, (generator, batches) in zip(members, before, strict=True):
                restore(member.generator, generator)
                member.batches.load_state(batches)
            raise
        return interval.finish()


def _alone(model: Any) -> Row | DivergedError:
    try:
        row: Row = model.step()
    except DivergedError as error:
        return error
    return row
