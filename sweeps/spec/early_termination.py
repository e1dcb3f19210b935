"""The terms on which a trial is stopped early (`early_terminate`): when trials are compared, and how many go on."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

# W&B's engine counts this many bands from min_iter; only the first few are ever reached.
_BANDS = 100


@dataclass(frozen=True)
class EarlyTerminate:
    """`early_terminate` of a spec: `min_iter`, or `max_iter` with `s`, and the share 1/`eta` that goes on.

    `patience`: evaluations in a row, of at least that `severity`, after which a collapsed trial stops
    (`sweeps.stopping.collapse`); None for no such end. Type collapse has that end alone.
    """

    type: Literal["hyperband", "asha", "collapse"] = "hyperband"
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = True
    patience: int | None = None
    severity: float = 0.75

    def lines(self) -> dict[str, Any]:
        """The lines of a spec that say this, those alone that mean something."""
        without = {"eta", "strict"} if self.type == "collapse" else set()
        without |= {"severity"} if self.patience is None else set()
        return {k: v for k, v in asdict(self).items() if v is not None and k not in without}

    @property
    def bands(self) -> tuple[int, ...]:
        """The iterations at which trials are compared, ascending; max_iter goes before min_iter, as at W&B."""
        if self.type == "collapse":
            return ()
        if self.max_iter is not None:
            return from_max(self.max_iter, self.s or 0, self.eta)
        return from_min(self.min_iter or 0, self.eta)


def from_max(max_iter: int, s: int, eta: float) -> tuple[int, ...]:
    """max_iter / eta^k for k = 1..s, cut to whole numbers, down to 1: (27, 2, 3) gives 3 and 9."""
    bands = itertools.accumulate(range(s), lambda band, _: band / eta, initial=float(max_iter))
    return _ascending(int(band) for band in itertools.islice(bands, 1, None) if band >= 1)


def from_min(min_iter: int, eta: float) -> tuple[int, ...]:
    """min_iter * eta^k for k = 0, 1, ..., cut to whole numbers: (3, 3) gives 3, 9, 27, ..."""
    # Whole numbers stay whole: W&B's bands are exact however far they go.
    factor: float = int(eta) if float(eta).is_integer() else eta
    first: float = min_iter
    bands = itertools.accumulate(range(_BANDS - 1), lambda band, _: band * factor, initial=first)
    return _ascending(int(band) for band in bands)


def _ascending(bands: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(bands)))
