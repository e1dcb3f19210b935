"""How many models to train as one array: measured, on the device and for the family at hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from trainables.data import Dataset
from trainables.entry import UPDATES, Entry
from trainables.fused.family import family
from trainables.fused.group import Fused
from trainables.fused.programs import Programs

MOST = 64
UPDATES_TIMED = 20  # an interval
INTERVALS = 3  # timed, after one in which everything is made ready
WORTH_IT = 1.1  # how much faster than alone: timings are noisy, and a group is harder to share out than its members
TOO_LARGE = (MemoryError, torch.OutOfMemoryError)


@dataclass(frozen=True)
class Size:
    """A number of members: seconds an update of each takes, and bytes of each (0: not measured)."""

    members: int
    seconds: float
    memory: int


@dataclass(frozen=True)
class Probe:
    """What was measured, by number of members from 1, and the best of them: 1 where fusing does not pay."""

    best: int
    sizes: tuple[Size, ...]


def best_size(
    entry: Entry, config: Mapping[str, Any], data: Dataset, *, most: int = MOST, device: str = "cpu"
) -> Probe:
    """Measure groups of 1, 2, 4, ... up to `most` members of this config until one does not fit or is slower.

    Takes a few seconds, or minutes for large nets. ConfigError for values that the model cannot take.
    """
    sizes = [_measured(entry, config, data, 1, device)]
    while family(entry, config, data) is not None and (members := 2 * sizes[-1].members) <= most:
        try:
            sizes.append(_measured(entry, config, data, members, device))
        except TOO_LARGE:
            break
        if sizes[-1].seconds > sizes[-2].seconds:
            break
    fastest = min(sizes, key=lambda size: size.seconds)
    pays = fastest.seconds * WORTH_IT <= sizes[0].seconds
    return Probe(fastest.members if pays else 1, tuple(sizes))


def step_in_parts(models: list[Any], programs: Programs | None = None) -> list[Any]:
    """`Fused(models).step()`, in halves, and those in halves, where memory does not suffice for all at once."""
    try:
        return list(Fused(models, programs).step())
    except TOO_LARGE:
        if len(models) == 1:
            raise
    half = len(models) // 2
    return [row for part in (models[:half], models[half:]) for row in step_in_parts(part, programs)]


def _measured(entry: Entry, config: Mapping[str, Any], data: Dataset, members: int, device: str) -> Size:
    short = {**config, UPDATES[0]: 10**6, UPDATES[1]: UPDATES_TIMED}
    models: list[Any] = [entry.build(short, data, seed=seed, device=device) for seed in range(members)]
    group, taken = Fused(models, Programs(traced_after=2)), _Memory(device)
    group.step()
    memory = taken.bytes(models) // members
    return Size(members, min(_seconds(group) for _ in range(INTERVALS)) / (members * UPDATES_TIMED), memory)


def _seconds(group: Fused) -> float:
    began = time.perf_counter()
    group.step()  # its rows are read, so that a GPU has done all of it
    return time.perf_counter() - began


class _Memory:
    """The peak of a GPU's memory since this was made; on a CPU, which tells none, twice what the models keep."""

    def __init__(self, device: str) -> None:
        self._on_gpu = torch.device(device).type == "cuda"
        if self._on_gpu:
            torch.cuda.reset_peak_memory_stats(device)

    def bytes(self, models: list[Any]) -> int:
        if self._on_gpu:
            return torch.cuda.max_memory_allocated()
        return 2 * sum(tensor.nbytes for model in models for tensor in _tensors(model.state()))


def _tensors(tree: Any) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from _tensors(value)
