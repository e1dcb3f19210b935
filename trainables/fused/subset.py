"""Some of the members of a group, for a descent that the others do not make."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Subset:
    """Members by number, of `group` in all. Few sizes are used, as each is a program of its own: powers of two and
    the whole, filled up by repeating the last one, whose copies nobody looks at."""

    def __init__(self, numbers: Sequence[int], group: int, device: torch.device) -> None:
        self.numbers, self.all = tuple(numbers), len(numbers) == group
        self.size = min(group, 1 << (len(numbers) - 1).bit_length())
        self.filled = [*numbers, *[numbers[-1]] * (self.size - len(numbers))]
        self.index = torch.tensor(self.filled, device=device)
        self.own = self.index[: len(numbers)]

    def put(self, whole: Tensor, part: Tensor) -> None:
        """Write what a part, (size, ...), holds of the members to where they are in the whole, (group, ...)."""
        whole[self.own] = part[: len(self.numbers)]
