"""Parameters in groups: dotted names for rows and searches, mappings within mappings for whoever reads a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
GROUP = "parameters"  # the only key of an entry that is a group


def flat(entries: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Path]]:
    """The entries of all groups by dotted name, and the path of each that lies in one; ValueError for one name twice.

    The error is of the name alone.
    """
    found: dict[str, Any] = {}
    paths: dict[str, Path] = {}
    for path, entry in _leaves(entries, ()):
        name = ".".join(path)
        if name in found:
            raise ValueError(name)
        found[name] = entry
        paths |= {name: path} if len(path) > 1 else {}
    return found, paths


def grouped(entries: Mapping[str, Any], paths: Mapping[str, Path]) -> dict[str, Any]:
    """The opposite of `flat`."""
    through = {name: tuple(part for step in path for part in (GROUP, step))[1:] for name, path in paths.items()}
    return nested(entries, through)


def nested(values: Mapping[str, Any], paths: Mapping[str, Path]) -> dict[str, Any]:
    """`values` by dotted name, those that have a path as mappings within mappings."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *above, last = paths.get(name, (name,))
        place = found
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def _leaves(entries: Mapping[str, Any], above: Path) -> Iterator[tuple[Path, Any]]:
    for name, entry in entries.items():
        path = (*above, name)
        below = entry.get(GROUP) if isinstance(entry, Mapping) and entry.keys() == {GROUP} else None
        if isinstance(below, Mapping) and below:
            yield from _leaves(below, path)
        else:
            yield path, entry
