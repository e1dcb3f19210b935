"""All studies, in the order of the page."""

from __future__ import annotations

from benchmarks.reports import classifiers, penalties, weights
from benchmarks.reports.study import Study

STUDIES = (
    Study(
        name="c_and_penalty",
        title="Strength and kind of the penalty",
        source="R2",
        setting=(
            "Logistic regression by saga on the 8 x 8 digits of scikit-learn, 9 values of C, l1 and l2. The report "
            "looked at one split with 360 test images, where a point is three or four images; here each setting is "
            "cross-validated over five folds of 1,149 images."
        ),
        sweeps=("c_and_penalty",),
        claims=penalties.CLAIMS,
        picture=penalties.picture,
        caption="Accuracy and training loss against C; bands are one standard error over the folds.",
    ),
    Study(
        name="weight_maps",
        title="Weight maps",
        source="R2 and R0",
        setting=(
            "The weights of the best l2 model of the sweep above, and of logistic regression on Fashion-MNIST: blue is "
            "negative, red positive."
        ),
        sweeps=("c_and_penalty", "logistic_regression_60000"),
        claims=weights.CLAIMS,
        picture=weights.picture,
        caption="Weights of each class on digits (above) and on Fashion-MNIST (below).",
    ),
    Study(
        name="cross_validation",
        title="Cross-validation of three classifiers",
        source="R0",
        setting=(
            "Logistic regression, RBF SVM and decision tree with scikit-learn's defaults on 5,000 images of "
            "Fashion-MNIST, the same five folds for all three."
        ),
        sweeps=(*(f"cross_validation_{name}" for name in classifiers.COMPARED), *classifiers.GROWN),
        claims=classifiers.CROSS_VALIDATION,
        picture=classifiers.picture_of_folds,
        caption="Accuracy of every fold.",
    ),
    Study(
        name="classifiers_on_fashion",
        title="The classifiers on Fashion-MNIST",
        source="R0 and R1",
        setting=(
            "Logistic regression by lbfgs with up to 1,000 iterations on 54,000 of the 60,000 training images (the "
            "others are for validation), the SVM and the tree on 20,000 as in the report."
        ),
        sweeps=("logistic_regression_60000", "svm_20000", "decision_tree_20000"),
        claims=classifiers.ACCURACIES,
        picture=classifiers.picture_of_classes,
        caption="Logistic regression: recall of each class, and what it takes each class for.",
    ),
)
