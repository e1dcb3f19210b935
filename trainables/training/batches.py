"""Minibatches in an order the model owns: every image once a pass, in a new order each pass."""

from __future__ import annotations

from weakref import WeakValueDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainables.arrays import Images, Labels
from trainables.base import State
from trainables.training.rng import capture, numpy_generator, restore

Rows = NDArray[np.intp]


class _OnDevice:
    """A copy of the data on a device, and the arrays it is of, so that their ids are nobody else's meanwhile."""

    def __init__(self, x: Images, y: Labels, device: torch.device) -> None:
        self.of, self.x, self.y = (x, y), torch.tensor(x, device=device), torch.tensor(y, device=device)


# Models that are trained on the same arrays at the same time share one copy, which goes with the last of them.
_COPIES: WeakValueDictionary[tuple[int, int, torch.device], _OnDevice] = WeakValueDictionary()


def _on_device(x: Images, y: Labels, device: torch.device) -> _OnDevice:
    key = (id(x), id(y), device)
    if (found := _COPIES.get(key)) is None:
        found = _COPIES[key] = _OnDevice(x, y, device)
    return found


class Batches:
    """Endless batches (images (b, c, h, w), labels (b,)) on `device`; a pass's incomplete last batch is left out."""

    def __init__(self, x: Images, y: Labels, size: int, *, seed: int, device: torch.device) -> None:
        self._size, self._device = size, device
        # On the CPU the shared arrays stay where they are and only a batch is copied; a GPU gets the set once.
        on_cpu = device.type == "cpu"
        self._on_device = None if on_cpu else _on_device(x, y, device)
        self._x: Images | Tensor = x if self._on_device is None else self._on_device.x
        self._y: Labels | Tensor = y if self._on_device is None else self._on_device.y
        self._n = len(x)
        self._generator = numpy_generator(seed, "batches")
        self._shuffle()

    def next(self) -> tuple[Tensor, Tensor]:
        return self.take(self.rows())

    def rows(self) -> Rows:
        """The next batch as row numbers, (b,), of the images and labels in `data`."""
        if self._position + self._size > self._n:
            self._shuffle()
        index = self._order[self._position : self._position + self._size]
        self._position += self._size
        return index

    @property
    def size(self) -> int:
        """How many images a batch has."""
        return self._size

    def labels(self, n: int, generator: torch.Generator) -> Tensor:
        """`n` labels as frequent as in the data, drawn from `generator` (on `device`)."""
        rows = torch.randint(self._n, (n,), generator=generator, device=self._device)
        return self._y[rows] if isinstance(self._y, Tensor) else torch.from_numpy(self._y[rows.numpy()])

    def state(self) -> State:
        """The generator before this pass's shuffle, and the place in the pass: small, whatever the data's size."""
        return {"generator": self._before, "position": self._position}

    def load_state(self, state: State) -> None:
        restore(self._generator, state["generator"])
        self._shuffle()
        self._position = state["position"]

    def _shuffle(self) -> None:
        self._before = capture(self._generator)
        self._order = self._generator.permutation(self._n)
        self._position = 0

    def take(self, rows: Rows | Tensor) -> tuple[Tensor, Tensor]:
        """The images (..., c, h, w) and labels (...) of row numbers (...): an array, or a tensor on `device`."""
        if isinstance(self._x, Tensor) and isinstance(self._y, Tensor):
            rows = rows if isinstance(rows, Tensor) else torch.from_numpy(rows).to(self._device)
            return self._x[rows], self._y[rows]
        rows = rows.numpy() if isinstance(rows, Tensor) else rows
        return torch.from_numpy(self._x[rows]), torch.from_numpy(self._y[rows])
