"""Plot of a GAN's final losses against each parameter, coloured by verdict: do the losses reveal collapse?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.plots import marks, scales, style
from analysis.plots.parameters.parameter_axis import ParameterAxis, draw_x, jitter, parameter_axis
from analysis.plots.verdicts import LOOKS, glyph_of, last_verdicts
from analysis.results import TRIAL, SweepResults
from analysis.searched import most_telling

LOSS_G, LOSS_D = "train/loss_g", "train/loss_d"
PANELS, COLUMNS = 6, 3
PANEL_SIZE, HEADER_HEIGHT = (3.0, 2.3), 0.5  # inches
MANY = 60  # trials: of more the marks are smaller


class FinalLosses(NamedTuple):
    """Of every trial that reported both: its losses at its last step and its verdict; `axes` are its parameters."""

    trials: tuple[str, ...]
    verdicts: tuple[str, ...]
    axes: tuple[ParameterAxis, ...]
    loss_g: NDArray[np.float64]
    loss_d: NDArray[np.float64]


def final_losses(sweep: SweepResults, panels: int = PANELS) -> FinalLosses:
    """Against the searched parameters that mattered most, or the first ones."""
    found = sweep.final.reindex(columns=[LOSS_G, LOSS_D]).dropna()
    table = sweep.trials[sweep.trials[TRIAL].isin(found.index)]
    losses = found.loc[table[TRIAL]].to_numpy(dtype=np.float64)
    return FinalLosses(
        trials=tuple(table[TRIAL]),
        verdicts=tuple(last_verdicts(sweep)[table[TRIAL]]),
        axes=tuple(parameter_axis(table, parameter) for parameter in most_telling(sweep, panels)),
        loss_g=losses[:, 0],
        loss_d=losses[:, 1],
    )


def draw_final_losses(axes: Axes, info: FinalLosses) -> None:
    """A panel a parameter: G's loss filled, D's hollow, those of one trial joined by a line."""
    rows, columns = _layout(info)
    header, body = style.split(axes, 2, 1, height_ratios=(HEADER_HEIGHT, PANEL_SIZE[1] * rows))
    panels = style.split(body, rows, columns)
    losses = np.concatenate([info.loss_g, info.loss_d])
    scale = scales.value_scale(losses, None)
    for number, (panel, axis) in enumerate(zip(panels, info.axes, strict=False)):
        _draw_panel(panel, info, axis)
        scales.set_y_scale(panel, scale, losses)
        draw_x(panel, axis, characters=24)
        style.set_labels(panel, style.shortened(axis.parameter, 30), "final loss" if number % columns == 0 else "")
    for panel in panels[len(info.axes) :]:
        panel.set_axis_off()
    _draw_legend(header, info)


def plot_final_losses(sweep: SweepResults, panels: int = PANELS) -> Figure:
    """The figure of `final_losses`."""
    info = final_losses(sweep, panels)
    return style.figure(draw_final_losses, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """One, where more than one trial was a game and a parameter was searched."""
    info = final_losses(sweep)
    if len(info.trials) > 1 and info.axes:
        caption = (
            f"One pair of marks a trial ({len(info.trials)} of them) at its last step: G's loss filled, D's hollow. "
            "Colour is the verdict on its images: where colours mix, losses do not tell it."
        )
        yield style.Picture("final_losses", "Final losses by parameter", caption, info, draw_final_losses, _size(info))


def _draw_panel(axes: Axes, info: FinalLosses, axis: ParameterAxis) -> None:
    x = axis.places + (jitter(len(axis.places)) if axis.categories else 0)
    ends = (x[axis.active], info.loss_d[axis.active], info.loss_g[axis.active])
    axes.vlines(*ends, color=style.FAINT, linewidth=0.6, alpha=0.5, zorder=2)
    size = 16 if len(info.trials) <= MANY else 9
    for verdict in dict.fromkeys(info.verdicts):
        chosen = marks.equal(verdict, info.verdicts) & axis.active
        color = glyph_of(verdict).color
        hollow: marks.Glyph = {"facecolors": style.PAPER, "edgecolors": color, "linewidths": 0.8, "zorder": 3}
        marks.scatter(axes, x[chosen], info.loss_g[chosen], s=size, color=color, linewidths=0, zorder=4)
        marks.scatter(axes, x[chosen], info.loss_d[chosen], s=size, **hollow)


def _draw_legend(axes: Axes, info: FinalLosses) -> None:
    """On axes of its own, over all panels."""
    kinds = sorted(set(info.verdicts), key=[*LOOKS, *info.verdicts].index)
    look: dict[str, Any] = {"linestyle": "", "markersize": 5, "marker": "o"}
    handles = [Line2D([], [], color=glyph_of(kind).color, label=kind.replace("_", " "), **look) for kind in kinds]
    handles += [
        Line2D([], [], color=style.MUTED, label="G loss", **look),
        Line2D([], [], color=style.MUTED, markerfacecolor=style.PAPER, label="D loss", **look),
    ]
    axes.set_axis_off()
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (0, 0.5), "ncols": 6, "frameon": False}
    axes.legend(handles=handles, **place, fontsize=style.FONT_SIZE - 1, labelcolor=style.INK, handlelength=1)


def _layout(info: FinalLosses) -> tuple[int, int]:
    """Rows and columns of panels."""
    columns = min(COLUMNS, max(1, len(info.axes)))
    return -(-max(1, len(info.axes)) // columns), columns


def _size(info: FinalLosses) -> tuple[float, float]:
    rows, columns = _layout(info)
    return PANEL_SIZE[0] * columns, PANEL_SIZE[1] * rows + HEADER_HEIGHT
