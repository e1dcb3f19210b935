"""Chooses axis scales for values: linear, logarithmic if they span orders of magnitude, or symlog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import FuncNorm, LogNorm, Normalize, SymLogNorm
from matplotlib.scale import SymmetricalLogTransform
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from analysis.metrics import Goal

# "symlog" is linear over the bulk and logarithmic beyond it; "near_one" of accuracies stretches towards 1.
Scale = Literal["linear", "log", "symlog", "near_one"]
Floats = NDArray[np.float64]

ROOM = 0.04  # of an axis, on both sides
WIDE_RATIO = 100  # positive values over two orders of magnitude read better on a log axis
OUTLIER_RATIO = 20  # extremes so many times the bulk's width would flatten all else
SQUEEZED_RATIO = 8  # the better half of accuracies in so small a part of their range would look all alike
BEYOND_ONE = 0.003  # where the stretching towards 1 would reach infinity
ACCURACIES = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1)


def value_scale(values: Floats, goal: Goal | None) -> Scale:
    """The axis that shows finite `values` without letting a few extremes flatten the rest.

    A quantity to be maximised is nearly always bounded above: its axis stays linear, but for accuracies of which the
    better half lies close together near 1.
    """
    if values.size < 2 or values.min() == values.max():
        return "linear"
    if goal == "maximize":
        return "near_one" if _are_squeezed(values) else "linear"
    if values.min() > 0:
        return "log" if values.max() / values.min() > WIDE_RATIO else "linear"
    low, high = np.percentile(values, [5, 95])
    return "symlog" if np.ptp(values) > OUTLIER_RATIO * (high - low) else "linear"


def set_y_scale(axes: Axes, scale: Scale, values: Floats) -> None:
    """`scale` for the y axis over finite `values`."""
    _set_scale(axes.set_yscale, scale, values)
    set_ticks(axes.yaxis, scale, values)


def set_x_scale(axes: Axes, scale: Scale, values: Floats) -> None:
    """`scale` for the x axis over finite `values`, which a linear or logarithmic one shows all with a little room."""
    _set_scale(axes.set_xscale, scale, values)
    set_ticks(axes.xaxis, scale, values)
    if values.size and (scale == "linear" or scale == "log"):
        axes.set_xlim(*with_room(scale, values))


def _set_scale(set_it: Callable[..., None], scale: Scale, values: Floats) -> None:
    if scale == "symlog":
        set_it(scale, linthresh=_linear_until(values))
    elif scale == "near_one":
        set_it("function", functions=(towards_one, away_from_one))
    else:
        set_it(scale)


def with_room(scale: Literal["linear", "log"], values: Floats) -> tuple[float, float]:
    """The ends of an axis that shows all finite `values` with a little room on both sides."""
    low, high = np.log10([values.min(), values.max()]) if scale == "log" else (values.min(), values.max())
    room = ROOM * (high - low) or ROOM * max(1, abs(low))
    left, right = low - room, high + room
    return (10**left, 10**right) if scale == "log" else (left, right)


def shares(values: Floats, scale: Scale) -> Floats:
    """Where finite values (n,) lie on an axis of that scale from the least to the largest, in [0, 1]; 0.5 if alike."""
    if scale == "log":
        values = np.log(values)
    elif scale == "near_one":
        values = towards_one(values)
    elif scale == "symlog":
        values = SymmetricalLogTransform(10, _linear_until(values), 1).transform(values)
    low, high = (values.min(), values.max()) if values.size else (0, 0)
    return (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)


def norm(scale: Scale, values: Floats) -> Normalize:
    """Colours over finite `values` on that scale."""
    ends: dict[str, Any] = {"vmin": float(values.min()), "vmax": float(values.max())}
    if scale == "log":
        return LogNorm(**ends)
    if scale == "symlog":
        return SymLogNorm(_linear_until(values), **ends)
    return FuncNorm((towards_one, away_from_one), **ends) if scale == "near_one" else Normalize(**ends)


def towards_one(values: Floats) -> Floats:
    """Values up to 1 as their distance from (just beyond) 1 in powers of ten: 0.9 is to 0.99 as 0 is to 0.9."""
    stretched: Floats = -np.log10(np.maximum(1 + BEYOND_ONE - np.asarray(values), 1e-6))
    return stretched


def away_from_one(stretched: Floats) -> Floats:
    """The inverse of `towards_one`."""
    values: Floats = 1 + BEYOND_ONE - 10 ** -np.asarray(stretched)
    return values


def set_ticks(axis: Axis, scale: Scale, values: Floats) -> None:
    """Few ticks, as each costs milliseconds: whole numbers for whole values, plain ones on a short log axis."""
    axis.set_minor_locator(NullLocator())
    if scale == "linear":
        whole = bool(values.size) and bool((values == np.round(values)).all())
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10], integer=whole))
    elif scale == "near_one":
        shown = [tick for tick in ACCURACIES if values.min() <= tick <= values.max()]
        axis.set_major_locator(FixedLocator(ACCURACIES) if len(shown) > 1 else MaxNLocator(nbins=6))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif scale == "log" and values.size and values.max() / values.min() < WIDE_RATIO:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _are_squeezed(values: Floats) -> bool:
    are_accuracies = values.min() >= 0 and 0.9 < values.max() <= 1
    return bool(are_accuracies and np.ptp(values) > SQUEEZED_RATIO * (values.max() - np.median(values)))


def _linear_until(values: Floats) -> float:
    return float(np.abs(np.percentile(values, [5, 95])).max()) or 1.0
