"""Arrays to small PNGs, inside a trial: NumPy and Pillow only, because importing Matplotlib costs a second."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

Pixels = NDArray[np.uint8]

LAYOUT = "grid"  # the PNG's text that says how its tiles lie
GAP = 2
SAMPLE_SIDE = 48
MAP_SIDE = 84
LABEL_HEIGHT = 16
WHITE = 255
INK = (40, 40, 40)

# ColorBrewer's RdBu, blue for negative: told apart by every kind of colour vision, white at zero.
DIVERGING = np.array([(5, 48, 97), (67, 147, 195), (247, 247, 247), (214, 96, 77), (103, 0, 31)], dtype=float)
# A few extreme weights in a border that is always black would bleach all others.
CLIP_PERCENTILE = 99.5

SCATTER_SIDE = 384
FAINT, VIVID = (205, 205, 205), (213, 94, 0)  # real points, and samples in Okabe and Ito's vermilion


def encode_grid(images: NDArray[Any], columns: int | None = None, names: Sequence[str] = ()) -> bytes:
    """PNG of images (n, c, h, w) in [-1, 1], c 1 or 3, row by row in a near-square grid; a NaN pixel is black.

    Small images are enlarged by a whole factor without smoothing, so that every pixel stays one. How the grid lies,
    and the `names` of its columns if they have any, are in the file for `decode_grid`.
    ValueError if there is no image or the shape is another.
    """
    _check(images)
    tiles = _enlarge(_to_bytes(images), SAMPLE_SIDE)
    columns = min(columns or math.ceil(math.sqrt(len(tiles))), len(tiles))
    layout = {"n": len(tiles), "columns": columns, "side": tiles.shape[1:3], "gap": GAP, "names": list(names)}
    return _png(sheet_of(tiles, columns), layout)


@dataclass(frozen=True)
class Grid:
    """Images (n, h, w, c) in 0..255, c 1 or 3, that stand row by row in `columns`, which may have `names`."""

    tiles: Pixels
    columns: int
    names: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return math.ceil(len(self.tiles) / self.columns)

    def corner(self, rows: int, columns: int) -> Grid:
        """The tiles of the first so many rows and columns; columns that have names are all kept."""
        columns = self.columns if self.names else min(columns, self.columns)
        kept = [n for n in range(min(rows * self.columns, len(self.tiles))) if n % self.columns < columns]
        return Grid(self.tiles[kept], min(columns, len(kept)), self.names)

    @property
    def sheet(self) -> Pixels:
        """The grid as one picture, (height, width, c); a single tile has no border."""
        return self.tiles[0] if len(self.tiles) == 1 else sheet_of(self.tiles, self.columns)


def decode_grid(png: bytes) -> Grid:
    """What `encode_grid` made; any other picture is a grid of one. ValueError if it is no picture."""
    try:
        with Image.open(io.BytesIO(png)) as image:
            layout = json.loads(getattr(image, "text", {}).get(LAYOUT, "null"))
            pixels = np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    except OSError as error:
        raise ValueError(f"no picture that can be read: {error}") from None
    sheet: Pixels = pixels.reshape(*pixels.shape[:2], -1)
    if layout is None:
        return Grid(sheet[None], 1)
    (height, width), gap = layout["side"], layout["gap"]
    lines = sheet[gap:].reshape(-1, height + gap, *sheet.shape[1:])[:, :height, gap:]
    tiles = lines.reshape(len(lines), height, -1, width + gap, sheet.shape[2])[:, :, :, :width]
    ordered = tiles.swapaxes(1, 2).reshape(-1, height, width, sheet.shape[2])
    return Grid(ordered[: layout["n"]], layout["columns"], tuple(layout["names"]))


def encode_weight_maps(maps: NDArray[Any], names: Sequence[str]) -> bytes:
    """PNG of weights (classes, c, h, w), one labelled tile a class: blue below zero, white at zero, red above.

    One colour scale, printed below, serves all classes. The channels of a class stand below each other.
    ValueError if there is not one name a class.
    """
    _check(maps)
    if len(names) != len(maps):
        raise ValueError(f"{len(maps)} weight maps need as many names, not {len(names)}")
    limit = _limit(maps)
    columns = min(len(maps), 5)
    stacked = maps.reshape(len(maps), 1, -1, maps.shape[-1])
    tiles = _label(_enlarge(_colour(stacked[:, 0] / limit), MAP_SIDE, maps.shape[2]), names)
    sheet = sheet_of(tiles, columns, gap=6)
    return _png(np.concatenate([sheet, _scale(sheet.shape[1], limit)]))


def encode_scatter(real: NDArray[Any], fake: NDArray[Any]) -> bytes:
    """PNG of the square [-1, 1] x [-1, 1]: real points (n, 2) faint and large, samples (m, 2) on them small and vivid.

    What lies outside is drawn at the edge, a point that is not finite nowhere. ValueError for another shape.
    """
    for points in (real, fake):
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"a scatter needs points of shape (n, 2), not {points.shape}")
    picture = Image.new("RGB", (SCATTER_SIDE, SCATTER_SIDE), "white")
    draw = ImageDraw.Draw(picture)
    for points, colour, radius in ((real, FAINT, 3), (fake, VIVID, 1)):
        for x, y in _places(points):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return _png(np.asarray(picture))


def _places(points: NDArray[Any]) -> list[list[int]]:
    """Column and row of each finite point on the picture; the second coordinate grows upwards."""
    finite = points[np.isfinite(points).all(axis=1)].clip(-1, 1) * [1, -1]
    places: list[list[int]] = np.round((finite + 1) / 2 * (SCATTER_SIDE - 1)).astype(int).tolist()
    return places


def _check(images: NDArray[Any]) -> None:
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.size == 0:
        raise ValueError(f"a picture needs images of shape (n, 1 or 3, height, width), not {images.shape}")


def _to_bytes(images: NDArray[Any]) -> Pixels:
    """(n, c, h, w) in [-1, 1] to (n, h, w, c) in 0..255."""
    finite = np.nan_to_num(images, nan=-1.0, posinf=1.0, neginf=-1.0).clip(-1, 1)
    pixels: Pixels = np.round((finite + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
    return pixels


def _enlarge(tiles: Pixels, side: int, height: int | None = None) -> Pixels:
    """Tiles (n, h, w, c) whose pixels are repeated so that a side of `height` comes near `side`."""
    factor = max(1, round(side / max(height or tiles.shape[1], tiles.shape[2])))
    return tiles.repeat(factor, axis=1).repeat(factor, axis=2)


def sheet_of(tiles: Pixels, columns: int, gap: int = GAP) -> Pixels:
    """Tiles (n, h, w, c) side by side on white, shape (height, width, c)."""
    n, height, width, channels = tiles.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), WHITE, dtype=np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + gap) + gap, (index % columns) * (width + gap) + gap
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _limit(maps: NDArray[Any]) -> float:
    """The weight shown in the deepest colour; 1 where all weights are zero."""
    sizes = np.abs(maps[np.isfinite(maps)])
    limit = float(np.percentile(sizes, CLIP_PERCENTILE)) if sizes.size else 0.0
    return limit or float(sizes.max(initial=0.0)) or 1.0


def _colour(values: NDArray[Any]) -> Pixels:
    """Values in [-1, 1], any shape, to diverging colours (..., 3); NaN is white."""
    finite = np.nan_to_num(values, nan=0.0).clip(-1, 1)
    anchors = np.linspace(-1, 1, len(DIVERGING))
    return np.stack([np.interp(finite, anchors, channel) for channel in DIVERGING.T], axis=-1).round().astype(np.uint8)


def _label(tiles: Pixels, names: Sequence[str]) -> Pixels:
    """Tiles (n, h, w, 3) with a strip above that holds the name, cut to the width."""
    strips = [_text_strip(tiles.shape[2], [(0.5, str(name))]) for name in names]
    return np.concatenate([np.stack(strips), tiles], axis=1)


def _scale(width: int, limit: float) -> Pixels:
    """A bar of all colours with its ends and zero below, shape (height, width, 3)."""
    bar = np.full((10, width, 3), WHITE, dtype=np.uint8)
    left, right = round(0.2 * width), round(0.8 * width)
    bar[2:, left:right] = _colour(np.linspace(-1, 1, right - left))
    ends = [(0.2, f"-{limit:.2g}"), (0.5, "0"), (0.8, f"+{limit:.2g}")]
    return np.concatenate([bar, _text_strip(width, ends)])


def _text_strip(width: int, texts: Sequence[tuple[float, str]]) -> Pixels:
    """White strip (height, width, 3) with each text centred at its share of the width."""
    strip = Image.new("RGB", (width, LABEL_HEIGHT), "white")
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(size=12)
    for share, text in texts:
        fitting = next(text[:n] for n in range(len(text), -1, -1) if n <= 1 or draw.textlength(text[:n], font) <= width)
        draw.text((share * width, LABEL_HEIGHT / 2), fitting, fill=INK, font=font, anchor="mm")
    return np.asarray(strip)


def _png(sheet: Pixels, layout: Mapping[str, Any] | None = None) -> bytes:
    grey = sheet.shape[-1] == 1
    buffer, text = io.BytesIO(), PngInfo()
    if layout is not None:
        text.add_text(LAYOUT, json.dumps(layout))
    # Not optimised: a tenth smaller would take ten times as long.
    Image.fromarray(sheet[..., 0] if grey else sheet).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def thumbnail(path: Path, side: int) -> Image.Image:
    """The picture in a file, no wider nor higher than `side` pixels."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side))
    return small
