"""A YAML file as a plain mapping, and everything that keeps it from being one as a SpecError."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from basics.text import nearest
from sweeps.errors import SpecError

LARGEST = 1_000_000  # values in a spec
LONGEST = 4 * 2**20  # characters of its file, which PyYAML reads in a minute
MERGE = "tag:yaml.org,2002:merge"  # of the key <<, which may be there for each of several anchors
BEST_FILE = "best.yaml"  # what the best config is called: a spec of one config, with a lock of where it is from


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in `path`; SpecError for a missing file, a syntax error or a key that is there twice."""
    text = _text(path)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        if _size(tree, {}) > LARGEST:
            raise SpecError(f"it has more than {LARGEST:,} values, its anchors followed", source=str(path))
        _refuse_duplicates(path, tree, "", set())
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _syntax(path, error) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"not a YAML file: {error}", source=str(path)) from None
    if not isinstance(document, dict):
        what = "is empty" if document is None else f"is a {type(document).__name__}, not a mapping"
        raise SpecError(what, valid="lines such as `model: logistic_regression`", source=str(path))
    return document


def parsed(text: str) -> Any:
    """The value that a short text says; ValueError if it is none, or too large."""
    try:
        if _size(yaml.compose(text, Loader=yaml.SafeLoader), {}) > LARGEST:
            raise ValueError(f"its anchors make more than {LARGEST:,} values")
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None


def _size(node: yaml.Node | None, known: dict[int, float]) -> float:
    """How many values a tree holds once its anchors are followed; endless if it holds itself."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = math.inf  # until it is known: whoever meets it again is inside of it
        below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_size(part, known) for part in below)
    return known[id(node)]


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1)
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        there = [*folder.glob("*.yaml"), *folder.glob("*.yml")]
        error = SpecError("no such file", source=str(path))
        error.nearest = nearest(path, there)
        raise error from None
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not text in UTF-8"
        raise SpecError(f"cannot be read: {reason}", source=str(path)) from None
    if len(text) > LONGEST:
        raise SpecError(f"is longer than a spec may be, {LONGEST // 2**20} MiB", source=str(path))
    return text


def _syntax(path: Path, error: yaml.YAMLError) -> SpecError:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
    return SpecError(f"not YAML: {getattr(error, 'problem', None) or error}", source=where)


def _refuse_duplicates(path: Path, node: yaml.Node | None, key: str, seen: set[int]) -> None:
    """PyYAML keeps the last of two equal keys without a word; a spec says which line is the second."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _refuse_duplicates(path, item, f"{key}[{index}]", seen)
    if isinstance(node, yaml.MappingNode):
        names: set[Hashable] = set()
        for name, value in node.value:
            below = f"{key}.{name.value}" if key else str(name.value)
            if isinstance(name.value, str) and name.value in names and name.tag != MERGE:
                raise SpecError("is there twice", key=below, source=f"{path}:{name.start_mark.line + 1}")
            names.add(name.value if isinstance(name.value, str) else id(name))
            _refuse_duplicates(path, value, below, seen)
