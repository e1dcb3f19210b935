"""R4 and R1 on what samples are worth: classes a GAN makes, GAN against VAE, training on samples alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.plots import style
from analysis.results import CLASS_HISTOGRAM, CONFIG, LAST, SPREAD, SweepResults
from benchmarks.reports.gan_run import runs
from benchmarks.reports.pictures import as_png, bars, corner, legend, media, panels, side_by_side, with_title
from benchmarks.reports.readings import finished, percent
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps, by_margin

FEW_CLASSES = 5
SPREAD_SWEEPS = ("class_spread_gan", "class_spread_cgan")
CHANCE = 0.1  # of ten classes


def by_latent(sweeps: Sweeps, name: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Means over the seeds and their standard deviations, a value a latent dimension."""
    table = finished(sweeps[name]).sort_values(CONFIG + "latent_dim")
    return table[LAST + metric].to_numpy(dtype=float), table[LAST + metric + SPREAD].to_numpy(dtype=float)


def beside(sweeps: Sweeps, metric: str) -> tuple[float, float, str]:
    """How far the conditional GAN lies over the plain one, twice the spread over seeds, and both in words."""
    (plain_mean, plain_spread), (cond_mean, cond_spread) = (by_latent(sweeps, name, metric) for name in SPREAD_SWEEPS)
    noise = 2 * float(np.sqrt((np.square(plain_spread) + np.square(cond_spread)).mean() / len(plain_mean)))
    words = (
        f"GAN {' and '.join(f'{v:.2f}' for v in plain_mean)}, conditional {' and '.join(f'{v:.2f}' for v in cond_mean)}"
    )
    return float((cond_mean - plain_mean).mean()), noise, words


def _both(values: np.ndarray) -> str:
    return " and ".join(f"{value:.2f}" for value in values)


def few_products(sweeps: Sweeps) -> Finding:
    covered, _ = by_latent(sweeps, "class_spread_gan", "gen/modes_covered")
    answer: Answer = "agree" if covered.max() <= FEW_CLASSES else "disagree" if covered.min() >= 9 else "depends"
    shares = histogram(sweeps["class_spread_gan"])
    most = sorted(shares, key=lambda name: -shares[name])[:3]
    measured = f"{' and '.join(f'{n:.1f}' for n in covered)} of 10 classes (32 and 100 latent dimensions)"
    return Finding(measured, answer, "most frequent: " + ", ".join(f"{name} {percent(shares[name])}" for name in most))


def better_spread(sweeps: Sweeps) -> Finding:
    margin, noise, words = beside(sweeps, "gen/class_entropy")
    reason = f"{margin:+.3f} ± {noise:.3f} of an even spread; 1 is even"
    return Finding(f"evenness of the classes: {words}", by_margin(margin, noise), reason)


def fuzzier(sweeps: Sweeps) -> Finding:
    margin, noise, words = beside(sweeps, "gen/precision")
    grain = beside(sweeps, "gen/high_frequency")[2]
    return Finding(
        f"share of samples that look real: {words}", by_margin(-margin, noise), f"fine grain over real: {grain}"
    )


def matching(sweeps: Sweeps) -> Finding:
    found, _ = by_latent(sweeps, "class_spread_cgan", "gen/conditional_accuracy")
    answer: Answer = "agree" if found.min() >= 0.8 else "disagree" if found.max() < 0.5 else "depends"
    measured = f"{' and '.join(map(percent, found))} of the samples are taken for the class that was asked for"
    return Finding(measured, answer, "chance is 10 %")


def histogram(sweep: SweepResults) -> dict[str, float]:
    """Share of the samples taken for each class, of the sweep's best trial."""
    return dict(zip(sweep.manifest["data"]["classes"], sweep.final.loc[sweep.ranked[0], CLASS_HISTOGRAM], strict=True))


def picture_of_classes(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(6.4, 2.6))
    bars(axes, {name.removeprefix("class_spread_"): histogram(sweeps[name]) for name in SPREAD_SWEEPS})
    axes.axhline(CHANCE, color=style.MUTED, linewidth=1)
    axes.tick_params(axis="x", rotation=30)
    style.set_labels(axes, "", "share of samples")
    legend(axes)
    return side_by_side(
        [*(corner(media(sweeps[n], sweeps[n].ranked[0], "samples"), 6) for n in SPREAD_SWEEPS), as_png(figure)],
        columns=2,
    )


def rivals(sweeps: Sweeps) -> dict[str, pd.Series[Any]]:
    """The last row of the best VAE and of the best GANs on Fashion-MNIST."""
    names = {"VAE": "vae_fashion", "GAN": "class_spread_gan", "conditional GAN": "class_spread_cgan"}
    return {label: sweeps[name].final.loc[sweeps[name].ranked[0]] for label, name in names.items()}


def clean_background(sweeps: Sweeps) -> Finding:
    found = {name: float(row["gen/background"]) for name, row in rivals(sweeps).items()}
    off = {name: abs(np.log(max(value, 1e-6))) for name, value in found.items()}
    answer: Answer = "agree" if off["VAE"] < 0.8 * off["GAN"] else "disagree" if off["VAE"] > off["GAN"] else "depends"
    measured = "background pixels over real: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    return Finding(measured, answer, "1 is right, less is not clean")


