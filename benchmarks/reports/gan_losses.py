"""R2's question: what do the final losses of a GAN tell? Six parameters, and all trials together, by verdict."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from analysis.plots import style
from analysis.plots.scales import set_x_scale, set_y_scale
from analysis.plots.verdicts import COLLAPSES, glyph_of
from analysis.results import CONFIG, DONE, HEALTHY, STATUS, STEP, TRIAL, VERDICT, SweepResults
from benchmarks.reports.pictures import as_png, panels, title
from benchmarks.reports.readings import percent
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps

UPDATES_A_STEP = 250  # of gan_iterations


class Parameter(NamedTuple):
    """A panel of R2's figure: the sweep, the parameter, and the one that must have the same value, if any."""

    label: str
    sweep: str
    name: str
    tied: str = ""


PARAMETERS = (
    Parameter("batch size", "gan_batch_size", "batch_size"),
    Parameter("learning rate of both", "gan_learning_rate", "lr_g", "lr_d"),
    Parameter("iterations", "gan_iterations", STEP),
    Parameter("generator's width", "gan_generator_width", "g_width_1"),
    Parameter("discriminator's width", "gan_discriminator_width", "d_width_1"),
    Parameter("both widths", "gan_both_widths", "g_width_1", "d_width_1"),
)
ON_DIGITS = (*(parameter.sweep for parameter in PARAMETERS), "helvetica")
ALL_GANS = (*ON_DIGITS, "learning_rate_ratios", "class_spread_gan", "class_spread_cgan", "gan_5000")


def ends(sweep: SweepResults, *, every_step: bool = False) -> pd.DataFrame:
    """A row a finished trial: its last one, its config, and `gap`, how far apart the losses are; or all its rows.

    D's loss is a sum over real and fake images: half of it is G's where D cannot tell them apart, a gap of 0.
    """
    done = sweep.trials[sweep.trials[STATUS] == DONE]
    config = done.set_index(TRIAL)[[name for name in done if str(name).startswith(CONFIG)]]
    rows = sweep.rows[sweep.rows[TRIAL].isin(done[TRIAL])]
    rows = rows if every_step else rows.groupby(TRIAL).tail(1)
    gap = (rows["train/loss_g"] - rows["train/loss_d"] / 2).abs()
    dataset = sweep.manifest["data"]["name"]
    return rows.join(config, on=TRIAL).assign(gap=gap, sweep=sweep.folder.name, dataset=dataset)


def panel(sweeps: Sweeps, parameter: Parameter) -> pd.DataFrame:
    """What a panel shows, `x` ascending."""
    if parameter.name == STEP:
        table = ends(sweeps[parameter.sweep], every_step=True)
        return table.assign(x=table[STEP] * UPDATES_A_STEP).sort_values("x")
    table = ends(sweeps[parameter.sweep])
    if parameter.tied:
        table = table[table[CONFIG + parameter.name] == table[CONFIG + parameter.tied]]
    return table.assign(x=table[CONFIG + parameter.name].astype(float)).sort_values("x")


def pooled(sweeps: Sweeps) -> pd.DataFrame:
    """The end of every trial of every GAN, and within its sweep the rank, 0 to 1, of its gap and its distance."""
    table = pd.concat([ends(sweeps[name]) for name in ALL_GANS], ignore_index=True).copy()  # in one piece
    by_sweep = table.groupby("sweep")
    return table.assign(gap_rank=by_sweep["gap"].rank(pct=True), distance_rank=by_sweep["gen/frechet"].rank(pct=True))


def closest_is_best(sweeps: Sweeps) -> Finding:
    """Whether the setting whose losses are closest is among the best third by the Fréchet distance, a panel each."""
    hits, words = [], []
    for parameter in PARAMETERS:
        table = panel(sweeps, parameter)
        closest = table.loc[table["gap"].idxmin()]
        place = int((table["gen/frechet"] < closest["gen/frechet"]).sum()) + 1
        hits += [place <= np.ceil(len(table) / 3)]
        words.append(f"{parameter.label} {closest['x']:g} (no. {place} of {len(table)}, {_plain(closest[VERDICT])})")
    hit = sum(hits)
    answer: Answer = "agree" if hit <= 2 else "disagree" if hit >= 5 else "depends"
    reason = f"among the best third in {hit} of 6 panels, where chance gives 2"
    return Finding("closest losses at " + ", ".join(words), answer, reason)


