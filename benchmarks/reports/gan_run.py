"""R0 and R1 on one long run of a GAN: noise, losses, copies among the samples, interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.metrics.game import oscillation
from analysis.plots import style
from analysis.results import CONFIG, STEP, TRIAL, VERDICT, SweepResults
from benchmarks.reports.gan_losses import ends
from benchmarks.reports.gan_rates import FAST, SLOW, plain
from benchmarks.reports.pictures import as_png, corner, legend, line, media, panels, side_by_side, title, with_title
from benchmarks.reports.readings import percent
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps

UPDATES_A_STEP = 500  # of gan_5000


def runs(sweeps: Sweeps) -> dict[str, pd.DataFrame]:
    """The rows of gan_5000 by what D's learning rate is to G's."""
    table = ends(sweeps["gan_5000"], every_step=True)
    return {
        "D as fast as G": table[table[CONFIG + "lr_d"] == SLOW].sort_values(STEP),
        "D ten times as fast": table[table[CONFIG + "lr_d"] == FAST].sort_values(STEP),
    }


def pure_noise(sweeps: Sweeps) -> Finding:
    found = {name: rows.iloc[-1] for name, rows in runs(sweeps).items()}
    noise = [name for name, row in found.items() if row[VERDICT] == "noise"]
    answer: Answer = "agree" if len(noise) == len(found) else "depends" if noise else "disagree"
    measured = ", ".join(
        f"{name}: {plain(row)}, Fréchet distance {row['gen/frechet']:.0f}, {row['gen/modes_covered']:.0f} of 10 classes"
        for name, row in found.items()
    )
    first = {
        name: next(iter(rows[STEP][rows[VERDICT] != "noise"] * UPDATES_A_STEP), None)
        for name, rows in runs(sweeps).items()
    }
    reason = ", ".join(
        f"{name} it is more than noise from update {step} on" if step else f"{name} it is noise throughout"
        for name, step in first.items()
    )
    return Finding(f"after 5,000 updates {measured}", answer, reason)


def discriminator_overpowers(sweeps: Sweeps) -> Finding:
    trends = {name: (trend(rows["train/loss_d"]), trend(rows["train/loss_g"])) for name, rows in runs(sweeps).items()}
    holds = [name for name, (d, g) in trends.items() if d <= -0.7 and g >= 0.7]
    answer: Answer = "agree" if len(holds) == len(trends) else "depends" if holds else "disagree"
    measured = "; ".join(
        f"{name}: D's loss {rows['train/loss_d'].iloc[0]:.2f} to {rows['train/loss_d'].iloc[-1]:.2f}, "
        f"G's {rows['train/loss_g'].iloc[0]:.2f} to {rows['train/loss_g'].iloc[-1]:.2f}"
        for name, rows in runs(sweeps).items()
    )
    reason = ", ".join(f"{name}: rank correlation with time D {d:+.2f}, G {g:+.2f}" for name, (d, g) in trends.items())
    return Finding(measured, answer, reason)


def oscillates(sweeps: Sweeps) -> Finding:
    turns = {name: oscillation(games(rows)) for name, rows in runs(sweeps).items()}
    answer: Answer = "agree" if min(turns.values()) >= 0.5 else "disagree" if max(turns.values()) < 0.25 else "depends"
    measured = ", ".join(f"{name}: G's loss turns at {percent(share)} of the steps" for name, share in turns.items())
    return Finding(measured, answer, "a steady course never turns, independent noise at two thirds")


def trend(values: pd.Series[float]) -> float:
    """Rank correlation with time."""
    return float(stats.spearmanr(np.arange(len(values)), values).statistic)


def games(rows: pd.DataFrame) -> list[dict[str, float]]:
    """G's losses as the metrics of a game take them."""
    return [{"train/loss_g": float(loss)} for loss in rows["train/loss_g"]]


def many_alike(sweeps: Sweeps) -> Finding:
    found = {name: rows.iloc[-1] for name, rows in runs(sweeps).items()}
    share = {name: float(row["gen/duplicates"]) for name, row in found.items()}
    answer: Answer = "agree" if min(share.values()) >= 0.3 else "disagree" if max(share.values()) < 0.1 else "depends"
    measured = ", ".join(
        f"{name}: {percent(share[name])} near-duplicates, {row['gen/modes_covered']:.0f} of 10 classes, "
        f"diversity within a class {row['gen/class_diversity']:.2f} of the real one"
        for name, row in found.items()
    )
    return Finding(measured, answer, ", ".join(f"{name}: {plain(row)}" for name, row in found.items()))


def picture_of_ends(sweeps: Sweeps) -> bytes:
    grids = {
        name: media(sweeps["gan_5000"], str(rows[TRIAL].iloc[0]), "samples") for name, rows in runs(sweeps).items()
    }
    return side_by_side([with_title(corner(grid, 6), name) for name, grid in grids.items()])


