"""R0 and R1 on classifiers: cross-validation of three, and each on Fashion-MNIST as the reports had it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from analysis.plots import style
from analysis.results import CONFIG, CONFUSION, SECONDS, TRIAL, SweepResults
from benchmarks.reports.pictures import as_png, legend, line, panels
from benchmarks.reports.readings import Vector, finished, last, paired, percent, points, share_error, steps_of
from benchmarks.reports.study import Answer, Claim, Finding, Study, Sweeps, by_margin

COMPARED = ("logistic_regression", "svm", "decision_tree")
GROWN = {"decision_tree_20000": {"min_samples_leaf": 1}, "svm_20000": {"C": 1.0}}  # scikit-learn's defaults
TEST_IMAGES = 10_000  # behind an accuracy of a report on Fashion-MNIST


def folds(sweeps: Sweeps) -> dict[str, Vector]:
    """Accuracy of every fold, by model."""
    found = {name: sweeps[f"cross_validation_{name}"] for name in COMPARED}
    return {name: steps_of(sweep, finished(sweep)[TRIAL][0], "cv/fold_accuracy") for name, sweep in found.items()}


def svm_is_best(sweeps: Sweeps) -> Finding:
    of = folds(sweeps)
    rival = max((name for name in COMPARED if name != "svm"), key=lambda name: of[name].mean())
    mean, error = paired(of["svm"], of[rival])
    measured = ", ".join(f"{words(name)} {percent(of[name].mean())}" for name in COMPARED)
    won = int((of["svm"] > of[rival]).sum())
    reason = (
        f"the SVM beats {words(rival)} by {points(mean)} ± {100 * 2 * error:.1f}, in {won} of {len(of['svm'])} folds"
    )
    return Finding(measured, by_margin(mean, 2 * error), reason)


def tree_varies_most(sweeps: Sweeps) -> Finding:
    of = folds(sweeps)
    spread = {name: float(values.std(ddof=1)) for name, values in of.items()}
    gaps = [last(sweeps[name], "val/accuracy_gap", **config) for name, config in GROWN.items()]
    rival = max((name for name in COMPARED if name != "decision_tree"), key=lambda name: spread[name])
    ratio = (spread["decision_tree"] / spread[rival]) ** 2
    needed = float(stats.f.ppf(0.95, len(of[rival]) - 1, len(of[rival]) - 1))
    measured = "standard deviation over the folds: " + ", ".join(
        f"{words(name)} {100 * spread[name]:.2f} points" for name in COMPARED
    )
    answer: Answer = "agree" if ratio >= needed else "disagree" if ratio < 1 else "depends"
    reason = (
        f"its variance is {ratio:.1f} times that of {words(rival)}, and five folds need {needed:.1f} to tell; on "
        f"20,000 images it learns by heart: the gap from training to validation is {points(gaps[0])}, the SVM's "
        f"{points(gaps[1])}"
    )
    return Finding(measured, answer, reason)


def picture_of_folds(sweeps: Sweeps) -> bytes:
    figure, (axes,) = panels(1, size=(4.6, 3.0))
    for number, (name, values) in enumerate(folds(sweeps).items()):
        line(axes, np.arange(1.0, len(values) + 1), values, number, f"{words(name)}, mean {percent(values.mean())}")
    style.set_labels(axes, "fold", "accuracy")
    axes.set_xticks(range(1, 6))
    legend(axes)
    return as_png(figure)


def same_share(ours: float, n: int, reported: float, of: int = TEST_IMAGES) -> tuple[Answer, float]:
    """Whether two shares, of `n` images and a report's, are the same within two standard errors; these errors."""
    noise = 2 * float(np.hypot(share_error(ours, n), share_error(reported, of)))
    return "agree" if abs(ours - reported) <= noise else "disagree", noise


def same_accuracy(reported: float, sweep: SweepResults, **config: object) -> Finding:
    """Whether the accuracy of the trial with this config is what a report found, within noise of both samples."""
    ours, n = last(sweep, "val/accuracy", **config), int(sweep.manifest["data"]["val"])
    answer, noise = same_share(ours, n, reported)
    return Finding(
        f"{percent(ours)} on {n:,} validation images",
        answer,
        f"{points(ours - reported)} from the report's {percent(reported)}, noise of both samples ± {100 * noise:.1f}",
    )


