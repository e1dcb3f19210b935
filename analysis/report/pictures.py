"""Pictures as the page holds them: one SVG for a light and a dark page, media made small."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from analysis.plots import PICTURES, style
from analysis.report.page import address, replace
from analysis.results import BEST_STEP, FIGURES_FOLDER, STEP, TRIAL, Sweep

THUMB_CROP, THUMB_SIDE = 202, 120  # pixels: the first tiles of a grid say more than all of them too small to see
SHOWN_SIDE = 440
MAX_THUMBS = 1_000
SHOWN_BYTES = 6_000_000  # of all larger pictures; the best trials come first
FIRST = ("samples", "reconstructions", "weight_maps")  # the picture that stands for a trial, if it has it
QUALITY = 70


@dataclass(frozen=True)
class Figure:
    """A picture on the page."""

    name: str
    title: str
    caption: str
    address: str


def figures(sweep: Sweep, section: str) -> Iterator[Figure]:
    """The section's pictures, each also written as PNG and SVG."""
    folder = sweep.folder / FIGURES_FOLDER
    folder.mkdir(exist_ok=True)
    for picture in PICTURES[section](sweep):
        figure = picture.figure()
        svg = style.render(figure, "svg")
        replace(folder / f"{picture.name}.svg", svg)
        replace(folder / f"{picture.name}.png", style.render(figure, "png"))
        if picture.animation:
            replace(folder / f"{picture.name}.gif", picture.animation())
        yield Figure(picture.name, picture.title, picture.caption, address(style.themed(svg), "image/svg+xml"))


def media(sweep: Sweep, order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By trial a `thumb` and the `shown` pictures [name, step, address], as at its best step, while there is room."""
    steps = sweep.trials.set_index(TRIAL).get(BEST_STEP)
    by_trial = {str(name): versions for name, versions in sweep.media.groupby(TRIAL)}
    found: dict[str, dict[str, Any]] = {}
    room = SHOWN_BYTES
    for trial in [name for name in order if name in by_trial][:MAX_THUMBS]:
        versions = list(at_step(by_trial[trial], None if steps is None else steps.get(trial)))
        shown = [(name, step, small(path, SHOWN_SIDE)) for name, step, path in versions if room > 0]
        room -= sum(len(picture) for _, _, picture in shown)
        found[trial] = {"thumb": small(versions[0][2], THUMB_SIDE, THUMB_CROP), "shown": shown}
    return found


def at_step(versions: pd.DataFrame, step: float | None) -> Iterator[tuple[str, int, Path]]:
    """Name, step and file of each of a trial's media as it was at `step` or, if there was none yet, at last."""
    for name, named in sorted(versions.groupby("name"), key=lambda pair: (pair[0] not in FIRST, str(pair[0]))):
        until = named[named[STEP] <= step] if step else named
        last = (until if len(until) else named).iloc[-1]
        yield str(name), int(last[STEP]), last["path"]


def small(path: Path, side: int, crop: int | None = None) -> str:
    """The picture, or its first `crop` pixels each way, no larger than `side`, as an address."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if crop:
        picture = picture.crop((0, 0, min(crop, picture.width), min(crop, picture.height)))
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY)
    return address(buffer.getvalue(), "image/webp")
