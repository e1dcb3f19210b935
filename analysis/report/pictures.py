"""Prepares the pictures of a report page: SVGs for light and dark mode, and downscaled media."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from analysis.media import decode_grid
from analysis.plots import style
from analysis.report.page import address
from analysis.results import BEST_STEP, STEP, TRIAL, SweepResults
from basics.files import replace_file

THUMB_TILES = 4  # rows and columns
THUMB_SIDE, SHOWN_SIDE = 120, 440  # pixels
MAX_THUMBS = 1_000
SHOWN_BYTES = 6_000_000  # of all larger pictures; the best trials come first
FIRST = ("samples", "reconstructions", "weight_maps")  # the picture that stands for a trial, if it has it
QUALITY = 70
FILM_BYTES = 1_000_000
WIDE = 6.0  # inches


@dataclass(frozen=True)
class Figure:
    """A picture on the page, and the film of it if there is one; `wide` pictures take a line of their own."""

    name: str
    title: str
    caption: str
    address: str
    film: str
    wide: bool


def figures(pictures: Iterable[style.Picture], folder: Path | None = None) -> Iterator[Figure]:
    """The pictures drawn; with `folder` each is also written there as PNG, SVG and, if it moves, GIF."""
    for picture in pictures:
        figure = picture.figure()
        svg = style.render(figure, "svg")
        film = picture.animation() if picture.animation else b""
        if folder is not None:
            _write(folder, picture.name, {"svg": svg, "png": style.render(figure, "png"), "gif": film})
        yield Figure(
            name=picture.name,
            title=picture.title,
            caption=picture.caption,
            address=address(style.themed(svg), "image/svg+xml"),
            film=address(film, "image/gif") if 0 < len(film) < FILM_BYTES else "",
            wide=picture.size[0] > WIDE,
        )


def _write(folder: Path, name: str, contents: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for kind, content in contents.items():
        if content:
            replace_file(folder / f"{name}.{kind}", content)


def media(sweep: SweepResults, order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By trial a `thumb` and the `shown` pictures [name, step, address], as at its best step, while there is room."""
    steps = sweep.trials.set_index(TRIAL).get(BEST_STEP)
    by_trial = {str(name): versions for name, versions in sweep.media.groupby(TRIAL)}
    found: dict[str, dict[str, Any]] = {}
    room = SHOWN_BYTES
    for trial in [name for name in order if name in by_trial][:MAX_THUMBS]:
        versions = list(at_step(by_trial[trial], None if steps is None else steps.get(trial)))
        shown = [(name, step, small(Image.open(path), SHOWN_SIDE)) for name, step, path in versions if room > 0]
        room -= sum(len(picture) for _, _, picture in shown)
        found[trial] = {"thumb": thumb(versions[0][2].read_bytes()), "shown": shown}
    return found


def at_step(versions: pd.DataFrame, step: float | None) -> Iterator[tuple[str, int, Path]]:
    """Name, step and file of each of a trial's media as it was at `step` or, if there was none yet, at last."""
    for name, named in sorted(versions.groupby("name"), key=lambda pair: (pair[0] not in FIRST, str(pair[0]))):
        until = named[named[STEP] <= step] if step else named
        last = (until if len(until) else named).iloc[-1]
        yield str(name), int(last[STEP]), last["path"]


def thumb(png: bytes) -> str:
    """The first few tiles of a grid, or the whole of any other picture: of all tiles nothing would be seen."""
    sheet = decode_grid(png).corner(THUMB_TILES, THUMB_TILES).sheet
    return small(Image.fromarray(sheet.squeeze()), THUMB_SIDE)


def small(picture: Image.Image, side: int) -> str:
    """The picture, no larger than `side`, as an address."""
    picture = picture.convert("RGB")
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY)
    return address(buffer.getvalue(), "image/webp")