def path_is_noise(sweeps: Sweeps) -> Finding:
    rows = {name: table.iloc[-1] for name, table in runs(sweeps).items()}
    rows |= {
        f"{name} ({sweep})": best(sweeps[sweep])
        for name, sweep in (("GAN", "class_spread_gan"), ("VAE", "vae_fashion"))
    }
    real = {name: float(row["gen/path_realism"]) for name, row in rows.items()}
    ours = [real[name] for name in runs(sweeps)]
    answer: Answer = "agree" if max(ours) < 0.2 else "disagree" if min(ours) > 0.5 else "depends"
    measured = ", ".join(f"{name} {percent(value)}" for name, value in real.items())
    pace = ", ".join(f"{name} {row['gen/path_smoothness']:.2f}" for name, row in rows.items())
    return Finding(f"images on the way that look real: {measured}", answer, f"smoothness (1 is an even pace): {pace}")


def best(sweep: SweepResults) -> pd.Series[Any]:
    """The last row of the sweep's best trial."""
    return sweep.final.loc[sweep.ranked[0]]


def film(sweeps: Sweeps) -> bytes:
    """Samples at several steps, a row a run, and the losses below."""
    sweep = sweeps["gan_5000"]
    shown = (1, 2, 4, 7, 10)
    pictures = []
    for name, rows in runs(sweeps).items():
        trial = str(rows[TRIAL].iloc[0])
        steps = [step for step in shown if step in set(rows[STEP])]
        pictures += [
            with_title(corner(media(sweep, trial, "samples", step), 4), f"{name}, {step * UPDATES_A_STEP}")
            for step in steps
        ]
    return side_by_side([*pictures, curves(sweeps)], columns=len(shown))


def curves(sweeps: Sweeps) -> bytes:
    figure, axes = panels(2, size=(4.2, 2.4))
    for one, (name, rows) in zip(axes, runs(sweeps).items(), strict=True):
        for number, metric in enumerate(("train/loss_g", "train/loss_d", "train/d_real", "train/d_fake")):
            line(one, rows[STEP].to_numpy() * float(UPDATES_A_STEP), rows[metric].to_numpy(), number, metric)
        title(one, name)
        style.set_labels(one, "updates", "")
    legend(axes[0])
    return as_png(figure)


def picture_of_paths(sweeps: Sweeps) -> bytes:
    rows = runs(sweeps)
    pictures = [media(sweeps["gan_5000"], str(table[TRIAL].iloc[0]), "interpolation") for table in rows.values()]
    pictures += [
        media(sweeps[name], sweeps[name].ranked[0], "interpolation") for name in ("class_spread_gan", "vae_fashion")
    ]
    names = [*rows, "GAN (class_spread_gan)", "VAE (vae_fashion)"]
    return side_by_side([with_title(one, name) for one, name in zip(pictures, names, strict=True)], columns=2)


LONG_RUN = (
    Claim(
        "After 5,000 steps the samples are pure noise.",
        "By the judge's verdict on both runs; depends if one of them is noise.",
        pure_noise,
    ),
    Claim(
        "D's loss falls steadily, G's rises: D overpowers G.",
        "Rank correlation with time under -0.7 for D and over 0.7 for G; depends if in one run.",
        discriminator_overpowers,
    ),
    Claim(
        "The losses oscillate (R1).",
        "The share of steps at which G's loss turns: agree from a half on in both runs, disagree under a quarter.",
        oscillates,
    ),
)
COLLAPSE = (
    Claim(
        "Many samples are almost the same.",
        "Share of near-duplicates: agree from 30 % in both runs, disagree under 10 % in both.",
        many_alike,
    ),
)
PATHS = (
    Claim(
        "Interpolation in latent space is noise too (R0).",
        "Share of the images on the way that lie within the reach of real ones: agree under 20 % in both runs, "
        "disagree over 50 % in both.",
        path_is_noise,
    ),
)

STUDIES = (
    Study(
        name="gan_5000",
        title="A GAN of 5,000 steps",
        source="R0 and R1",
        setting=(
            "An MLP GAN on Fashion-MNIST as in the reports: 100-d noise, three hidden layers in each net (here of "
            "128), 5,000 updates, looked at every 500. The reports do not say their learning rates: here 0.0002 for "
            "both, and D ten times as fast."
        ),
        sweeps=("gan_5000",),
        claims=LONG_RUN,
        picture=film,
        caption="Samples at some steps of both runs, and their losses.",
    ),
    Study(
        name="collapse_test",
        title="Mode-collapse test",
        source="R1",
        setting=("The samples at the end of the same two runs."),
        sweeps=("gan_5000",),
        claims=COLLAPSE,
        picture=picture_of_ends,
        caption="Samples at the end of both runs.",
    ),
    Study(
        name="interpolation",
        title="Interpolation in latent space",
        source="R0 and R1",
        setting=("From the same two runs, and from the best GAN and VAE of the sections below."),
        sweeps=("gan_5000", "class_spread_gan", "vae_fashion"),
        claims=PATHS,
        picture=picture_of_paths,
        caption="Ways from one latent point to another, a row each.",
    ),
)
