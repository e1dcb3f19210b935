"""Pictures of the page: panels in the style of `analysis.plots`, and small PNGs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from analysis.media import decode_grid, sheet_of
from analysis.plots import style
from analysis.results import STEP, TRIAL, SweepResults

DPI = 110  # legible on a page, and small
COLOURS = 64
PANEL = (3.7, 2.8)  # inches
MARKERS = "osD^vPX"


def panels(columns: int, rows: int = 1, size: tuple[float, float] = PANEL) -> tuple[Figure, list[Axes]]:
    """A figure with rows x columns styled axes, row by row."""
    figure, axes = style.new_axes((columns * size[0], rows * size[1]))
    return figure, style.split(axes, rows, columns)


def line(
    axes: Axes,
    x: Sequence[float] | NDArray[np.float64],
    y: Sequence[float] | NDArray[np.float64],
    number: int,
    label: str,
    error: NDArray[np.float64] | None = None,
) -> None:
    """A series with marks of its own, and a band of one `error` on both sides."""
    colour = style.SERIES[number % len(style.SERIES)]
    axes.plot(x, y, color=colour, marker=MARKERS[number % len(MARKERS)], markersize=4, linewidth=1.4, label=label)
    if error is not None:
        low, high = np.asarray(y) - error, np.asarray(y) + error
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def bars(axes: Axes, groups: Mapping[str, Mapping[str, float]]) -> None:
    """Bars beside each other, a group a colour."""
    width = 0.8 / len(groups)
    for number, (label, values) in enumerate(groups.items()):
        places = np.arange(len(values)) + (number - (len(groups) - 1) / 2) * width
        axes.bar(places, list(values.values()), width, color=style.SERIES[number], label=label)
        axes.set_xticks(range(len(values)), list(values))


def title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=style.FONT_SIZE, color=style.INK, loc="left")


def legend(axes: Axes, place: str = "best") -> None:
    """A legend on the axes, or "outside", right of them."""
    where: dict[str, Any] = {"loc": place}
    if place == "outside":
        where = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    axes.legend(**where, frameon=False, fontsize=style.FONT_SIZE - 1.5, labelcolor=style.INK)


def as_png(figure: Figure) -> bytes:
    """The figure as a small PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return small(Image.open(buffer))


def small(image: Image.Image) -> bytes:
    """A picture in few colours, the rare ones among them: a chart has a verdict's in a mark or two."""
    buffer = io.BytesIO()
    image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def side_by_side(images: Sequence[bytes], gap: int = 12, columns: int = 4) -> bytes:
    """PNGs in rows of `columns`, each at its size, on white."""
    opened = [Image.open(io.BytesIO(content)).convert("RGB") for content in images]
    rows = [opened[start : start + columns] for start in range(0, len(opened), columns)]
    widths = [sum(image.width + gap for image in row) - gap for row in rows]
    heights = [max(image.height for image in row) for row in rows]
    sheet = Image.new("RGB", (max(widths), sum(heights) + gap * (len(rows) - 1)), "white")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for image in row:
            sheet.paste(image, (left, top))
            left += image.width + gap
        top += height + gap
    return small(sheet)


def media(sweep: SweepResults, trial: str, name: str, step: int | None = None) -> bytes:
    """A picture that a trial left, of the step or of its last one; LookupError if there is none."""
    found = sweep.media[(sweep.media[TRIAL] == trial) & (sweep.media["name"] == name)]
    found = found if step is None else found[found[STEP] == step]
    if found.empty:
        raise LookupError(f"a picture {name!r} of trial {trial} in {sweep.folder.name}")
    content: bytes = found.iloc[-1]["path"].read_bytes()
    return content


def corner(content: bytes, tiles: int) -> bytes:
    """The first `tiles` x `tiles` pictures of a grid; of one whose columns have names the first rows, whole."""
    grid = decode_grid(content).corner(tiles, tiles)
    return small(Image.fromarray(sheet_of(grid.tiles, grid.columns).squeeze()))


def with_title(content: bytes, text: str) -> bytes:
    """A picture below a line of text."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    sheet = Image.new("RGB", (image.width, image.height + 18), "white")
    ImageDraw.Draw(sheet).text((2, 2), text, fill=style.INK, font=ImageFont.load_default(size=12))
    sheet.paste(image, (0, 18))
    return small(sheet)
