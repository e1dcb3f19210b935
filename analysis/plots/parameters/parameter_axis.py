"""Plot axis of a searched parameter: numbers on the scale they were searched on, other values as categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.configs import is_nothing, numbers
from analysis.formatting import in_yaml
from analysis.plots import scales, style
from analysis.results import CONFIG
from analysis.searched import Searched

MIN_RANGE = 5  # numbers over orders of magnitude that make a list a range
MAX_CATEGORIES = 12  # a longer list of numbers is drawn as numbers
JITTER = 0.18  # half width, in categories, over which equal values are spread so that all are seen


class ParameterAxis(NamedTuple):
    """Where each trial lies: `places` (n,) run over the trials, NaN for one that does not use the parameter.

    A place is the parameter's value, or the index into `categories` when there are any; `bounds` are the search's, if
    known.
    """

    parameter: str
    scale: Literal["linear", "log"]
    categories: tuple[str, ...]
    bounds: tuple[float, float] | None
    places: NDArray[np.float64]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Which trials use the parameter, (n,)."""
        return np.isfinite(self.places)

    @property
    def range(self) -> tuple[float, float]:
        """The ends of the axis: all that was searched and all that was tried; (0, 1) where there is nothing."""
        if self.categories:
            return 0, len(self.categories) - 1
        return (self.known.min(), self.known.max()) if self.known.size else (0, 1)

    @property
    def known(self) -> NDArray[np.float64]:
        """All values that were tried, and the bounds."""
        return np.append(self.places[self.active], self.bounds or ())

    @property
    def shares(self) -> NDArray[np.float64]:
        """`places` as shares of the way from one end of the axis to the other, in [0, 1]; 0.5 where both are one."""
        forward = np.log if self.scale == "log" else np.asarray
        low, high = forward(np.array(self.range, dtype=float))
        places: NDArray[np.float64] = forward(self.places)
        return (places - low) / (high - low) if high > low else np.where(self.active, 0.5, np.nan)

    def at(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """The places that lie at these shares of the way."""
        low, high = self.range
        if self.scale == "log":
            return low * (high / low) ** shares
        return low + (high - low) * shares


def parameter_axis(trials: pd.DataFrame, parameter: str | Searched) -> ParameterAxis:
    """Column `config/PARAMETER` of `trials` as an axis; a plain name means a linear range."""
    searched = _as_range(Searched(parameter) if isinstance(parameter, str) else parameter)
    column = CONFIG + searched.name
    raw = trials[column] if column in trials else pd.Series(np.nan, index=trials.index)
    active = (~raw.map(is_nothing).astype(bool)).to_numpy()
    places = np.full(len(raw), np.nan)
    categories = _categories(searched, raw[active])
    places[active] = _places(raw[active], categories)
    log = searched.log and not categories and np.nanmin(places, initial=1) > 0
    return ParameterAxis(searched.name, "log" if log else "linear", categories, searched.bounds, places)


def jitter(count: int) -> NDArray[np.float64]:
    """Offsets in [-JITTER, JITTER) that spread evenly however many there are (golden ratio sequence)."""
    shares: NDArray[np.float64] = np.arange(count, dtype=np.float64) * 0.6180339887 % 1
    return (shares * 2 - 1) * JITTER


def draw_x(axes: Axes, info: ParameterAxis, characters: int = 40) -> None:
    """Scale, ends and ticks of the x axis; names of categories are slanted where they have more `characters`."""
    if info.categories:
        slanted = sum(map(len, info.categories)) > characters
        axes.set_xticks(range(len(info.categories)), [style.plain(name, 16) for name in info.categories])
        axes.tick_params(axis="x", rotation=30 if slanted else 0)
        axes.set_xlim(-0.6, len(info.categories) - 0.4)
    else:
        scales.set_x_scale(axes, info.scale, info.known)


def draw_y(axes: Axes, info: ParameterAxis) -> None:
    """Scale, ends and ticks of the y axis."""
    if info.categories:
        axes.set_yticks(range(len(info.categories)), [style.plain(name, 16) for name in info.categories])
        axes.set_ylim(-0.6, len(info.categories) - 0.4)
    else:
        scales.set_y_scale(axes, info.scale, info.known)
        if info.known.size:
            axes.set_ylim(*scales.with_room(info.scale, info.known))


def _as_range(searched: Searched) -> Searched:
    """A grid of 0.001, 0.01, 0.1, ... is a range over orders of magnitude, however it was written down."""
    choices = searched.choices
    values = [choice for choice in choices if isinstance(choice, int | float) and not isinstance(choice, bool)]
    if len(choices) != len(values) or len(values) < MIN_RANGE or min(values) <= 0:
        return searched
    low, high = float(min(values)), float(max(values))
    return Searched(searched.name, log=True, bounds=(low, high)) if high >= scales.WIDE_RATIO * low else searched


def _categories(searched: Searched, raw: pd.Series[Any]) -> tuple[str, ...]:
    """Names of the categories in order, or () where the values are numbers of a range."""
    is_range = not searched.choices or len(searched.choices) > MAX_CATEGORIES
    if is_range and not _is_boolean(raw) and numbers(raw).notna().all():
        return ()
    choices: Sequence[Any] = searched.choices
    if all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
        choices = sorted(choices)
    seen = sorted({in_yaml(value) for value in raw})
    return tuple(dict.fromkeys([*map(in_yaml, choices), *seen]))


def _is_boolean(raw: pd.Series[Any]) -> bool:
    return bool(raw.map(lambda value: isinstance(value, bool | np.bool_)).any())


def _places(raw: pd.Series[Any], categories: Sequence[str]) -> NDArray[np.float64]:
    if not categories:
        return raw.to_numpy(dtype=float)
    index = {name: number for number, name in enumerate(categories)}
    return np.array([index[in_yaml(value)] for value in raw], dtype=float)
