"""R2 on Helvetica: are the best-looking digits those of a GAN that makes only a few of them?"""

from __future__ import annotations

import pandas as pd

from analysis.results import CONFIG, HEALTHY, TRIAL, VERDICT
from benchmarks.reports.gan_losses import ON_DIGITS, ends
from benchmarks.reports.gan_rates import plain
from benchmarks.reports.pictures import corner, media, side_by_side, with_title
from benchmarks.reports.readings import percent, points
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps


def on_digits(sweeps: Sweeps) -> pd.DataFrame:
    return pd.concat([ends(sweeps[name]) for name in ON_DIGITS], ignore_index=True)


def best_looking(sweeps: Sweeps) -> Finding:
    table = on_digits(sweeps)
    few = table[table[VERDICT] == "mode_collapse"]
    healthy = table[table[VERDICT] == HEALTHY]
    if few.empty or healthy.empty:
        return Finding(f"{len(few)} collapsed and {len(healthy)} healthy trials", "depends", "nothing to compare")
    top, best = few.loc[few["gen/precision"].idxmax()], healthy.loc[healthy["gen/precision"].idxmax()]
    margin = float(top["gen/precision"] - best["gen/precision"])
    measured = (
        f"most real-looking samples of a trial of few classes {percent(top['gen/precision'])} "
        f"({top['gen/modes_covered']:.0f} classes), of a healthy one {percent(best['gen/precision'])}"
    )
    median = points(float(few["gen/precision"].median() - healthy["gen/precision"].median()))
    answer: Answer = "agree" if margin >= 0 else "disagree" if margin < -0.05 else "depends"
    return Finding(measured, answer, f"medians of {len(few)} and {len(healthy)} trials differ by {median}")


def too_much_g(sweeps: Sweeps) -> Finding:
    table = ends(sweeps["helvetica"])
    by_steps = table.groupby(CONFIG + "g_steps")
    covered = by_steps["gen/modes_covered"].mean()
    kinds = {steps: ", ".join(plain(row) for _, row in part.iterrows()) for steps, part in by_steps}
    fewer = covered.iloc[-1] - covered.iloc[0]
    answer: Answer = "agree" if fewer <= -2 else "disagree" if fewer >= -0.5 else "depends"
    measured = "classes by G steps to one of D: " + ", ".join(f"{s:g}: {c:.1f}" for s, c in covered.items())
    return Finding(measured, answer, "; ".join(f"{steps:g} steps: {words}" for steps, words in kinds.items()))


def picture_of_helvetica(sweeps: Sweeps) -> bytes:
    """The most real-looking samples of a trial of few classes, and of a healthy one."""
    table = on_digits(sweeps).sort_values("gen/precision", ascending=False)
    pictures = []
    for verdict in ("mode_collapse", "low_diversity", HEALTHY):
        for _, row in table[table[VERDICT] == verdict].head(1).iterrows():
            content = corner(media(sweeps[row["sweep"]], str(row[TRIAL]), "samples"), 5)
            pictures.append(with_title(content, f"{plain(row)}: {row['gen/modes_covered']:.0f} classes"))
    return side_by_side(pictures)


HELVETICA = (
    Claim(
        "The best-looking digits come from a GAN that makes only a few of them.",
        "The highest share of real-looking samples of a trial of few classes, not under that of a healthy one; "
        "disagree if five points below.",
        best_looking,
    ),
    Claim(
        "Helvetica comes from training G too much for D (Goodfellow et al. 2014).",
        "Classes covered with 10 G steps less those with one: agree from two fewer, disagree if it is half a class.",
        too_much_g,
    ),
)

STUDIES = (
    Study(
        name="helvetica",
        title="The Helvetica scenario",
        source="R2",
        setting=(
            "All GANs on digits above, and a sweep with up to ten G steps to one of D, where Goodfellow et al. 2014 "
            "expect it."
        ),
        sweeps=ON_DIGITS,
        claims=HELVETICA,
        picture=picture_of_helvetica,
        caption="The most real-looking samples of a trial of each verdict.",
    ),
)