def tell_no_quality(sweeps: Sweeps) -> Finding:
    table = pooled(sweeps)
    among = {"all": table, "healthy ones": table[table[VERDICT] == HEALTHY]}
    found = {name: float(stats.spearmanr(t["gap_rank"], t["distance_rank"]).statistic) for name, t in among.items()}
    size = abs(found["all"])
    answer: Answer = "agree" if size < 0.3 else "disagree" if size > 0.6 else "depends"
    measured = ", ".join(f"{value:+.2f} among {name} ({len(among[name])})" for name, value in found.items())
    measured = f"rank correlation of the gap of the losses with the Fréchet distance, within sweeps: {measured}"
    return Finding(measured, answer, f"the gap explains {percent(found['all'] ** 2)} of the ranks' variance")


def tell_collapse(sweeps: Sweeps) -> Finding:
    table = pooled(sweeps)
    healthy = table[table[VERDICT] == HEALTHY]["gap"]
    collapsed = table[table[VERDICT].isin(COLLAPSES)]["gap"]
    failed = table[table[VERDICT] != HEALTHY]["gap"]
    if collapsed.empty or healthy.empty:
        return Finding(f"{len(collapsed)} collapsed and {len(healthy)} healthy trials", "depends", "nothing to compare")
    auroc = chance(collapsed, healthy)
    side = max(auroc, 1 - auroc)
    answer: Answer = "agree" if side >= 0.8 else "disagree" if side < 0.65 else "depends"
    measured = (
        f"a collapsed trial ({len(collapsed)}) has a wider gap than a healthy one ({len(healthy)}) with a chance of "
        f"{auroc:.2f}; any failed one ({len(failed)}) with {chance(failed, healthy):.2f}"
    )
    return Finding(measured, answer, "0.5 is a coin, 1 a sure sign")


def close_but_bad(sweeps: Sweeps) -> Finding:
    table = pooled(sweeps)
    close = table[table["gap_rank"] <= 1 / 3]
    bad = float((close[VERDICT] != HEALTHY).mean())
    rest = float((table[table["gap_rank"] > 1 / 3][VERDICT] != HEALTHY).mean())
    answer: Answer = "agree" if bad >= 0.2 else "disagree" if bad < 0.05 else "depends"
    measured = f"of the third of trials with the closest losses ({len(close)}) {percent(bad)} are not healthy"
    counts = close[close[VERDICT] != HEALTHY][VERDICT].value_counts()
    kinds = ", ".join(f"{count} {_plain(name)}" for name, count in counts.items()) or "none"
    return Finding(measured, answer, f"of the others {percent(rest)}; among the close ones: {kinds}")


def chance(one: pd.Series[float], other: pd.Series[float]) -> float:
    """That a value of `one` is over one of `other`, ties half."""
    return float(stats.mannwhitneyu(one, other).statistic / (len(one) * len(other)))


def picture_of_panels(sweeps: Sweeps) -> bytes:
    figure, axes = panels(3, 2, size=(3.1, 2.5))
    seen: dict[str, None] = {}
    for one, parameter in zip(axes, PARAMETERS, strict=True):
        table = panel(sweeps, parameter)
        for metric, line in (("train/loss_g", "-"), ("train/loss_d", ":")):
            means = table.groupby("x")[metric].mean()
            one.plot(means.index, means, color=style.FAINT, linestyle=line, linewidth=1.2, zorder=1)
            _marks(one, table, metric)
        seen |= dict.fromkeys(table[VERDICT])
        set_x_scale(one, "linear" if parameter.name == STEP else "log", table["x"].to_numpy(float))
        set_y_scale(one, "log", table[["train/loss_g", "train/loss_d"]].to_numpy(float).ravel())
        style.set_labels(one, parameter.label, "final loss" if one in axes[::3] else "")
    _legend(figure, seen)
    return as_png(figure)