def clearer(sweeps: Sweeps) -> Finding:
    found = {name: float(row["gen/precision"]) for name, row in rivals(sweeps).items()}
    distance = {name: float(row["gen/frechet"]) for name, row in rivals(sweeps).items()}
    margin = found["VAE"] - found["GAN"]
    measured = "samples that look real: " + ", ".join(f"{name} {percent(value)}" for name, value in found.items())
    reason = "Fréchet distance: " + ", ".join(f"{name} {value:.1f}" for name, value in distance.items())
    return Finding(measured, by_margin(margin, 0.05), reason)


def designs(sweeps: Sweeps) -> Finding:
    found = {name: float(row["gen/high_frequency"]) for name, row in rivals(sweeps).items()}
    off = {name: abs(np.log(max(value, 1e-6))) for name, value in found.items()}
    lost, nearer = found["VAE"] < 0.8, off["GAN"] < off["VAE"]
    answer: Answer = "agree" if lost and nearer else "depends" if lost else "disagree"
    measured = "fine grain over that of real images: " + ", ".join(
        f"{name} {value:.2f}" for name, value in found.items()
    )
    reason = "the VAE's is lost" if lost else "the VAE keeps it"
    return Finding(measured, answer, f"{reason}, the GAN's is {'nearer to' if nearer else 'farther from'} the real one")


def picture_of_rivals(sweeps: Sweeps) -> bytes:
    names = {"VAE": "vae_fashion", "GAN": "class_spread_gan", "conditional GAN": "class_spread_cgan"}
    return side_by_side(
        [with_title(corner(media(sweeps[n], sweeps[n].ranked[0], "samples"), 6), label) for label, n in names.items()]
    )


def synthetic(sweeps: Sweeps) -> Finding:
    found = {f"R1's GAN, {name}": float(table["gen/tstr_accuracy"].iloc[-1]) for name, table in runs(sweeps).items()}
    found |= {name: float(row["gen/tstr_accuracy"]) for name, row in rivals(sweeps).items()}
    low, high = min(found.values()), max(found.values())
    answer: Answer = "agree" if high < 0.2 else "disagree" if low > 0.5 else "depends"
    measured = ", ".join(f"{name} {percent(value)}" for name, value in found.items())
    real = float(rivals(sweeps)["GAN"]["gen/trts_accuracy"])
    reason = f"the other way round, trained on real and tested on the GAN's samples: {percent(real)}"
    return Finding(f"accuracy on real images after training on samples alone: {measured}", answer, reason)


def picture_of_synthetic(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(5.4, 2.8))
    found = {name: float(table["gen/tstr_accuracy"].iloc[-1]) for name, table in runs(sweeps).items()}
    found |= {name: float(row["gen/tstr_accuracy"]) for name, row in rivals(sweeps).items()}
    bars(axes, {"": found})
    axes.axhline(CHANCE, color=style.MUTED, linewidth=1)
    axes.tick_params(axis="x", rotation=15)
    style.set_labels(axes, "", "accuracy on real images")
    return as_png(figure)


CLASSES = (
    Claim(
        "The plain GAN makes only shirts, dresses and trousers.",
        f"Agree if it covers {FEW_CLASSES} of the 10 classes or fewer at both latent dimensions, disagree from 9 on.",
        few_products,
    ),
    Claim(
        "The conditional GAN spreads better over the products.",
        "Evenness of the classes, the difference against twice the spread over seeds.",
        better_spread,
    ),
    Claim(
        "The conditional GAN is fuzzier.",
        "The share of samples that look real, lower by twice the spread over seeds.",
        fuzzier,
    ),
    Claim("Its samples match their labels.", "Agree from 80 %, disagree under 50 %.", matching),
)
RIVALS = (
    Claim(
        "The VAE has a clean background, the GAN has not.",
        "How far the background's share is from the real one: agree if the VAE's is a fifth nearer.",
        clean_background,
    ),
    Claim("The VAE is clearer.", "The share of samples that look real, five points more or less.", clearer),
    Claim(
        "The GAN shows designs, the VAE does not.",
        "Agree if the VAE has under 0.8 of the real fine grain and the GAN's is nearer; depends if only the first.",
        designs,
    ),
)
SYNTHETIC = (
    Claim(
        "A classifier trained on a GAN's samples alone is no better than chance on real images (0.0816).",
        "Agree if all our generative models stay under 20 %, disagree if all come over 50 %.",
        synthetic,
    ),
)

STUDIES = (
    Study(
        name="class_spread",
        title="Classes of a GAN and of a conditional GAN",
        source="R4",
        setting=(
            "MLP GANs on Fashion-MNIST, 2,000 updates, 32 and 100 latent dimensions, two seeds each; a net trained on "
            "the data set says which class a sample is of."
        ),
        sweeps=SPREAD_SWEEPS,
        claims=CLASSES,
        picture=picture_of_classes,
        caption="Samples of the GAN (left) and the conditional GAN (right, a class a column); shares of the classes.",
    ),
    Study(
        name="vae_against_gan",
        title="VAE against GAN",
        source="R4",
        setting=("A VAE of 2,000 updates (the better of two likelihoods) beside the GANs above."),
        sweeps=("vae_fashion", *SPREAD_SWEEPS),
        claims=RIVALS,
        picture=picture_of_rivals,
        caption="Samples of each.",
    ),
    Study(
        name="train_on_synthetic",
        title="Train on synthetic, test on real",
        source="R1",
        setting=(
            "A classifier sees 2,000 samples, labelled by what was asked for or else by what the judge's net takes "
            "them for, and is tested on 2,000 real images."
        ),
        sweeps=("gan_5000", "vae_fashion", *SPREAD_SWEEPS),
        claims=SYNTHETIC,
        picture=picture_of_synthetic,
        caption="Accuracy on real images; the line is chance.",
    ),
)
