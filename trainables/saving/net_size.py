"""A bound on the nets that a config may make, so that a forged one takes no memory before its weights are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def at_most(numbers: int) -> Iterator[None]:
    """ValueError from within as soon as nets built here have more parameters than `numbers` in all.

    A parameter is counted when its layer gets it, which is before its memory is touched: only a layer's initial
    weights do that. So neither a layer too wide nor layers without end go far.
    """
    from torch.nn.modules.module import register_module_parameter_registration_hook

    made = 0

    def count(module: nn.Module, name: str, parameter: Tensor | None) -> None:
        nonlocal made
        made += 0 if parameter is None else parameter.numel()
        if made > numbers:
            raise ValueError(f"it makes a net of more than {numbers:,} parameters, and the file has room for no more")

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()
