"""All studies, in the order of the page."""

from __future__ import annotations

from functools import partial

from benchmarks.reports import classifiers, lecture, penalties, vaes, weights
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
    Study(
        name="vae_reconstructions",
        title="Reconstructions of a VAE",
        source="R4",
        setting="The report's VAE on MNIST, batch 128, ten epochs, seed 1, here of 8,960 images in place of 60,000.",
        sweeps=("vae_first_last",),
        claims=vaes.RECONSTRUCTIONS,
        picture=vaes.picture_of_epochs,
        caption="Validation images over their reconstructions: after the first epoch (left) and the last (right).",
    ),
    Study(
        name="vae_batch_and_epochs",
        title="Batch size and epochs of a VAE",
        source="R4",
        setting=(
            "A VAE on 2,560 images of MNIST in place of 60,000, for 10, 20, 50 and 100 epochs in place of 300: with a "
            "batch of 64 these 100 epochs are as many updates as four of the report's."
        ),
        sweeps=tuple(f"vae_batch_{batch}" for batch in vaes.BATCHES),
        claims=vaes.SETTINGS,
        picture=vaes.picture_of_batches,
        caption="The bound on validation images by epochs, a line a batch size.",
    ),
    Study(
        name="few_labels",
        title="Few labels",
        source="Lecture",
        setting=(
            "Fashion-MNIST with 50 to 3,000 labelled images, the smaller part within the larger: three discriminative "
            "models, and three generative ones by Bayes' rule (dashed). Nets get 600 (cnn) and 1,000 (cvae) "
            "updates, scaled down from 3,000."
        ),
        sweeps=tuple(f"few_labels_{name}" for name in (*lecture.DISCRIMINATIVE, *lecture.GENERATIVE)),
        claims=lecture.LABELS,
        picture=lecture.picture_of_labels,
        caption="Accuracy by the number of labelled images; dashed lines are generative models.",
    ),
    Study(
        name="imputation",
        title="Missing values",
        source="Lecture",
        setting=(
            "Fashion-MNIST, 3,000 to 5,000 training images: a hidden quarter of each image is guessed; the simple way "
            "is the mean image."
        ),
        sweeps=tuple(lecture.USERS.values()),
        claims=lecture.IMPUTATION,
        picture=partial(lecture.picture_of_ratios, use="impute"),
        caption="Error of hidden pixels over that of the mean image; under 1 is better than that.",
    ),
    Study(
        name="denoising",
        title="Denoising",
        source="Lecture",
        setting="The same models, shown images with noise of 0.5; the simple way leaves the noise where it is.",
        sweeps=tuple(lecture.USERS.values()),
        claims=lecture.DENOISING,
        picture=partial(lecture.picture_of_ratios, use="denoise"),
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
        sweeps=tuple(lecture.SCORERS.values()),
        claims=lecture.STRANGERS,
        picture=lecture.picture_of_strangers,
        caption="How often a validation image has more density than a strange one; 0.5 is a coin.",
    ),
)
