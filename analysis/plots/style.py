"""Shared style of all plots: sizes, colours, labels, and rendering to files.

Colours are Okabe and Ito's (2008), told apart by every kind of colour vision; marks differ in shape as well.
Only Matplotlib's object-oriented interface is used: no figure outlives its picture.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.metrics import Goal

PAPER, INK, MUTED, FAINT, GRID = "#ffffff", "#1f2328", "#57606a", "#a8b1ba", "#e6e8eb"
BLUE, VERMILLION, ORANGE = "#0072b2", "#d55e00", "#e69f00"
GREEN, PURPLE, YELLOW, SKY = "#009e73", "#cc79a7", "#c9b800", "#4fb0e8"  # two a shade off, to be seen on white
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, MUTED, YELLOW)  # of several sweeps, one each
# The same picture on a dark page: every colour above has its partner.
DARK = {
    PAPER: "#161b22",
    INK: "#e6edf3",
    MUTED: "#9198a1",
    FAINT: "#59636e",
    GRID: "#2a313a",
    BLUE: "#56b4e9",
    VERMILLION: "#ff8147",
    ORANGE: "#f0b72f",
    GREEN: "#2fc79b",
    PURPLE: "#e59cc4",
    YELLOW: "#f0e442",
    SKY: "#8ccdf5",
}
SIZE = (4.4, 3.1)  # inches: one column of a paper, one screen of a phone
PNG_DPI = 200
MAX_VECTOR_MARKS = 2_000  # more marks than this are drawn as an image inside the SVG
FONT_SIZE = 9


@dataclass(frozen=True)
class Picture:
    """A picture ready to be drawn: `name` is its file's, `caption` says what is seen, `info` are its numbers.

    `draw` puts `info` on an axes, which it may cut into several; `size` is in inches. `animation` makes a GIF of the
    same, where there is one.
    """

    name: str
    title: str
    caption: str
    info: Any
    draw: Callable[[Axes, Any], None]
    size: tuple[float, float] = SIZE
    animation: Callable[[], bytes] | None = None

    def figure(self) -> Figure:
        return figure(self.draw, self.info, self.size)


def figure(draw: Callable[[Axes, Any], None], info: Any, size: tuple[float, float] = SIZE) -> Figure:
    """A figure with `info` drawn on it."""
    made, axes = new_axes(size)
    draw(axes, info)
    return made


def new_axes(size: tuple[float, float] = SIZE) -> tuple[Figure, Axes]:
    """A figure with one styled axes."""
    made = Figure(figsize=size, layout="constrained", facecolor=PAPER)
    return made, _styled(made.add_subplot())


def split(axes: Axes, rows: int, columns: int, **ratios: Any) -> list[Axes]:
    """`axes` cut into a grid of styled ones, row by row; `ratios` as for Matplotlib's GridSpec."""
    cell = axes.get_subplotspec()
    if cell is None:
        raise ValueError("this picture has several panels: draw it on axes made by subplots() or add_subplot()")
    owner: Any = axes.figure
    axes.remove()
    grid = cell.subgridspec(rows, columns, **ratios)
    return [_styled(owner.add_subplot(grid[row, column])) for row in range(rows) for column in range(columns)]


def _styled(axes: Axes) -> Axes:
    axes.set_facecolor(PAPER)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(which="both", color=FAINT, labelcolor=MUTED, labelsize=FONT_SIZE - 1)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def draw_line(
    axes: Axes,
    steps: NDArray[np.int64] | NDArray[np.float64],
    values: NDArray[np.float64],
    spread: NDArray[np.float64],
    **look: Any,
) -> None:
    """A metric by step, in a band of one `spread` to both sides; a line of one point, which has no length, is a dot."""
    lone = int(np.isfinite(values).sum()) == 1
    axes.plot(steps, values, marker="o" if lone else "", markersize=4, **look)
    if np.isfinite(spread).any():
        band: dict[str, Any] = {"color": look.get("color"), "alpha": 0.2, "linewidth": 0, "zorder": 1.5}
        axes.fill_between(steps, values - spread, values + spread, **band)


def set_labels(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(plain(x), color=INK, fontsize=FONT_SIZE)
    axes.set_ylabel(plain(y), color=INK, fontsize=FONT_SIZE)


def set_legend(axes: Axes, columns: int = 5) -> None:
    """A legend above the axes, where it hides no data, if anything is labelled."""
    if axes.get_legend_handles_labels()[0]:
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "ncols": columns}
        axes.legend(**place, frameon=False, fontsize=FONT_SIZE - 1, labelcolor=INK, handlelength=1.4, columnspacing=1)


def with_goal(metric: str, goal: Goal | None) -> str:
    """The metric's name with which way is better."""
    return metric if goal is None else f"{plain(metric)} ({'higher' if goal == 'maximize' else 'lower'} is better)"


def plain(text: str, limit: int = 48) -> str:
    """`text` on one line, shortened, with no character that Matplotlib would take for mathematics."""
    return shortened(" ".join(text.replace("\\$", "$").split()), limit).replace("$", r"\$")


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def file_name(text: str) -> str:
    """`text` as part of a file's name: nothing that is special to a shell, a path or a page."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text).strip("._") or "unnamed"


def render(figure: Figure, format: Literal["png", "svg"]) -> bytes:
    """The figure as a file's content, the same bytes for the same figure."""
    metadata: dict[str, Any] = {"Date": None} if format == "svg" else {"Software": None}
    buffer = io.BytesIO()
    # A name in a script the font lacks is drawn as boxes: no reason to warn in the middle of a sweep.
    with mpl.rc_context({"svg.hashsalt": "gdsweeps"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(buffer, format=format, dpi=PNG_DPI, metadata=metadata)
    figure.set_layout_engine("none")  # laid out now; a second format need not do it again
    return buffer.getvalue()


def themed(svg: bytes) -> bytes:
    """An SVG of ours that takes the colours of the page it stands in, light or dark."""
    names = {light.encode(): f"--c{number}" for number, light in enumerate(DARK)}
    named = re.sub(b"|".join(names), lambda match: f"var({names[match[0]]})".encode(), svg)
    light, dark = (
        "".join(f"{name}:{color};" for name, color in zip(names.values(), colors, strict=True))
        for colors in (DARK.keys(), DARK.values())
    )
    rules = f"<style>:root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    return re.sub(rb"<svg\b[^>]*>", lambda match: match[0] + rules.encode(), named, count=1)
