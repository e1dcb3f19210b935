"""Plot of samples over training from the same latents: a strip of frames, and an animated GIF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from analysis.plots import style
from analysis.plots.images import pixels
from analysis.results import SweepResults

STRIP_FRAMES, FILM_FRAMES = 6, 24
SIDE = 5  # tiles a side of a frame, as far as there are any
WIDTH = 9.0  # inches
FRAME_MS, LAST_MS = 250, 2000
CAPTION_HEIGHT = 18


def film_strip(sweep: SweepResults, trial: str | None = None, count: int = STRIP_FRAMES) -> pixels.PicturesOverTraining:
    """An even choice of `count` of a trial's sample grids (the best trial's, if none is named), cut to a few tiles."""
    trial = trial or sweep.best or ""
    found = pixels.frames(sweep, trial, "samples", count)
    cut = (pixels.Frame(step, replace(grid.corner(SIDE, SIDE), names=())) for step, grid in found)
    return pixels.PicturesOverTraining(trial, tuple(cut))


def draw_film_strip(axes: Axes, info: pixels.PicturesOverTraining) -> None:
    """The frames side by side, each under its step."""
    pixels.draw_stages(axes, info, columns=len(info.frames))


def plot_film_strip(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `film_strip`."""
    info = film_strip(sweep, trial)
    return style.figure(draw_film_strip, info, _size(info))


def film(info: pixels.PicturesOverTraining) -> bytes:
    """The frames one after the other as a GIF that repeats; ValueError if there are none."""
    if not info.frames:
        raise ValueError(f"trial {info.trial!r} left no samples to make a film of")
    first, *others = [_picture(frame) for frame in info.frames]
    durations = [FRAME_MS] * len(others) + [LAST_MS]
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
    return buffer.getvalue()


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where there are samples of more than one step."""
    info = film_strip(sweep)
    if len(info.frames) > 1:
        caption = f"The best trial, {info.trial}: the same noise at every step."
        yield style.Picture(
            "film",
            "Samples over training",
            caption,
            info,
            draw_film_strip,
            _size(info),
            animation=partial(_film_of, sweep, info.trial),
        )


def _size(info: pixels.PicturesOverTraining) -> tuple[float, float]:
    return pixels.size(WIDTH, info.frames, max(1, len(info.frames)))


def _film_of(sweep: SweepResults, trial: str) -> bytes:
    return film(film_strip(sweep, trial, FILM_FRAMES))


def _picture(frame: pixels.Frame) -> Image.Image:
    """A frame above its step, in few colours."""
    sheet = Image.fromarray(frame.grid.sheet.squeeze()).convert("RGB")
    picture = Image.new("RGB", (sheet.width, sheet.height + CAPTION_HEIGHT), "white")
    picture.paste(sheet)
    place, font = (sheet.width / 2, sheet.height + CAPTION_HEIGHT / 2), ImageFont.load_default(size=12)
    ImageDraw.Draw(picture).text(place, f"step {frame.step}", fill=style.INK, font=font, anchor="mm")
    return picture.quantize(64)
