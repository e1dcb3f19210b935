"""Finite search spaces: lists all configs, each of which is tried at most once."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from typing import Any

from search_spaces.conditions import hashable
from search_spaces.space import Config, Space

MOST = 10_000  # configs; of a space with more, one that comes twice is rare


def configs(space: Space, fixed: Mapping[str, Any]) -> list[Config]:
    """Every config of a space that has few; none where it has nothing to search, or more than MOST."""
    if not space or any(domain.size > MOST for domain in space.values()):
        return []
    found = list(itertools.islice(space.enumerate(fixed), MOST + 1))
    return found if len(found) <= MOST else []


def identity(config: Mapping[str, Any]) -> Hashable:
    """What two equal configs have in common; true is not 1, and a list is not the text that says it."""
    return frozenset((name, _kind(value), hashable(value)) for name, value in config.items())


def _kind(value: Any) -> str:
    return type(value).__name__ if isinstance(value, list | dict | bool) else ""
