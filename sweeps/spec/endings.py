"""What may end a trial early, and what its model must keep: the lines `early_terminate` and `constraint`."""

from __future__ import annotations

from analysis.metrics import METRICS
from analysis.ranking import Constraint
from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.early_termination import EarlyTerminate
from sweeps.spec.objective import kinds_of
from trainables import MODELS, Entry

PATIENCE = 2  # evaluations, of type collapse where nothing is said
OF_BANDS, OF_COLLAPSE = ("min_iter", "max_iter", "s", "eta", "strict"), ("patience", "severity")


def early_terminate(section: SpecSection, entry: Entry, dataset: str) -> EarlyTerminate | None:
    """The terms on which a trial is stopped; SpecError for lines that contradict each other or say nothing."""
    terms = section.early_terminate
    if terms is None:
        return None
    given = {name: value for name, value in terms.model_dump(exclude_unset=True).items() if value is not None}
    if terms.type == "collapse" or terms.patience is not None:
        _check_judged(entry, dataset)
    if terms.type == "collapse":
        _refuse(given, OF_BANDS, "type: hyperband, which has bands and can have patience too")
        return EarlyTerminate(**{"patience": PATIENCE, **given})
    if terms.patience is None:
        _refuse(given, OF_COLLAPSE, "with patience, or with type: collapse")
    return _with_bands(EarlyTerminate(**given))


def _with_bands(terms: EarlyTerminate) -> EarlyTerminate:
    if terms.max_iter is None and terms.min_iter is None:
        raise SpecError("says no bands", key="early_terminate", valid="min_iter, or max_iter and s")
    if terms.max_iter is not None and terms.s is None:
        raise SpecError("is missing", key="early_terminate.s", valid="with max_iter: how many bands below it")
    if not terms.bands:
        what = f"{terms.max_iter} / {terms.eta:g} is below 1, so there is no band"
        raise SpecError(what, key="early_terminate.max_iter", valid=f"{terms.eta:g} or more, or a smaller eta")
    return terms


def _check_judged(entry: Entry, dataset: str) -> None:
    if "judged" not in kinds_of(entry, dataset):
        what = f"a {entry.kind} does not collapse: only models that sample are judged"
        raise SpecError(what, key="early_terminate", valid="type: hyperband without patience")


def _refuse(given: dict[str, object], names: tuple[str, ...], valid: str) -> None:
    for name in names:
        if name in given:
            raise SpecError("has no meaning here", key=f"early_terminate.{name}", valid=valid)


def constraint(section: SpecSection, entry: Entry, dataset: str) -> Constraint | None:
    """The bound on a second metric; SpecError for a metric the model has not, or for no bound or two."""
    line = section.constraint
    if line is None:
        return None
    if (line.max is None) == (line.min is None):
        raise SpecError("needs one bound", key="constraint", valid="max, or min")
    kinds = kinds_of(entry, dataset)
    row = METRICS.get(line.name)
    if (row is None and section.model in MODELS) or (row is not None and row.kind not in kinds):
        fitting = [name for name, metric in METRICS.items() if metric.kind in kinds]
        what = (
            f"unknown metric {shown(line.name)}"
            if row is None
            else f"{line.name} is no metric of a {entry.kind} model on {section.dataset}"
        )
        raise SpecError(what, key="constraint.name", valid=fitting, near=line.name)
    return Constraint(line.name, line.max, line.min)
