"""The lecture on few labels: which kind of model copes with them, and do unlabelled images help?"""

from __future__ import annotations

import numpy as np

from analysis.plots import style
from analysis.results import CONFIG, LAST
from benchmarks.reports.pictures import as_png, bars, legend, line, panels
from benchmarks.reports.readings import finished, percent, points, share_error
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps, by_margin

DISCRIMINATIVE = ("logistic_regression", "svm", "cnn")
GENERATIVE = ("gaussian_nb", "gmm", "cvae")
BY_BAYES = {"gmm", "cvae"}  # which report val/bayes_accuracy; naive Bayes is a classifier outright
CLASSIFIED = 1000  # validation images behind it
DESCRIBERS = {"VAE": "vae_fashion", "GAN": "class_spread_gan"}  # models whose features come from unlabelled images
DESCRIBED = 2000  # validation images behind their accuracy
FEW, MANY = (50, 100), 3000


def accuracies(sweeps: Sweeps, model: str) -> dict[int, float]:
    """Accuracy on validation images by the number of labelled images, ascending."""
    table = finished(sweeps[f"few_labels_{model}"]).sort_values(CONFIG + "train_size")
    column = LAST + ("val/bayes_accuracy" if model in BY_BAYES else "val/accuracy")
    return {int(size): float(value) for size, value in zip(table[CONFIG + "train_size"], table[column], strict=True)}


def best_of(sweeps: Sweeps, models: tuple[str, ...], size: int) -> tuple[str, float, float]:
    """The best of the models with so many labels: name, accuracy, its standard error."""
    name = max(models, key=lambda model: accuracies(sweeps, model)[size])
    accuracy = accuracies(sweeps, name)[size]
    images = CLASSIFIED if name in BY_BAYES else int(sweeps[f"few_labels_{name}"].manifest["data"]["val"])
    return name, accuracy, share_error(accuracy, images)


def lead(sweeps: Sweeps, size: int) -> tuple[float, float, str]:
    """How far the best generative model is ahead of the best discriminative one, two standard errors of it, words."""
    (g, ours, error_g), (d, theirs, error_d) = (best_of(sweeps, group, size) for group in (GENERATIVE, DISCRIMINATIVE))
    return ours - theirs, 2 * float(np.hypot(error_g, error_d)), f"{size}: {g} {percent(ours)}, {d} {percent(theirs)}"


def few_labels(sweeps: Sweeps) -> Finding:
    leads = [lead(sweeps, size) for size in FEW]
    answers = {by_margin(margin, noise) for margin, noise, _ in leads}
    answer: Answer = answers.pop() if len(answers) == 1 else "depends"
    pair = [accuracies(sweeps, "gaussian_nb")[size] - accuracies(sweeps, "logistic_regression")[size] for size in FEW]
    reason = "the best generative model less the best discriminative one: " + ", ".join(
        f"{points(margin)} ± {100 * noise:.1f}" for margin, noise, _ in leads
    )
    known = f"naive Bayes less logistic regression, the textbook's pair: {', '.join(points(gap) for gap in pair)}"
    return Finding(
        "best of each kind by labels: " + "; ".join(words for *_, words in leads), answer, f"{reason}; {known}"
    )


def many_labels(sweeps: Sweeps) -> Finding:
    margin, noise, words = lead(sweeps, MANY)
    answer = by_margin(-margin, noise)
    ahead = ", ".join(str(size) for size in accuracies(sweeps, "svm") if lead(sweeps, size)[0] < 0)
    reason = f"{points(-margin)} ± {100 * noise:.1f}; discriminative ahead, beyond noise or not, at: {ahead or 'none'}"
    return Finding(f"labels {words}", answer, reason)


def bayes_rule(sweeps: Sweeps) -> Finding:
    best = max(accuracies(sweeps, model)[MANY] for model in DISCRIMINATIVE)
    found = {model: accuracies(sweeps, model)[MANY] for model in GENERATIVE}
    near = [model for model, accuracy in found.items() if accuracy >= best - 0.05]
    answer: Answer = "agree" if near else "depends" if min(found.values()) >= 0.5 else "disagree"
    measured = f"with {MANY} labels: " + ", ".join(f"{model} {percent(value)}" for model, value in found.items())
    return Finding(
        measured,
        answer,
        f"the best discriminative model has {percent(best)}; within five points of it: {', '.join(near) or 'none'}",
    )


