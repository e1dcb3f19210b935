"""R1's last question, answered from the sweeps: when is each model preferred? And its comparative table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from analysis.plots.curves.comparison import HEADER, comparison
from analysis.plots.verdicts import verdicts_of
from analysis.results import HEALTHY
from benchmarks.reports.classifiers import seconds_of
from benchmarks.reports.gan_losses import ALL_GANS
from benchmarks.reports.labels import DISCRIMINATIVE, FEW, GENERATIVE, MANY, accuracies
from benchmarks.reports.readings import last, percent
from benchmarks.reports.samples import rivals
from benchmarks.reports.study import Sweeps
from benchmarks.reports.uses import SCORERS, USERS, aurocs, ratios

COMPARED = (
    "logistic_regression_60000",
    "svm_20000",
    "decision_tree_20000",
    "few_labels_cnn",
    "few_labels_gaussian_nb",
    "few_labels_gmm",
    "gan_5000",
    "class_spread_gan",
    "class_spread_cgan",
    "vae_fashion",
)
NAMES = {
    "gaussian_nb": "naive Bayes",
    "svm": "SVM",
    "cnn": "CNN",
    "gmm": "GMM",
    "vae": "VAE",
    "cvae": "conditional VAE",
}


class Advice(NamedTuple):
    """A bullet of the answer and the sweeps it needs."""

    case: str
    needs: tuple[str, ...]
    say: Callable[[Sweeps], str]


def preferred(sweeps: Sweeps) -> str:
    """The last section of the page: the table and the answer, as far as what they need was measured."""
    there = [advice for advice in ADVICE if set(advice.needs) <= set(sweeps)]
    open_cases = [advice.case.lower() for advice in ADVICE if advice not in there]
    unanswered = f"\nNot answered, since not measured here yet: {'; '.join(open_cases)}." if open_cases else ""
    compared = [sweeps[name] for name in COMPARED if name in sweeps]
    return "\n".join(
        [
            "## The comparative table (R1)\n",
            "The sweeps on Fashion-MNIST, the best trial of each: its training time (on a machine with other work), "
            "and how much of it passed until 95 % of the way to its best value.\n",
            *(f"| {' | '.join(cells)} |" for cells in (HEADER, ("---",) * len(HEADER))),
            *(f"| {' | '.join(row.cells)} |" for row in comparison(compared)),
            "\n## When is each model preferred?\n",
            "R1 closed with this question. Measured on Fashion-MNIST, at the budgets above:\n",
            *(f"- **{advice.case}:** {advice.say(sweeps)}" for advice in there),
            unanswered,
            "",
        ]
    )


def many_labels(sweeps: Sweeps) -> str:
    svm = max(last(sweeps["svm_20000"], "val/accuracy", C=c) for c in (1.0, 10.0))
    found = {
        "the SVM on 20,000": svm,
        "logistic regression on 54,000": last(sweeps["logistic_regression_60000"], "val/accuracy"),
        "the tree on 20,000": last(sweeps["decision_tree_20000"], "val/accuracy", min_samples_leaf=10),
    }
    order = sorted(found, key=lambda name: -found[name])
    ranked = ", ".join(f"{name} {percent(found[name])}" for name in order)
    return f"{order[0]}. Accuracies: {ranked}."


def few_labels(sweeps: Sweeps) -> str:
    parts = []
    for size in (*FEW, MANY):
        found = {model: accuracies(sweeps, model)[size] for model in (*DISCRIMINATIVE, *GENERATIVE)}
        first, second = sorted(found, key=lambda model: -found[model])[:2]
        parts.append(
            f"{name(first)} with {size:,} ({percent(found[first])}, then {name(second)} {percent(found[second])})"
        )
    return f"{'; '.join(parts)}."


def reasons(sweeps: Sweeps) -> str:
    linear = last(sweeps["logistic_regression_60000"], "val/accuracy")
    seconds = seconds_of(sweeps["logistic_regression_60000"])
    return (
        f"logistic regression, whose weights are pictures; it has "
        f"{percent(linear)} after {seconds:.0f} s of training here."
    )


def repairs(sweeps: Sweeps) -> str:
    return (
        f"{best(ratios(sweeps, 'impute'))} of the simple way's error for hidden pixels, "
        f"{best(ratios(sweeps, 'denoise'))} for noise; a classifier has nothing to offer."
    )


def strangers(sweeps: Sweeps) -> str:
    found = aurocs(sweeps, "mnist")
    worst = min(found, key=lambda model: found[model])
    top = max(found, key=lambda model: found[model])
    return (
        f"{name(top)} (AUROC {found[top]:.2f} against MNIST), but measure it first: "
        f"{name(worst)} has {found[worst]:.2f}."
    )


def images(sweeps: Sweeps) -> str:
    by = {label: float(row["gen/frechet"]) for label, row in rivals(sweeps).items()}
    real = {label: float(row["gen/precision"]) for label, row in rivals(sweeps).items()}
    covered = {label: float(row["gen/coverage"]) for label, row in rivals(sweeps).items()}
    words = "; ".join(
        f"{label}: Fréchet distance {by[label]:.1f}, {percent(real[label])} look real, "
        f"{percent(covered[label])} of the real ones covered"
        for label in by
    )
    return f"{min(by, key=lambda label: by[label])} ({words})."


def images_of_a_class(sweeps: Sweeps) -> str:
    row = rivals(sweeps)["conditional GAN"]
    return (
        f"the conditional GAN; {percent(row['gen/conditional_accuracy'])} of its "
        "samples are taken for it. The plain GAN and the VAE cannot be asked."
    )


def more_data(sweeps: Sweeps) -> str:
    found = {label: float(row["gen/tstr_accuracy"]) for label, row in rivals(sweeps).items()}
    top = max(found, key=lambda label: found[label])
    return f"{top} at best, {percent(found[top])} on real images; the real ones are better wherever they may be used."


def certainty(sweeps: Sweeps) -> str:
    gans = pd.concat([verdicts_of(sweeps[sweep]) for sweep in ALL_GANS])
    vaes = pd.concat([verdicts_of(sweeps[sweep]) for sweep in ("vae_fashion", "denoising")])
    kinds = ", ".join(f"{count} {str(verdict).replace('_', ' ')}" for verdict, count in gans.value_counts().items())
    return (
        f"of {len(gans)} GANs on this page the judge calls "
        f"{percent(float((gans == HEALTHY).mean()))} healthy ({kinds}), of {len(vaes)} VAEs "
        f"{percent(float((vaes == HEALTHY).mean()))}. A GAN wants a sweep and a judge, a classifier neither."
    )


def best(found: Mapping[str, float]) -> str:
    top = min(found, key=lambda model: found[model])
    return f"{name(top)} leaves {percent(found[top])}"


def name(model: str) -> str:
    return NAMES.get(model, model.replace("_", " "))


CLASSIFIERS = ("svm_20000", "logistic_regression_60000", "decision_tree_20000")
RIVALS = ("vae_fashion", "class_spread_gan", "class_spread_cgan")
LABELLED = tuple(f"few_labels_{model}" for model in (*DISCRIMINATIVE, *GENERATIVE))
ADVICE = (
    Advice("Many labels, and only the class is wanted", CLASSIFIERS, many_labels),
    Advice("Few labels", LABELLED, few_labels),
    Advice("A decision that can be looked at", CLASSIFIERS[1:2], reasons),
    Advice("Missing values and noise", tuple(USERS.values()), repairs),
    Advice("Inputs from elsewhere", tuple(SCORERS.values()), strangers),
    Advice("New images, as like the real ones as a whole as can be", RIVALS, images),
    Advice("New images of a class one names", RIVALS, images_of_a_class),
    Advice("Images to train a classifier with", RIVALS, more_data),
    Advice("A training that can be relied on", (*ALL_GANS, "vae_fashion", "denoising"), certainty),
)
