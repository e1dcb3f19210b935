"""All studies, in the order of the page."""

from __future__ import annotations

from benchmarks.reports import penalties
from benchmarks.reports.study import Study

STUDIES = (
    Study(
        name="c_and_penalty",
        title="Strength and kind of the penalty",
        source="R2",
        setting=(
            "Logistic regression by saga on the 8 x 8 digits of scikit-learn, 14 values of C, l1 and l2. The report "
            "looked at one split with 360 test images, where a point is three or four images; here each setting is "
            "cross-validated over five folds of 1,149 images."
        ),
        sweeps=("c_and_penalty",),
        claims=penalties.CLAIMS,
        picture=penalties.picture,
        caption="Accuracy and training loss against C; bands are one standard error over the folds.",
    ),
)
