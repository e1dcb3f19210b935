"""What a program says of its training: rows of numbers and pictures, from the lines of JSON or the W&B run it writes.

Names are W&B's: a value within a mapping has the names above it before its own, with dots; a slash is a part of a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.results import NO_NUMBERS, PARENT, SECONDS, STEP, SYSTEM, TRIAL
from basics.json_lines import Tail, parsed
from sweeps.wandb_log.transaction_log import TransactionLog

RESERVED = (TRIAL, STEP, SECONDS, PARENT, *NO_NUMBERS)  # what a row of results calls its own
PREFIX = "program/"  # before a metric of such a name


@dataclass
class Logged:
    """What was logged at once: numbers by name, and the files of pictures."""

    numbers: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, Path] = field(default_factory=dict)


class JsonLines:
    """The file that SWEEPS_METRICS names."""

    def __init__(self, path: Path) -> None:
        self._tail = Tail(path)
        self._tail.skip()

    def new(self) -> Iterator[Logged]:
        """The whole lines since the last call that are mappings."""
        return (Logged(numbers_in(values)) for values in self._tail.lines())


class WandbRuns:
    """The W&B runs below a folder: as a rule one, which gets another file where it is resumed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._before = folder, set(_files(folder))
        self._logs: dict[Path, TransactionLog] = {}
        self._closed: set[Path] = set()
        self.summary: dict[str, float] = {}  # what the program has set itself

    @property
    def files(self) -> list[Path]:
        """Their transaction logs."""
        return list(self._logs)

    @property
    def complete(self) -> bool:
        """Whether every run has come to its end, as far as is known."""
        return self._closed >= self._logs.keys()

    def new(self) -> Iterator[Logged]:
        for file in _files(self._folder):
            if file not in self._before:
                log = self._logs.setdefault(file, TransactionLog(file))
                yield from self._rows(file, log)

    def _rows(self, file: Path, log: TransactionLog) -> Iterator[Logged]:
        for record in log.new():
            kind = record.WhichOneof("record_type")
            if kind == "history":
                yield _logged(_tree(record.history.item), file.parent / "files")
            elif kind == "summary":
                own = [item for item in record.summary.update if item.key]  # W&B's own have a path in its place
                self.summary |= numbers_in(_tree(own))
            elif kind == "exit":
                self._closed.add(file)


def numbers_in(values: Mapping[str, Any], above: str = "") -> dict[str, float]:
    """The numbers of nested mappings by dotted name, without W&B's own, whose names begin with _."""
    found: dict[str, float] = {}
    for name, value in values.items():
        if above or not name.startswith("_"):
            full = f"{above}{name}"
            if isinstance(value, Mapping):
                found |= {} if "_type" in value else numbers_in(value, f"{full}.")
            elif isinstance(value, int | float):
                found[named(full)] = float(value)
    return found


def named(metric: str) -> str:
    """The name of a program's metric in a row of results."""
    return f"{PREFIX}{metric}" if metric in RESERVED or metric.startswith(SYSTEM) else metric


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("wandb/*/run-*.wandb") if not file.parent.is_symlink())


def _tree(items: Any) -> dict[str, Any]:
    """The values of a record's items, each in the mappings that its path names."""
    tree: dict[str, Any] = {}
    for item in items:
        *above, name = item.nested_key or [item.key]
        below = tree
        for part in above:
            below = below.setdefault(part, {})
        below[name] = parsed(item.value_json)
    return tree


def _logged(tree: Mapping[str, Any], files: Path) -> Logged:
    return Logged(numbers_in(tree), dict(_pictures(tree, files)))


def _pictures(tree: Mapping[str, Any], files: Path) -> Iterator[tuple[str, Path]]:
    """The PNG of each image, the first of several under one name."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and value.get("_type") in ("image-file", "images/separated"):
            path = str(next(iter(value.get("filenames") or ()), value.get("path")))
            if path.endswith(".png"):
                yield name, files / path
        elif isinstance(value, Mapping) and "_type" not in value:
            yield from ((f"{name}.{below}", path) for below, path in _pictures(value, files))
