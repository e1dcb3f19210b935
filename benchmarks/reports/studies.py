"""All studies, in the order of the page."""

from __future__ import annotations

from benchmarks.reports import (
    classifiers,
    colour,
    gan_losses,
    gan_rates,
    gan_run,
    helvetica,
    labels,
    penalties,
    samples,
    uses,
    vaes,
    weights,
)
from benchmarks.reports.study import Study

STUDIES: tuple[Study, ...] = (
    *penalties.STUDIES,
    *weights.STUDIES,
    *classifiers.STUDIES,
    *gan_losses.STUDIES,
    *helvetica.STUDIES,
    *gan_rates.STUDIES,
    *gan_run.STUDIES,
    *samples.STUDIES,
    *vaes.STUDIES,
    *colour.STUDIES,
    *labels.STUDIES,
    *uses.STUDIES,
)
