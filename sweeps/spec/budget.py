"""What of time and machine a sweep may take: the line `budget`, of which `trials` is another name for `run_cap`."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import fields

from sweeps.errors import SpecError
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.resolved import Budget


def budget_of(section: SpecSection) -> Budget:
    """SpecError for hours of GPUs where a trial has none."""
    if section.budget.gpu_hours is not None and not section.resources.gpu:
        what = "a trial has no GPU, so these hours would never end"
        raise SpecError(what, key="budget.gpu_hours", valid="resources: {gpu: 1}, or core_hours")
    return Budget(**{line.name: getattr(section.budget, line.name) for line in fields(Budget)})


def with_run_cap(section: SpecSection, changed: Container[str]) -> SpecSection:
    """The section with `budget.trials` as its `run_cap`; SpecError if both say a number and not the same.

    `changed` are the lines of the command line, which go before those of the file.
    """
    trials, cap = section.budget.trials, section.run_cap
    said = "budget.trials" in changed or "budget" in changed
    if trials is None or ("run_cap" in changed and not said):
        return section
    if cap not in (None, trials) and not (said and "run_cap" not in changed):
        what = f"{trials}, and {cap} in run_cap, which is the same"
        raise SpecError(what, key="budget.trials", valid="one of the two lines")
    return section.model_copy(update={"run_cap": trials})