def picture_of_gaps(sweeps: Sweeps) -> bytes:
    table = pooled(sweeps)
    datasets = list(dict.fromkeys(table["dataset"]))
    figure, axes = panels(len(datasets), size=(3.1, 2.9))
    for one, dataset in zip(axes, datasets, strict=True):
        of_one = table[table["dataset"] == dataset]
        for verdict, part in of_one.groupby(VERDICT):
            glyph = glyph_of(str(verdict))
            one.scatter(part["gap"], part["gen/frechet"], s=22, color=glyph.color, marker=glyph.marker)
        set_x_scale(one, "log", of_one.loc[of_one["gap"] > 0, "gap"].to_numpy(float))
        set_y_scale(one, "log", of_one["gen/frechet"].to_numpy(float))
        title(one, dataset)
        style.set_labels(one, "gap of the losses", "gen/frechet" if one is axes[0] else "")
    _legend(figure, dict.fromkeys(table[VERDICT]))
    return as_png(figure)


def _marks(axes: Axes, table: pd.DataFrame, metric: str) -> None:
    for verdict, part in table.groupby(VERDICT):
        glyph = glyph_of(str(verdict))
        axes.scatter(part["x"], part[metric], s=20, color=glyph.color, marker=glyph.marker, zorder=3)


def _legend(figure: Figure, verdicts: dict[str, None]) -> None:
    handles = [
        Line2D([], [], linestyle="", marker=glyph_of(name).marker, color=glyph_of(name).color, label=_plain(name))
        for name in verdicts
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=style.FONT_SIZE - 1)


def _plain(verdict: str) -> str:
    return verdict.replace("_", " ")


SIX = (
    Claim(
        "Of each parameter, where the final losses stay close is not where the samples are good.",
        "Is the setting with the closest losses among the best third by the Fréchet distance? Agree in at most 2 of "
        "the 6 panels (chance), disagree in 5 or more.",
        closest_is_best,
    ),
)
LOSSES = (
    Claim(
        "The losses do not tell quality.",
        "Rank correlation of the gap with the Fréchet distance: agree under 0.3, disagree over 0.6.",
        tell_no_quality,
    ),
    Claim(
        "They tell collapse.",
        "The chance that the gap puts a collapsed and a healthy trial in order: agree from 0.8, disagree under 0.65.",
        tell_collapse,
    ),
    Claim(
        "Even when the losses stay close the samples may be bad.",
        "Agree if a fifth of the third with the closest losses is not healthy, disagree under a twentieth.",
        close_but_bad,
    ),
)

STUDIES = (
    Study(
        name="gan_parameters",
        title="Six parameters of a GAN",
        source="R2",
        setting=(
            "An MLP GAN on the 8 x 8 digits, 1,000 updates a trial, one parameter at a time and the others at our "
            "defaults (widths with one hidden layer in each net; iterations up to 5,000). Final loss of G (solid) and "
            "of D (dotted) as in the report, coloured by the judge's verdict on the samples, which the report lacked. "
            "D's loss is a sum over real and fake: the losses are close where half of it is G's."
        ),
        sweeps=tuple(parameter.sweep for parameter in PARAMETERS),
        claims=SIX,
        picture=picture_of_panels,
        caption="Final losses by parameter; marks by verdict.",
    ),
    Study(
        name="losses_and_quality",
        title="What the losses tell",
        source="R2",
        setting=(
            "All GANs of this page that are swept by their losses, on digits, MNIST and Fashion-MNIST: the gap of the "
            "two losses at the end, the verdict, and the Fréchet distance in features of a net trained on the data "
            "set itself (no published FID)."
        ),
        sweeps=ALL_GANS,
        claims=LOSSES,
        picture=picture_of_gaps,
        caption="Fréchet distance against the gap of the losses, a mark a trial by verdict.",
    ),
)
