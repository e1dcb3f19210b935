"""Stores a model's state in a safetensors file: tensors as they are, the nested plain data around them as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

TREE = "tree"  # the key of safetensors' metadata that has the plain data
# Marks of what JSON has no word for; a mapping that has a "$" key of its own is written as pairs.
TENSOR, TUPLE, PAIRS, FLOAT = "$tensor", "$tuple", "$pairs", "$float"


class TreeError(ValueError):
    """A state that cannot be written, or bytes that are none; one line that says where or why."""


def to_bytes(state: Any) -> bytes:
    """The state, nested dicts, lists and tuples of tensors and plain data, as a safetensors file."""
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_encoded(state, "state", tensors), allow_nan=False)
    written: bytes = save(tensors, {TREE: tree})
    return written


def from_bytes(content: bytes) -> Any:
    """What `to_bytes` was given, tensors on the CPU; TreeError for anything that is not such a file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(content)
        head = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return _decoded(json.loads(head["__metadata__"][TREE]), tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TreeError(f"no state in safetensors ({' '.join(str(error).split()) or type(error).__name__})") from None


def _encoded(value: Any, where: str, tensors: dict[str, Tensor]) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        name = where.removeprefix("state.")
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {TENSOR: name}
    if isinstance(value, Mapping):
        pairs = [(key, _encoded(inner, f"{where}.{key}", tensors)) for key, inner in value.items()]
        if all(type(key) is str and not key.startswith("$") for key in value):
            return dict(pairs)
        return {PAIRS: [[_plain(key, where), inner] for key, inner in pairs]}
    if isinstance(value, list | tuple):
        items = [_encoded(inner, f"{where}.{index}", tensors) for index, inner in enumerate(value)]
        return {TUPLE: items} if isinstance(value, tuple) else items
    return _plain(value, where)


def _plain(value: Any, where: str) -> Any:
    if type(value) is float and not math.isfinite(value):
        return {FLOAT: str(value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TreeError(
        f"{where} is of type {type(value).__name__}; valid: tensors, numbers, text, lists and dicts of them"
    )


def _decoded(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, list):
        return [_decoded(item, tensors) for item in tree]
    if not isinstance(tree, dict):
        return tree
    readers: dict[str, Callable[[Any], Any]] = {
        TENSOR: lambda name: tensors[name],
        TUPLE: lambda items: tuple(_decoded(item, tensors) for item in items),
        PAIRS: lambda pairs: {_decoded(key, tensors): _decoded(inner, tensors) for key, inner in pairs},
        FLOAT: float,
    }
    for mark, reader in readers.items():
        if mark in tree:
            return reader(tree[mark])
    return {key: _decoded(inner, tensors) for key, inner in tree.items()}