def logistic_regression(sweeps: Sweeps) -> Finding:
    return same_accuracy(0.8432, sweeps["logistic_regression_60000"])


def svm(sweeps: Sweeps) -> Finding:
    sweep = sweeps["svm_20000"]
    plain, strong = same_accuracy(0.8745, sweep, C=1.0), same_accuracy(0.8745, sweep, C=10.0)
    measured = f"with scikit-learn's C = 1 {plain.measured}, with C = 10 {percent(last(sweep, 'val/accuracy', C=10.0))}"
    if plain.answer == "agree":
        return Finding(measured, "agree", plain.reason)
    within_reach = strong.answer == "agree" or last(sweep, "val/accuracy", C=10.0) > 0.8745
    answer: Answer = "depends" if within_reach else "disagree"
    return Finding(measured, answer, f"C = 1: {plain.reason}; C = 10: {strong.reason}")


def tree(sweeps: Sweeps) -> Finding:
    return same_accuracy(0.766, sweeps["decision_tree_20000"], min_samples_leaf=1)


def classes_by_recall(sweep: SweepResults, trial: str) -> dict[str, float]:
    """The classes, best first."""
    row = sweep.rows[sweep.rows[TRIAL] == trial].iloc[-1]
    found = {name: float(row[f"val/recall/{name}"]) for name in sweep.manifest["data"]["classes"]}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def best_classes(sweeps: Sweeps) -> Finding:
    return named_classes(sweeps, {"Sneaker", "Ankle boot"}, best=True)


def hardest_classes(sweeps: Sweeps) -> Finding:
    return named_classes(sweeps, {"Pullover", "Coat"}, best=False)


def named_classes(sweeps: Sweeps, named: set[str], *, best: bool) -> Finding:
    sweep = sweeps["logistic_regression_60000"]
    recall = classes_by_recall(sweep, finished(sweep)[TRIAL][0])
    order = list(recall) if best else list(recall)[::-1]
    right = named & set(order[: len(named)])
    answer: Answer = "agree" if right == named else "depends" if right or named & set(order[:4]) else "disagree"
    ranks = ", ".join(f"{name} {percent(recall[name])} (no. {order.index(name) + 1})" for name in sorted(named))
    shown = ", ".join(f"{name} {percent(recall[name])}" for name in order[:4])
    kind = "best" if best else "hardest"
    return Finding(f"{kind} by recall: {shown}", answer, f"of the two named: {ranks}")


def slowest(sweeps: Sweeps) -> Finding:
    seconds = {
        "logistic regression on 60,000": seconds_of(sweeps["logistic_regression_60000"]),
        "SVM on 20,000": seconds_of(sweeps["svm_20000"], C=1.0),
        "decision tree on 20,000": seconds_of(sweeps["decision_tree_20000"], min_samples_leaf=1),
    }
    order = sorted(seconds, key=lambda name: seconds[name])
    measured = ", ".join(f"{name} {seconds[name]:.0f} s" for name in order)
    reported = ["decision tree on 20,000", "SVM on 20,000", "logistic regression on 60,000"]
    answer: Answer = "agree" if order == reported else "depends" if order[-1] == reported[-1] else "disagree"
    return Finding(measured, answer, f"from fastest to slowest; the report's order is {', '.join(reported)}")


def seconds_of(sweep: SweepResults, **config: object) -> float:
    """Training time of the trial with this config."""
    table = finished(sweep)
    for name, value in config.items():
        table = table[table[CONFIG + name] == value]
    return float(table[SECONDS].mean())


