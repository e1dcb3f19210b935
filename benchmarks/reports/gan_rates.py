"""R4 on a GAN's two learning rates and the steps of its two nets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.results import CONFIG, TRIAL, VERDICT
from benchmarks.reports.gan_losses import ends
from benchmarks.reports.pictures import corner, media, side_by_side, with_title
from benchmarks.reports.readings import percent
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps

SLOW, FAST = 0.0002, 0.002
# What R4 tried: learning rates of G and D, steps of G to one of D.
SETTINGS = {
    "equal": (SLOW, SLOW, 1),
    "G ten times D": (FAST, SLOW, 1),
    "D ten times G": (SLOW, FAST, 1),
    "three G steps": (SLOW, SLOW, 3),
}


def settings(sweeps: Sweeps) -> dict[str, pd.Series[Any]]:
    """The last row of each of R4's settings."""
    table = ends(sweeps["learning_rate_ratios"])
    keys = zip(table[CONFIG + "lr_g"], table[CONFIG + "lr_d"], table[CONFIG + "g_steps"], strict=True)
    rows = {key: table.iloc[number] for number, key in enumerate(keys)}
    return {name: rows[key] for name, key in SETTINGS.items()}


def equal_is_best(sweeps: Sweeps) -> Finding:
    found = settings(sweeps)
    distance = {name: float(row["gen/frechet"]) for name, row in found.items()}
    best = min(distance, key=lambda name: distance[name])
    measured = "; ".join(f"{name}: {distance[name]:.1f}, {plain(row)}" for name, row in found.items())
    over = distance["equal"] / distance[best] - 1
    answer: Answer = "agree" if best == "equal" else "depends" if over <= 0.1 else "disagree"
    reason = f"best is {best}" + ("" if best == "equal" else f"; equal rates are {percent(over)} over it")
    return Finding(f"Fréchet distance and verdict: {measured}", answer, reason)


def fast_generator(sweeps: Sweeps) -> Finding:
    equal, fast = (losses(settings(sweeps)[name]) for name in ("equal", "G ten times D"))
    ratio = fast[0] / equal[0]
    answer: Answer = "agree" if ratio >= 1.5 else "disagree" if ratio < 1 else "depends"
    return Finding(in_words(fast, equal), answer, f"G's loss is {ratio:.1f} times that at equal rates")


def fast_discriminator(sweeps: Sweeps) -> Finding:
    equal, fast = (losses(settings(sweeps)[name]) for name in ("equal", "D ten times G"))
    low, high = fast[0] < 0.1, fast[1] > 2.8
    answer: Answer = "agree" if low and high else "depends" if low or high else "disagree"
    reverse = fast[0] > equal[0] and fast[1] < equal[1]
    reason = "the other way round: D wins, its loss falls and G's rises" if reverse else "by the size of both losses"
    return Finding(f"{in_words(fast, equal)}; {plain(settings(sweeps)['D ten times G'])}", answer, reason)


def three_steps(sweeps: Sweeps) -> Finding:
    equal, three = (losses(settings(sweeps)[name]) for name in ("equal", "three G steps"))
    high, low = three[0] >= 1.5 * equal[0], three[1] < 0.3
    answer: Answer = "agree" if high and low else "depends" if high or low else "disagree"
    reverse = three[0] < equal[0] and three[1] > equal[1]
    reason = (
        "the other way round: more G steps lower G's loss and raise D's" if reverse else "by the size of both losses"
    )
    return Finding(f"{in_words(three, equal)}; {plain(settings(sweeps)['three G steps'])}", answer, reason)


def losses(row: pd.Series[Any]) -> tuple[float, float]:
    return float(row["train/loss_g"]), float(row["train/loss_d"])


def in_words(losses: tuple[float, float], equal: tuple[float, float]) -> str:
    return f"G {losses[0]:.2f}, D {losses[1]:.2f} (equal rates: G {equal[0]:.2f}, D {equal[1]:.2f}; balance 0.69, 1.39)"


def plain(row: pd.Series[Any]) -> str:
    return str(row[VERDICT]).replace("_", " ")


def picture_of_settings(sweeps: Sweeps) -> bytes:
    sweep = sweeps["learning_rate_ratios"]
    found = settings(sweeps)
    return side_by_side(
        [with_title(corner(media(sweep, str(row[TRIAL]), "samples"), 5), name) for name, row in found.items()],
        columns=4,
    )


CLAIMS = (
    Claim(
        "Equal learning rates are best.",
        "By the Fréchet distance among the four settings; depends if within a tenth of the best.",
        equal_is_best,
    ),
    Claim(
        "G ten times as fast as D: G's loss is very high.",
        "Agree if it is half as high again as at equal rates, disagree if it is lower.",
        fast_generator,
    ),
    Claim(
        "D ten times as fast as G: G's loss is 0, D's very high, blobs.",
        "G's under 0.1 and D's over twice the balance; depends if one of the two.",
        fast_discriminator,
    ),
    Claim(
        "Three G steps to one of D: G's loss is high, D's near 0, a blob.",
        "G's half as high again as with equal steps and D's under 0.3; depends if one of the two.",
        three_steps,
    ),
)

STUDIES = (
    Study(
        name="learning_rate_ratios",
        title="Learning rates of G and D",
        source="R4",
        setting=(
            "An MLP GAN on the first 9,000 MNIST images, 1,500 updates, learning rates of 0.0002 and 0.002, one or "
            "three G steps to one of D."
        ),
        sweeps=("learning_rate_ratios",),
        claims=CLAIMS,
        picture=picture_of_settings,
        caption="Samples of the four settings at the end.",
    ),
)
