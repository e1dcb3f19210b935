"""An estimator of scikit-learn's kind as bytes of skops, which loads no type that it does not know."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.tree._tree import Tree

NAMED = 3  # types that a message names
SCHEMA = "schema.json"  # the part that says how the others belong together
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+(?=\.np)|^\d+(?=\.np[yz]$)')


class UnsafeTypesError(Exception):
    """An estimator with types that skops does not know, in words."""


def to_skops(estimator: Any, trusted: Sequence[str]) -> bytes:
    """UnsafeTypesError for one that could not be loaded again."""
    from skops.io import dumps, get_untrusted_types  # imports most of scikit-learn

    try:
        content: bytes = dumps(estimator)
    except Exception as error:  # whatever a type raises that can be taken apart by no means
        line = (str(error).splitlines() or [""])[0]
        raise UnsafeTypesError(f"skops cannot take it apart: {type(error).__name__}: {line}") from None
    unknown = sorted(set(get_untrusted_types(data=content)) - set(trusted))
    if unknown:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        what = f"{', '.join(unknown[:NAMED])}{more}"
        raise UnsafeTypesError(f"skops does not know {what}, and what it does not know it does not load")
    return _canonical(content)


def from_skops(content: bytes, trusted: Sequence[str], features: int) -> Any:
    """The estimator, whose trees lead on and ask for what is there: scikit-learn follows them unchecked."""
    from skops.io import loads

    estimator = loads(content, trusted=list(trusted))
    for tree in _trees(estimator, set()):
        check_tree(tree, features)
    return estimator


def check_tree(tree: Tree, features: int) -> None:
    """ValueError unless every question leads on and asks for one of so many numbers."""
    nodes, left, right = np.arange(tree.node_count), tree.children_left, tree.children_right
    leaf = (left == -1) & (right == -1)
    inner = (left > nodes) & (right > nodes) & (np.maximum(left, right) < tree.node_count)
    asks = (tree.feature >= 0) & (tree.feature < features)
    whole = tree.n_features == features and len(tree.value) == tree.node_count
    if not (whole and len(nodes) and (leaf | (inner & asks)).all()):
        raise ValueError("a tree whose nodes do not belong together")


def _canonical(content: bytes) -> bytes:
    """The same file without the time, its parts numbered from 1 on: skops has the addresses they had in memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop(SCHEMA).decode()
    numbers = {found: str(place) for place, found in enumerate(dict.fromkeys(_ADDRESS.findall(schema)), start=1)}
    schema = _ADDRESS.sub(lambda found: numbers[found[0]], schema)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(_ADDRESS.sub(lambda found: numbers.get(found[0], found[0]), name)), part)
        archive.writestr(zipfile.ZipInfo(SCHEMA), schema)
    return written.getvalue()


def _trees(part: Any, seen: set[int]) -> Iterator[Tree]:
    """All that an estimator holds, however deep."""
    if id(part) in seen or isinstance(part, str | bytes | int | float | None):
        return
    seen.add(id(part))
    if isinstance(part, Tree):
        yield part
        return
    below: Sequence[Any] = ()
    if isinstance(part, dict):
        below = [*part.values()]
    elif isinstance(part, list | tuple | set):
        below = [*part]
    elif isinstance(part, np.ndarray):
        below = part.ravel().tolist() if part.dtype == object else ()
    else:
        below = [*getattr(part, "__dict__", {}).values()]
    for each in below:
        yield from _trees(each, seen)
