"""Selects classes and a number of training images of a data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from basics.text import did_you_mean
from trainables.arrays import Labels
from trainables.data.sources import DataError
from trainables.data.splits import SUBSET, Rows, choose


def selected_labels(names: tuple[str, ...], classes: Sequence[int | str] | None, where: str) -> list[int]:
    """Labels of the wanted classes, in the data set's own order; an int is an index, a string a name."""
    if classes is None:
        return list(range(len(names)))
    wanted = [_label(names, item, where) for item in classes]
    if len(set(wanted)) != len(wanted) or not wanted:
        raise DataError(f"{where}: classes {list(classes)} name none or one of them twice")
    return sorted(wanted)


def _label(names: tuple[str, ...], wanted: int | str, where: str) -> int:
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if isinstance(wanted, int) and not isinstance(wanted, bool) and 0 <= wanted < len(names):
        return wanted
    hint = did_you_mean(wanted, names)
    raise DataError(
        f"{where}: unknown class {wanted!r}; valid: 0 to {len(names) - 1}, or a name: {', '.join(names)}{hint}"
    )


def subset(rows: Rows, labels: Labels, names: tuple[str, ...], size: int | None, seed: int, where: str) -> Rows:
    """`size` of the rows, whose labels index `names`, or all of them for None; every class keeps one at least."""
    if size is None:
        return rows
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= len(rows):
        raise DataError(
            f"{where}: train_size {size!r}; valid: a whole number from 1 to the {len(rows):,} training images there are"
        )
    chosen = choose(labels, size, seed, SUBSET)
    left = np.bincount(labels[chosen], minlength=len(names))
    if not left.all():
        name = names[int(left.argmin())]
        raise DataError(f"{where}: train_size {size} leaves no image of class {name!r}; take more, or fewer classes")
    return rows[chosen]


def renumbered(labels: Labels, selected: list[int]) -> Labels:
    return np.searchsorted(selected, labels).astype(np.int64)