def from_features(sweeps: Sweeps) -> tuple[dict[str, float], float]:
    """Accuracy from 100 labels on the features of the best trial of each model, and on pixels."""
    best = {name: sweeps[sweep].final.loc[sweeps[sweep].ranked[0]] for name, sweep in DESCRIBERS.items()}
    found = {name: float(row["val/accuracy_100_labels"]) for name, row in best.items()}
    return found, float(best["VAE"]["val/accuracy_100_labels_pixels"])


def unlabelled(sweeps: Sweeps) -> Finding:
    found, pixels = from_features(sweeps)
    top = max(found, key=lambda model: found[model])
    noise = 2 * float(np.hypot(share_error(found[top], DESCRIBED), share_error(pixels, DESCRIBED)))
    measured = f"from 100 labels: on pixels {percent(pixels)}, on features " + ", ".join(
        f"of a {name} {percent(value)}" for name, value in found.items()
    )
    return Finding(
        measured, by_margin(found[top] - pixels, noise), f"{points(found[top] - pixels)} ± {100 * noise:.1f}"
    )


def picture_of_labels(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(5.2, 3.4))
    for number, model in enumerate((*DISCRIMINATIVE, *GENERATIVE)):
        found = accuracies(sweeps, model)
        line(axes, list(found), list(found.values()), number, model)
        axes.lines[-1].set_linestyle("--" if model in GENERATIVE else "-")
    axes.set_xscale("log")
    sizes = list(accuracies(sweeps, "svm"))
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    style.set_labels(axes, "labelled images", "accuracy on validation images")
    legend(axes, "outside")
    return as_png(figure)


def picture_of_unlabelled(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(3.4, 2.6))
    found, pixels = from_features(sweeps)
    bars(axes, {"": found})
    axes.axhline(pixels, color=style.MUTED, linewidth=1)
    style.set_labels(axes, "", "accuracy from 100 labels")
    return as_png(figure)


LABELS = (
    Claim(
        "Generative models cope with little labelled data.",
        f"Best generative less best discriminative model at {FEW[0]} and at {FEW[1]} labels, each against two standard "
        "errors; depends unless both say the same.",
        few_labels,
    ),
    Claim(
        "With many labels a discriminative model is ahead.",
        f"The same the other way round at {MANY:,} labels.",
        many_labels,
    ),
    Claim(
        "Bayes' rule turns a generative model into a classifier.",
        f"Agree if one of them comes within five points of the best discriminative model at {MANY:,} labels, disagree "
        "if one is right less than half the time.",
        bayes_rule,
    ),
)
UNLABELLED = (
    Claim(
        "What a generative model learns from unlabelled images helps where labels are few.",
        "Logistic regression from 100 labels on the features of the better model less that on pixels, against two "
        "standard errors.",
        unlabelled,
    ),
)

STUDIES = (
    Study(
        name="few_labels",
        title="Few labels",
        source="Lecture",
        setting=(
            "Fashion-MNIST with 50 to 3,000 labelled images, the smaller part within the larger: three discriminative "
            "models, and three generative ones by Bayes' rule (dashed). Nets get 600 (cnn) and 1,000 (cvae) updates, "
            "scaled down from 3,000. Accuracy is on 6,000 validation images, of gmm and cvae on the first 1,000 of "
            "them."
        ),
        sweeps=tuple(f"few_labels_{name}" for name in (*DISCRIMINATIVE, *GENERATIVE)),
        claims=LABELS,
        picture=picture_of_labels,
        caption="Accuracy by the number of labelled images; dashed lines are generative models.",
    ),
    Study(
        name="unlabelled",
        title="Unlabelled images where labels are few",
        source="Lecture",
        setting=(
            "Logistic regression from 100 labels on Fashion-MNIST: on pixels, and on the features of a VAE and a GAN "
            "that saw all training images without labels."
        ),
        sweeps=tuple(DESCRIBERS.values()),
        claims=UNLABELLED,
        picture=picture_of_unlabelled,
        caption="Accuracy from 100 labels; the line is that on pixels.",
    ),
)
