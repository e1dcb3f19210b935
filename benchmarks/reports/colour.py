"""R2 on colour photographs: logistic regression and a GAN on CIFAR-10."""

from __future__ import annotations

from analysis.results import CONFIG, HEALTHY, LAST, VERDICT, SweepResults
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
    data = sweep.manifest["data"]
    measured = f"{percent(found)} with C = {best[CONFIG + 'C']:g} on {data['train']:,} training images ({data['name']})"
    reason = f"{points(found - 0.33)} from the report's 33 %, noise ± {100 * noise:.1f}"
    return Finding(measured, answer, reason)


def colour_gan(sweeps: Sweeps) -> Finding:
    return static(sweeps["cifar_gan"])


def one_class(sweeps: Sweeps) -> Finding:
    return static(sweeps["cifar_gan_one_class"])


def static(sweep: SweepResults) -> Finding:
    table = ends(sweep)
    noise = int((table[VERDICT] == "noise").sum())
    healthy = int((table[VERDICT] == HEALTHY).sum())
    answer: Answer = "disagree" if healthy else "agree" if noise == len(table) else "depends"
    measured = "; ".join(
        f"lr_g {row[CONFIG + 'lr_g']:g}: {plain(row)}, fine grain {row['gen/high_frequency']:.1f} times the real one"
        for _, row in table.iterrows()
    )
    return Finding(measured, answer, f"{noise} of {len(table)} trials are noise, {healthy} healthy")


def picture_of_weights(sweeps: Sweeps) -> bytes:
    sweep = sweeps["cifar_logistic_regression"]
    return side_by_side([media(sweep, sweep.ranked[0], "weight_maps")])


def picture_of_samples(sweeps: Sweeps) -> bytes:
    trials = {"all classes": sweeps["cifar_gan"], "ships alone": sweeps["cifar_gan_one_class"]}
    grids = {label: corner(media(sweep, sweep.ranked[0], "samples"), 4) for label, sweep in trials.items()}
    return side_by_side([with_title(grid, label) for label, grid in grids.items()])


DATA = "CIFAR-10, or where it is not there a subset with 1,200 training images a class"
STUDIES = (
    Study(
        name="colour_logistic_regression",
        title="Logistic regression on colour photographs",
        source="R2",
        setting=f"{DATA}; three values of C, 100 iterations.",
        sweeps=("cifar_logistic_regression",),
        claims=(
            Claim(
                "Logistic regression on CIFAR-10 has 33 %.", "Within two standard errors.", colour_logistic_regression
            ),
        ),
        picture=picture_of_weights,
        caption="Its weights: of each class one picture a colour channel, one below the other.",
    ),
    Study(
        name="colour_gan",
        title="A GAN on colour photographs",
        source="R2",
        setting=f"{DATA}; an MLP GAN of 1,000 updates, on all classes and on ships alone.",
        sweeps=("cifar_gan", "cifar_gan_one_class"),
        claims=(
            Claim("The GAN makes static.", "By the judge's verdict on both trials.", colour_gan),
            Claim("Even on one class alone.", "By the judge's verdict on both trials.", one_class),
        ),
        picture=picture_of_samples,
        caption="Samples of the GANs.",
    ),
)
