"""Plot of evidence for mode collapse: samples, their class shares beside the real ones, their nearest real images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.formatting import class_names
from analysis.plots import style
from analysis.plots.images import pixels
from analysis.plots.verdicts import UNJUDGED, last_verdicts
from analysis.results import CLASS_HISTOGRAM, EVIDENCE, HEALTHY, SEVERITY, STEP, SweepResults, in_a_cell

SIDE = 7  # tiles a side of the samples
PAIRS, ROWS = 7, 4  # samples shown with their neighbours, and rows of both
WIDTH, HEIGHT = 3.0, 3.3  # inches of a panel
MAX_NAMES = 20  # classes; of more the names would not be readable


class Collapse(NamedTuple):
    """One trial at `step`: the verdict on its samples and what it rests on.

    `shares` (classes,) of the samples taken for each of `classes`, `real` those of the training images, None where
    unknown. `neighbours` has a row of samples, then rows of the training images nearest to each, nearest first.
    """

    trial: str
    step: int
    verdict: str
    severity: float
    evidence: str
    samples: pixels.Frame | None
    neighbours: pixels.Frame | None
    classes: tuple[str, ...]
    shares: NDArray[np.float64] | None
    real: NDArray[np.float64] | None


def collapse(sweep: SweepResults, trial: str | None = None) -> Collapse:
    """A trial at its last step, with the verdict on that; the best one, if none is named."""
    trial = trial or sweep.best or ""
    last = sweep.final.loc[trial].to_dict() if trial in sweep.final.index else {}
    found = last.get(CLASS_HISTOGRAM)
    shares = np.array(found, dtype=np.float64) if isinstance(found, list) else None
    data = sweep.manifest.get("data") or {}
    real = np.array(data["class_shares"], dtype=np.float64) if data.get("class_shares") else None
    samples, neighbours = (_last(sweep, trial, name) for name in ("samples", "neighbours"))
    evidence = last.get(EVIDENCE)
    return Collapse(
        trial=trial,
        step=int(last.get(STEP, 0)),
        verdict=str(last_verdicts(sweep).get(trial, UNJUDGED)),
        severity=float(last.get(SEVERITY, np.nan)),
        evidence=in_a_cell(evidence) if isinstance(evidence, list) else "",
        samples=samples,
        neighbours=neighbours,
        classes=class_names(sweep, 0 if shares is None else len(shares)),
        shares=shares,
        real=real if shares is not None and real is not None and len(real) == len(shares) else None,
    )


def draw_collapse(axes: Axes, info: Collapse) -> None:
    """A panel each for samples, class histogram and neighbours, as far as there are any."""
    draws: list[Callable[[Axes], None]] = []
    if info.samples is not None:
        samples = replace(info.samples.grid, names=()).corner(SIDE, SIDE)
        draws.append(lambda panel: pixels.show(panel, samples, f"samples at step {info.step}"))
    if info.shares is not None:
        draws.append(lambda panel: _draw_histogram(panel, info))
    if info.neighbours is not None:
        neighbours = info.neighbours.grid.corner(ROWS, PAIRS)
        draws.append(lambda panel: pixels.show(panel, neighbours, "samples above nearest training images"))
    for panel, draw in zip(style.split(axes, 1, max(1, len(draws))), draws, strict=False):
        draw(panel)


def plot_collapse(sweep: SweepResults, trial: str | None = None) -> Figure:
    """The figure of `collapse`."""
    info = collapse(sweep, trial)
    return style.figure(draw_collapse, info, _size(info))


def pictures(sweep: SweepResults) -> Iterator[style.Picture]:
    """The best trial's, and the worst one's where one was judged not to be healthy."""
    for name, trial in dict.fromkeys([("best", sweep.best), ("worst", _worst(sweep))]):
        info = collapse(sweep, trial)
        if trial is None or info.samples is None or (name == "worst" and trial == sweep.best):
            continue
        verdict = "" if info.verdict == UNJUDGED else f": {info.verdict.replace('_', ' ')}"
        caption = f"The {name} trial, {info.trial}. {info.evidence[:1].upper()}{info.evidence[1:]}".rstrip()
        title = f"Has it collapsed? Trial {info.trial} at its last step{verdict}"
        yield style.Picture(f"collapse_{name}", title, caption, info, draw_collapse, _size(info))


def _size(info: Collapse) -> tuple[float, float]:
    panels = [part for part in (info.samples, info.shares, info.neighbours) if part is not None]
    return WIDTH * max(1, len(panels)), HEIGHT


def _last(sweep: SweepResults, trial: str, name: str) -> pixels.Frame | None:
    found = pixels.frames(sweep, trial, name, 2)
    return found[-1] if found else None


def _worst(sweep: SweepResults) -> str | None:
    """The trial whose last verdict is the most severe, None where all are healthy or none was judged."""
    verdicts = last_verdicts(sweep)
    sick = verdicts.index[~verdicts.isin([HEALTHY, UNJUDGED])]
    severity = sweep.final[SEVERITY].reindex(sick).dropna() if SEVERITY in sweep.final else None
    return str(severity.idxmax()) if severity is not None and len(severity) else None


def _draw_histogram(axes: Axes, info: Collapse) -> None:
    """Bars of the samples' shares, a line at the real ones."""
    assert info.shares is not None
    places = np.arange(len(info.shares))
    axes.bar(places, info.shares, width=0.75, color=style.BLUE, label="samples")
    if info.real is not None:
        axes.hlines(info.real, places - 0.45, places + 0.45, color=style.INK, linewidth=1.4, label="real")
    if len(places) <= MAX_NAMES:
        slant: dict[str, Any] = {"rotation": 45, "ha": "right"} if max(map(len, info.classes)) > 3 else {}
        axes.set_xticks(places, [style.plain(name, 14) for name in info.classes], **slant)
    style.set_labels(axes, "class the samples are taken for", "share")
    style.set_legend(axes)