def picture_of_classes(sweeps: Sweeps) -> bytes:
    sweep = sweeps["logistic_regression_60000"]
    found = classes_by_recall(sweep, finished(sweep)[TRIAL][0])
    figure, (bars, matrix) = panels(2, size=(4.2, 3.6))
    bars.barh(list(found)[::-1], list(found.values())[::-1], color=style.BLUE)
    bars.grid(axis="x", color=style.GRID)
    bars.grid(axis="y", visible=False)
    style.set_labels(bars, "recall", "")
    draw_confusion(matrix, sweep)
    return as_png(figure)


def draw_confusion(axes: Axes, sweep: SweepResults) -> None:
    """Shares of each true class, the diagonal left out so that what is confused stands out."""
    classes = sweep.manifest["data"]["classes"]
    rows = sweep.rows[sweep.rows[CONFUSION].notna()]
    counts = np.array(rows[CONFUSION].iloc[-1], dtype=float)
    shares = counts / counts.sum(axis=1, keepdims=True)
    np.fill_diagonal(shares, np.nan)
    axes.imshow(shares, cmap="Blues", vmin=0)
    axes.grid(visible=False)
    for (true, predicted), share in np.ndenumerate(shares):
        if share >= 0.03:
            colour = style.PAPER if share > 0.1 else style.INK
            axes.text(predicted, true, f"{100 * share:.0f}", ha="center", va="center", fontsize=6.5, color=colour)
    axes.set_xticks(range(len(classes)), classes, rotation=60, ha="right", fontsize=6.5)
    axes.set_yticks(range(len(classes)), classes, fontsize=6.5)
    style.set_labels(axes, "predicted", "true (per cent of it)")


def words(model: str) -> str:
    return {"svm": "the SVM", "decision_tree": "the tree"}.get(model, model.replace("_", " "))


CROSS_VALIDATION = (
    Claim(
        "In five-fold cross-validation the SVM with an RBF kernel is best.",
        "The SVM less the better of the others, over the same folds, against two standard errors.",
        svm_is_best,
    ),
    Claim(
        "The decision tree has high variance.",
        "Agree if the variance of its folds' accuracies is over that of both others by an F test at 5 %, disagree if "
        "it is not even the largest.",
        tree_varies_most,
    ),
)
ACCURACIES = (
    Claim("R0, R1: logistic regression on all images has 0.8432.", "Within two standard errors.", logistic_regression),
    Claim(
        "R0: best classes are sneaker and ankle boot.",
        "Agree if both are the two best by recall, disagree if neither is among the four.",
        best_classes,
    ),
    Claim("R0: hardest are pullover and coat.", "The same from the other end.", hardest_classes),
    Claim(
        "R1: the SVM on 20,000 images has 0.8745.",
        "Agree with scikit-learn's defaults, depends with another C; within two standard errors.",
        svm,
    ),
    Claim("R1: the decision tree on 20,000 images has 0.766.", "Within two standard errors.", tree),
    Claim(
        "R1: the tree takes 50 s, the SVM about a minute, logistic regression about three.",
        "The order of the three; seconds are the machine's.",
        slowest,
    ),
)

STUDIES = (
    Study(
        name="cross_validation",
        title="Cross-validation of three classifiers",
        source="R0",
        setting=(
            "Logistic regression, RBF SVM and decision tree with scikit-learn's defaults on 5,000 images of "
            "Fashion-MNIST, the same five folds for all three."
        ),
        sweeps=(*(f"cross_validation_{name}" for name in COMPARED), *GROWN),
        claims=CROSS_VALIDATION,
        picture=picture_of_folds,
        caption="Accuracy of every fold.",
    ),
    Study(
        name="classifiers_on_fashion",
        title="The classifiers on Fashion-MNIST",
        source="R0 and R1",
        setting=(
            "Logistic regression by lbfgs with up to 1,000 iterations on 54,000 of the 60,000 training images (the "
            "others are for validation), the SVM and the tree on 20,000 as in the report. The reports' accuracies are "
            "on the test images, ours on validation images, and no rule here allows for one of the two being easier."
        ),
        sweeps=("logistic_regression_60000", "svm_20000", "decision_tree_20000"),
        claims=ACCURACIES,
        picture=picture_of_classes,
        caption="Logistic regression: recall of each class, and what it takes each class for.",
    ),
)
