"""The terms on which trials are stopped early, or the sweep ends (`early_terminate`): a row of TERMS for each type."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

# W&B's engine counts this many bands from min_iter; only the first few are ever reached.
_BANDS = 100


@dataclass(frozen=True)
class Terms:
    """The base of what an entry of `early_terminate` says; a field without a default must be given."""

    def lines(self) -> dict[str, Any]:
        """The lines of a spec that say this."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Bands(Terms):
    """Trials are compared at `min_iter`, or at `max_iter` with `s`, and the share 1/`eta` goes on."""

    type: Literal["hyperband", "asha"] = "hyperband"
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = True

    @property
    def bands(self) -> tuple[int, ...]:
        """The iterations at which trials are compared, ascending; max_iter goes before min_iter, as at W&B."""
        if self.max_iter is not None:
            return from_max(self.max_iter, self.s or 0, self.eta)
        return from_min(self.min_iter or 0, self.eta)


@dataclass(frozen=True)
class Collapse(Terms):
    """A trial stops that was collapsed, at least as badly as `severity`, at `patience` evaluations in a row."""

    type: Literal["collapse"] = "collapse"
    patience: int = 2
    severity: float = 0.75


@dataclass(frozen=True)
class Median(Terms):
    """A trial stops that is worse than the median of `min_trials` or more others, from its report `min_steps` on."""

    type: Literal["median"] = "median"
    min_steps: int = 1
    min_trials: int = 5


@dataclass(frozen=True, kw_only=True)
class Plateau(Terms):
    """A trial stops that was not better than before by more than `min_delta` in `patience` reports."""

    type: Literal["plateau"] = "plateau"
    patience: int
    min_delta: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Target(Terms):
    """The sweep ends when the objective has reached `value`; a spec as resolved says it as `metric: {target: ...}`."""

    type: Literal["target"] = "target"
    value: float


@dataclass(frozen=True, kw_only=True)
class NoImprovement(Terms):
    """The sweep ends when `trials` ended in a row of which none was better than the best by more than `min_delta`."""

    type: Literal["no_improvement"] = "no_improvement"
    trials: int
    min_delta: float = 0.0


TERMS: Mapping[str, type[Terms]] = {
    "hyperband": Bands,
    "asha": Bands,
    "collapse": Collapse,
    "median": Median,
    "plateau": Plateau,
    "target": Target,
    "no_improvement": NoImprovement,
}


def options(kind: type[Terms]) -> tuple[str, ...]:
    """What an entry may say beside its type."""
    return tuple(each.name for each in fields(kind) if each.name != "type")


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
