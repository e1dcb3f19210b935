"""Reads the PNGs that trials wrote and draws them on axes: which steps, which tiles, with which titles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.media import GAP, Grid, decode_grid
from analysis.plots import style
from analysis.results import BEST_STEP, STEP, TRIAL, SweepResults

TITLE_HEIGHT, NAMES_HEIGHT = 0.25, 0.45  # inches


class Frame(NamedTuple):
    """A trial's picture as it was at `step`."""

    step: int
    grid: Grid


class BestPicture(NamedTuple):
    """One trial's picture at its best step; None if it has none."""

    trial: str
    frame: Frame | None


class PicturesOverTraining(NamedTuple):
    """One trial's pictures at a few steps."""

    trial: str
    frames: tuple[Frame, ...]


def frames(sweep: SweepResults, trial: str | None, name: str, count: int) -> tuple[Frame, ...]:
    """The trial's pictures of that name by step: an even choice of `count`, both ends among them."""
    found = _versions(sweep, trial, name)
    chosen = np.unique(np.linspace(0, len(found) - 1, min(count, len(found))).round().astype(int))
    return tuple(frame for row in chosen if (frame := _frame(found.iloc[row])) is not None)


def frame_at_best(sweep: SweepResults, trial: str | None, name: str) -> Frame | None:
    """The trial's picture of that name at its best step or, if there was none yet, the last one."""
    found = _versions(sweep, trial, name)
    best = sweep.trials.set_index(TRIAL)[BEST_STEP].get(trial) if BEST_STEP in sweep.trials else None
    until = found if best is None or np.isnan(best) else found[found[STEP] <= best]
    shown = until if len(until) else found
    return _frame(shown.iloc[-1]) if len(shown) else None


def size(width: float, frames: Sequence[Frame], columns: int) -> tuple[float, float]:
    """Inches of a figure of that width with so many of the frames in a row, each below its title."""
    if not frames:
        return width, TITLE_HEIGHT
    shapes = [frame.grid.sheet.shape for frame in frames]
    names = NAMES_HEIGHT * any(frame.grid.names for frame in frames)
    height = width / columns * max(shape[0] / shape[1] for shape in shapes) + TITLE_HEIGHT + names
    return width, height * -(-len(frames) // columns)


def draw_best_picture(axes: Axes, info: BestPicture) -> None:
    """The picture, or nothing."""
    if info.frame is None:
        axes.set_axis_off()
    else:
        show(axes, info.frame.grid)


def best_picture_size(width: float, info: BestPicture) -> tuple[float, float]:
    """Inches of a figure of that width with the picture."""
    return size(width, [] if info.frame is None else [info.frame], 1)


def draw_stages(axes: Axes, info: PicturesOverTraining, columns: int) -> None:
    """The pictures in rows of `columns`, each under its step; nothing where there are none."""
    if not info.frames:
        axes.set_axis_off()
        return
    rows = -(-len(info.frames) // columns)
    for panel, frame in zip(style.split(axes, rows, columns), info.frames, strict=True):
        show(panel, frame.grid, f"step {frame.step}")


def show(axes: Axes, grid: Grid, title: str = "") -> None:
    """The grid, pixel for pixel, with the names of its columns above them, on axes without a scale."""
    sheet = grid.sheet
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if sheet.shape[-1] == 1 else {}
    axes.set_axis_off()
    axes.imshow(sheet.squeeze(), interpolation="none", **look)
    pitch = grid.tiles.shape[2] + GAP
    long = max(map(len, grid.names), default=0) > 3
    for number, name in enumerate(grid.names):
        x = GAP + number * pitch + grid.tiles.shape[2] / 2
        place: dict[str, Any] = {"rotation": 40, "ha": "left"} if long else {"ha": "center"}
        axes.text(x, -3, style.plain(name, 20), color=style.INK, fontsize=style.FONT_SIZE - 2, va="bottom", **place)
    if title:
        axes.set_title(style.plain(title), fontsize=style.FONT_SIZE - 1, color=style.MUTED, pad=3, loc="left")


def _versions(sweep: SweepResults, trial: str | None, name: str) -> pd.DataFrame:
    media = sweep.media
    return media[(media[TRIAL] == trial) & (media["name"] == name)].sort_values(STEP)


def _frame(version: pd.Series[Any]) -> Frame | None:
    """None for a file that is damaged or gone."""
    try:
        return Frame(int(version[STEP]), decode_grid(Path(version["path"]).read_bytes()))
    except (OSError, ValueError):
        return None
