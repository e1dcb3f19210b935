"""How many models to fuse: measured sizes, and what happens where memory does not suffice."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.contract import TINY, digits, same

from trainables import MODELS
from trainables.data import Split
from trainables.fused import Fused, best_size, step_in_parts


def test_sizes_double_and_the_best_is_one_of_them() -> None:
    probe = best_size(MODELS["mlp"], TINY["mlp"].config, digits(200), most=4)
    members = [size.members for size in probe.sizes]
    assert members == [1, 2, 4][: len(members)]
    assert len(members) > 1
    assert probe.best in members
    assert all(size.seconds > 0 and size.memory > 0 for size in probe.sizes)
    fastest = min(probe.sizes, key=lambda size: size.seconds)
    assert probe.best in (1, fastest.members)


def test_what_cannot_be_fused_is_trained_alone() -> None:
    probe = best_size(MODELS["rnn"], TINY["rnn"].config, digits(200))
    assert (probe.best, len(probe.sizes)) == (1, 1)


class Scarce(np.ndarray[Any, Any]):
    """Images of which no more than two members' batches fit into memory at a time."""

    def __getitem__(self, rows: Any) -> Any:
        if np.size(rows) > 2 * 32:
            raise MemoryError
        return np.asarray(self)[rows]


def test_without_the_memory_for_all_halves_are_trained_with_the_same_numbers() -> None:
    data = TINY["mlp"].data()
    scarce = replace(data, train=Split(data.train.x.view(Scarce), data.train.y))
    models, others = ([TINY["mlp"].build(seed, of) for seed in range(4)] for of in (scarce, data))
    rows = step_in_parts(models)
    assert rows == [*Fused(others[:2]).step(), *Fused(others[2:]).step()]
    assert all(same(one.state(), other.state()) for one, other in zip(models, others, strict=True))


def test_memory_that_does_not_suffice_for_one_is_an_error() -> None:
    data = TINY["mlp"].data()
    scarce = replace(data, train=Split(data.train.x.view(Scarce), data.train.y))
    with pytest.raises(MemoryError):
        step_in_parts([TINY["mlp"].build(0, scarce, batch_size=100)])
