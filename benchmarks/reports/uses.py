"""The lecture on missing values, noise and strange inputs, where generative models are said to be at home."""

from __future__ import annotations

from functools import partial

from analysis.plots import style
from analysis.results import LAST, SweepResults
from benchmarks.reports.pictures import as_png, bars, legend, panels
from benchmarks.reports.readings import finished, percent
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps

HELPS = 0.8  # of the simple way's error: from here down a repair is worth the trouble
# Models that can repair and score, and the sweeps whose trials show it.
USERS = {"gaussian_nb": "few_labels_gaussian_nb", "gmm": "imputation", "vae": "denoising", "cvae": "few_labels_cvae"}
SCORERS = {**USERS, "flow": "out_of_distribution"}


def best_value(sweep: SweepResults, metric: str, *, lowest: bool = True) -> float:
    """The best value of the metric over the finished trials."""
    values = finished(sweep)[LAST + metric]
    return float(values.min() if lowest else values.max())


def ratios(sweeps: Sweeps, use: str) -> dict[str, float]:
    """The error of the repair over that of the simple way, the best trial of each model."""
    return {model: best_value(sweeps[name], f"val/{use}_ratio") for model, name in USERS.items()}


def repaired(sweeps: Sweeps, use: str, simple: str) -> Finding:
    found = ratios(sweeps, use)
    words = ", ".join(f"{model} {ratio:.2f}" for model, ratio in found.items())
    accuracy = best_value(sweeps["imputation"], f"val/{use}_accuracy", lowest=False)
    beside = float(finished(sweeps["imputation"])[LAST + simple].iloc[0])
    answer: Answer = (
        "agree" if max(found.values()) <= HELPS else "depends" if min(found.values()) <= HELPS else "disagree"
    )
    measured = f"error over that of the simple way: {words}"
    onlooker = f"a classifier gets {percent(accuracy)} of what gmm repaired and {percent(beside)} of the simple way's"
    return Finding(
        measured,
        answer,
        f"{sum(r <= HELPS for r in found.values())} of {len(found)} models at {HELPS} or less; {onlooker}",
    )


def imputation(sweeps: Sweeps) -> Finding:
    return repaired(sweeps, "impute", "val/impute_accuracy_mean_fill")


def denoising(sweeps: Sweeps) -> Finding:
    return repaired(sweeps, "denoise", "val/denoise_accuracy_noisy")


def aurocs(sweeps: Sweeps, ood: str) -> dict[str, float]:
    return {model: best_value(sweeps[name], f"val/ood_auroc_{ood}", lowest=False) for model, name in SCORERS.items()}


def strangers(sweeps: Sweeps) -> Finding:
    mnist, permuted = aurocs(sweeps, "mnist"), aurocs(sweeps, "permuted")
    fooled = [model for model in mnist if mnist[model] < 0.6]
    both = [model for model in mnist if min(mnist[model], permuted[model]) >= 0.9]
    answer: Answer = "agree" if len(both) == len(mnist) else "disagree" if len(fooled) == len(mnist) else "depends"
    measured = "AUROC against MNIST (against permuted pixels): " + ", ".join(
        f"{model} {mnist[model]:.2f} ({permuted[model]:.2f})" for model in mnist
    )
    told = f"told both apart at 0.9 or more: {', '.join(both) or 'none'}"
    return Finding(
        measured,
        answer,
        f"{told}; no better than a coin on MNIST: {', '.join(fooled) or 'none'}; a GAN has no density at all",
    )


def picture_of_ratios(sweeps: Sweeps, use: str) -> bytes:
    figure, (axes,) = panels(1, size=(4.6, 2.6))
    bars(axes, {"": ratios(sweeps, use)})
    axes.axhline(1, color=style.MUTED, linewidth=1)
    style.set_labels(axes, "", "error over the simple way's")
    return as_png(figure)


def picture_of_strangers(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(5.0, 2.8))
    bars(axes, {"MNIST": aurocs(sweeps, "mnist"), "permuted pixels": aurocs(sweeps, "permuted")})
    axes.axhline(0.5, color=style.MUTED, linewidth=1)
    style.set_labels(axes, "", "AUROC against")
    legend(axes, "lower right")
    return as_png(figure)


REPAIRS = f"Agree if the error of every model's best trial is {HELPS} of the simple way's or less, depends if of some."
IMPUTATION = (Claim("Generative models cope with missing values.", REPAIRS, imputation),)
DENOISING = (Claim("Generative models take noise out of images.", REPAIRS, denoising),)
STRANGERS = (
    Claim(
        "Generative models notice inputs from elsewhere.",
        "Agree if every model tells both kinds apart at 0.9 or more, disagree if none does better than 0.6 on MNIST.",
        strangers,
    ),
)

STUDIES = (
    Study(
        name="imputation",
        title="Missing values",
        source="Lecture",
        setting=(
            "Fashion-MNIST, 3,000 to 5,000 training images: a hidden quarter of each image is guessed; the simple way "
            "is the mean image."
        ),
        sweeps=tuple(USERS.values()),
        claims=IMPUTATION,
        picture=partial(picture_of_ratios, use="impute"),
        caption="Error of hidden pixels over that of the mean image; under 1 is better than that.",
    ),
    Study(
        name="denoising",
        title="Denoising",
        source="Lecture",
        setting="The same models, shown images with noise of 0.5; the simple way leaves the noise where it is.",
        sweeps=tuple(USERS.values()),
        claims=DENOISING,
        picture=partial(picture_of_ratios, use="denoise"),
        caption="Error of denoised images over that of the noisy ones; under 1 is better than that.",
    ),
    Study(
        name="out_of_distribution",
        title="Out-of-distribution inputs",
        source="Lecture",
        setting=(
            "The same models and a normalizing flow, trained on Fashion-MNIST: is its own density higher than that of "
            "MNIST, and than that of its own images with their pixels permuted?"
        ),
        sweeps=tuple(SCORERS.values()),
        claims=STRANGERS,
        picture=picture_of_strangers,
        caption="How often a validation image has more density than a strange one; 0.5 is a coin.",
    ),
)
