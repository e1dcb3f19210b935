"""R2 on colour photographs: logistic regression and a GAN on CIFAR-10."""

from __future__ import annotations

from analysis.results import CONFIG, HEALTHY, LAST, VERDICT, Sweep
from benchmarks.reports.classifiers import same_share
from benchmarks.reports.gan_losses import ends
from benchmarks.reports.gan_rates import plain
from benchmarks.reports.pictures import corner, media, side_by_side, with_title
from benchmarks.reports.readings import finished, percent, points
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps


def colour_logistic_regression(sweeps: Sweeps) -> Finding:
    sweep = sweeps["cifar_logistic_regression"]
    table = finished(sweep)
    best = table.loc[table[LAST + "val/accuracy"].idxmax()]
    found = float(best[LAST + "val/accuracy"])
    answer, noise = same_share(found, int(sweep.manifest["data"]["val"]), 0.33)
    train = int(sweep.manifest["data"]["train"])
    measured = f"{percent(found)} with C = {best[CONFIG + 'C']:g} on {train:,} training images"
    reason = f"{points(found - 0.33)} from the report's 33 %, noise ± {100 * noise:.1f}"
    return Finding(measured, answer, reason)


def colour_gan(sweeps: Sweeps) -> Finding:
    return static(sweeps["cifar_gan"])


def one_class(sweeps: Sweeps) -> Finding:
    return static(sweeps["cifar_gan_one_class"])


def static(sweep: Sweep) -> Finding:
    table = ends(sweep)
    noise = int((table[VERDICT] == "noise").sum())
    healthy = int((table[VERDICT] == HEALTHY).sum())
    answer: Answer = "disagree" if healthy else "agree" if noise == len(table) else "depends"
    measured = "; ".join(
        f"lr_g {row[CONFIG + 'lr_g']:g}: {plain(row)}, fine grain {row['gen/high_frequency']:.1f} times the real one"
        for _, row in table.iterrows()
    )
    return Finding(measured, answer, f"{noise} of {len(table)} trials are noise, {healthy} healthy")


def picture_of_colour(sweeps: Sweeps) -> bytes:
    pictures = []
    for name, label in (("cifar_gan", "all classes"), ("cifar_gan_one_class", "ships alone")):
        sweep = sweeps[name]
        pictures.append(with_title(corner(media(sweep, sweep.ranked[0], "samples"), 4), label))
    best = sweeps["cifar_logistic_regression"].ranked[0]
    maps = media(sweeps["cifar_logistic_regression"], best, "weight_maps")
    return side_by_side([*pictures, maps], columns=2)


COLOUR = (
    Claim("Logistic regression on CIFAR-10 has 33 %.", "Within two standard errors.", colour_logistic_regression),
    Claim("The GAN makes static.", "By the judge's verdict on both trials.", colour_gan),
    Claim("Even on one class alone.", "By the judge's verdict on both trials.", one_class),
)

STUDIES = (
    Study(
        name="colour",
        title="Colour photographs",
        source="R2",
        setting=(
            "CIFAR-10, or where it is not there a subset with 1,200 training images a class; an MLP GAN of 1,000 "
            "updates, on all classes and on ships alone."
        ),
        sweeps=("cifar_logistic_regression", "cifar_gan", "cifar_gan_one_class"),
        claims=COLOUR,
        picture=picture_of_colour,
        caption="Samples of the GANs, and the weights of logistic regression.",
    ),
)
