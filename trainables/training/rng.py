"""Random generators owned by a model: seeded by purpose, saved and restored with its state. None is global."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from trainables.training.seeds import derive, numpy_generator

__all__ = ["capture", "derive", "numpy_generator", "restore", "snapshot", "torch_generator"]

State = dict[str, Any]


def torch_generator(seed: int, *path: str | int, device: str | torch.device = "cpu") -> torch.Generator:
    """A generator on `device`, at the start of the stream that `seed` and `path` name."""
    return torch.Generator(device).manual_seed(derive(seed, *path))


def capture(generator: torch.Generator | np.random.Generator) -> Any:
    """Where a generator stands: a tensor for torch, nested plain data for NumPy."""
    if isinstance(generator, torch.Generator):
        return generator.get_state().clone()
    return dict(generator.bit_generator.state)


def restore(generator: torch.Generator | np.random.Generator, state: Any) -> None:
    """Put a generator where `capture` found it."""
    if isinstance(generator, torch.Generator):
        generator.set_state(state.cpu())
    else:
        generator.bit_generator.state = state


def snapshot(tree: Any) -> Any:
    """A copy of nested dicts, lists and tuples that shares nothing with the original, tensors on the CPU."""
    if isinstance(tree, torch.Tensor):
        return tree.detach().to("cpu", copy=True)
    if isinstance(tree, dict):
        return {key: snapshot(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(snapshot(value) for value in tree)
    return tree
