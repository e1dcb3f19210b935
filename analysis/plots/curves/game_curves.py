"""Plot of a GAN's training: losses of generator and discriminator, and D's outputs on real and generated images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots import scales, style
from analysis.plots.verdicts import UNJUDGED, last_verdicts
from analysis.results import SPREAD, STEP, TRIAL, SweepResults

LOSSES = {"train/loss_g": "G loss", "train/loss_d": "D loss"}
SCORES = {"train/d_real": "D(x), real", "train/d_fake": "D(G(z)), fake"}
COLORS = {"train/loss_g": style.VERMILLION, "train/d_fake": style.VERMILLION}  # G's; D's are blue
SIZE = (4.4, 3.9)


class Line(NamedTuple):
    """A metric by step with its spread over the replicates, NaN where there is none."""

    metric: str
    label: str
    values: NDArray[np.float64]
    spread: NDArray[np.float64]


class GameCurves(NamedTuple):
    """The curves of a trial over the same `steps`; `scores` are empty if the model reports none.

    `balance` is the score at which D cannot tell real from fake, None where scores are a critic's and have no scale.
    """

    trial: str
    verdict: str
    steps: NDArray[np.int64]
    losses: tuple[Line, ...]
    scores: tuple[Line, ...]
    balance: float | None


def game_curves(sweep: SweepResults, trial: str | None = None) -> GameCurves:
    """The losses and scores of a trial, the best one if none is named."""
    trial = trial or sweep.best or ""
    rows = sweep.rows[sweep.rows[TRIAL] == trial].sort_values(STEP)
    losses, scores = (
        tuple(_line(rows, name, label) for name, label in table.items() if name in rows and rows[name].notna().any())
        for table in (LOSSES, SCORES)
    )
    values = np.concatenate([line.values for line in scores] or [np.empty(0)])
    is_probability = values.size and np.nanmin(values) >= 0 and np.nanmax(values) <= 1
    verdict = last_verdicts(sweep).get(trial, UNJUDGED)
    steps = rows[STEP].to_numpy(dtype=np.int64)
    return GameCurves(trial, verdict, steps, losses, scores, 0.5 if is_probability else None)


def draw_game_curves(axes: Axes, info: GameCurves) -> None:
    """Losses above, scores below, on the same steps: G's in vermillion and dashed, D's in blue."""
    parts = [(lines, name) for lines, name in ((info.losses, "loss"), (info.scores, "score")) if lines]
    panels = style.split(axes, max(1, len(parts)), 1)
    for panel, (lines, name) in zip(panels, parts, strict=False):
        _draw_lines(panel, info.steps, lines)
        style.set_labels(panel, "" if panel is not panels[-1] else "step (reporting interval)", name)
    if info.scores and info.balance is not None:
        panels[-1].axhline(info.balance, color=style.FAINT, linewidth=0.8, zorder=1)
        panels[-1].set_ylim(-0.03, 1.03)


def plot_game_curves(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `game_curves`."""
    return style.figure(draw_game_curves, game_curves(sweep, trial), SIZE)


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, where it is a game."""
    info = game_curves(sweep)
    if info.losses:
        verdict = "" if info.verdict == UNJUDGED else f", judged {info.verdict.replace('_', ' ')} at its last step"
        balance = " At the thin line D cannot tell real from fake." if info.balance is not None else ""
        caption = (
            f"The best trial, {info.trial}{verdict}. Losses tell who is ahead, not how good the images are.{balance}"
        )
        yield style.Picture("game", "Generator against discriminator", caption, info, draw_game_curves, SIZE)


def _line(rows: pd.DataFrame, metric: str, label: str) -> Line:
    values, spread = (
        rows[name].to_numpy(dtype=np.float64) if name in rows else np.full(len(rows), np.nan)
        for name in (metric, metric + SPREAD)
    )
    return Line(metric, label, values, spread)


def _draw_lines(axes: Axes, steps: NDArray[np.int64], lines: Sequence[Line]) -> None:
    for line in lines:
        color = COLORS.get(line.metric, style.BLUE)
        style.draw_line(
            axes,
            steps,
            line.values,
            line.spread,
            color=color,
            label=line.label,
            linestyle="--" if line.metric in COLORS else "-",
        )
    values = np.concatenate([line.values for line in lines])
    finite = values[np.isfinite(values)]
    scales.set_y_scale(axes, scales.value_scale(finite, None), finite)
    scales.set_x_scale(axes, "linear", steps.astype(float))
    style.set_legend(axes)
