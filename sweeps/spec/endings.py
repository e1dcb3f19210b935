"""What may end a trial or the sweep early, and what a model must keep: `early_terminate`, `target`, `constraint`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

from analysis.metrics import METRICS
from analysis.ranking import Constraint
from basics.text import shown
from sweeps.errors import SpecError
from sweeps.spec.document.schema import ConstraintSection, EarlyTerminateSection, MetricSection, SpecSection
from sweeps.spec.early_termination import TERMS, Bands, Collapse, Target, Terms, options
from sweeps.spec.objective import fits, keyed, kinds_of, misfit
from trainables import MODELS, Entry

OF_COLLAPSE = ("patience", "severity")  # which type hyperband takes too, and then is two rules
SEVERAL = (Bands, Collapse)  # the kinds of rules that heed several metrics, or none


def early_terminate(section: SpecSection, entry: Entry, dataset: str) -> tuple[Terms, ...]:
    """The terms on which a trial is stopped; SpecError for lines that contradict each other or say nothing."""
    found = [terms for _, terms in _written(section)]
    if any(isinstance(terms, Collapse) for terms in found) and "judged" not in kinds_of(entry, dataset):
        what = f"a {entry.kind if section.model else 'program'} does not collapse: only models that sample are judged"
        raise SpecError(what, key="early_terminate", valid="another type, without patience for collapse")
    return tuple(terms for terms in found if not isinstance(terms, Target))


def target(section: SpecSection) -> float | None:
    """The value of the objective that ends the sweep, from either line that may say it."""
    said = [terms.value for _, terms in _written(section) if isinstance(terms, Target)]
    of_metric = section.metric.target if isinstance(section.metric, MetricSection) else None
    if said and of_metric not in (None, *said):
        what = f"{of_metric:g}, and {said[0]:g} in early_terminate"
        raise SpecError(what, key="metric.target", valid="one of the two lines")
    return said[0] if said else of_metric


def check_several(section: SpecSection) -> None:
    """SpecError for a rule that is of one metric where several are searched for."""
    lines = keyed(section.metric)
    for key, line in lines if len(lines) > 1 else ():
        if line.target is not None:
            raise SpecError("a target is of one metric", key=f"{key}.target", valid="a constraint")
    for key, terms in _written(section) if len(lines) > 1 else ():
        if not isinstance(terms, SEVERAL):
            what = f"it looks at one metric, and {len(lines)} are searched for"
            heeding = [name for name, kind in TERMS.items() if kind in SEVERAL]
            raise SpecError(what, key=f"{key}.type", valid=heeding)


def has_collapse(section: SpecSection) -> bool:
    """Whether a trial may be stopped for its collapse, which only a model that samples has."""
    return any(isinstance(terms, Collapse) for _, terms in _written(section))


def _written(section: SpecSection) -> Iterator[tuple[str, Terms]]:
    """All terms with the keys that they are written under; SpecError for two of one kind."""
    seen: set[type[Terms]] = set()
    for key, line in _entries(section):
        for terms in _read(key, line):
            if type(terms) in seen:
                raise SpecError("is there twice", key=f"{key}.type", valid="each rule once")
            seen.add(type(terms))
            yield key, terms


def _entries(section: SpecSection) -> Iterator[tuple[str, EarlyTerminateSection]]:
    lines = section.early_terminate
    if isinstance(lines, list):
        yield from ((f"early_terminate[{index}]", line) for index, line in enumerate(lines))
    elif lines is not None:
        yield "early_terminate", lines


def _read(key: str, line: EarlyTerminateSection) -> Iterator[Terms]:
    given = {name: value for name, value in line.model_dump(exclude_unset=True).items() if value is not None}
    kind = TERMS[line.type]
    if kind is Bands and "patience" in given:
        yield _made(Collapse, "collapse", key, {name: given.pop(name) for name in OF_COLLAPSE if name in given})
    terms = _made(kind, line.type, key, given)
    yield _with_bands(key, terms) if isinstance(terms, Bands) else terms


def _made(kind: type[Terms], name: str, key: str, given: Mapping[str, Any]) -> Terms:
    for option in given:
        if option not in ("type", *options(kind)):
            others = " or ".join(other for other, its in TERMS.items() if option in options(its))
            also = "with patience, or " if option == "severity" and kind is Bands else ""
            raise SpecError(f"has no meaning with type {name}", key=f"{key}.{option}", valid=f"{also}with {others}")
    for field in fields(kind):
        if field.default is MISSING and field.name not in given:
            valid = EarlyTerminateSection.model_fields[field.name].description or ""
            raise SpecError("is missing", key=f"{key}.{field.name}", valid=valid)
    return kind(**given)


def _with_bands(key: str, terms: Bands) -> Bands:
    if terms.max_iter is None and terms.min_iter is None:
        raise SpecError("says no bands", key=key, valid="min_iter, or max_iter and s")
    if terms.max_iter is not None and terms.s is None:
        raise SpecError("is missing", key=f"{key}.s", valid="with max_iter: how many bands below it")
    if not terms.bands:
        what = f"{terms.max_iter} / {terms.eta:g} is below 1, so there is no band"
        raise SpecError(what, key=f"{key}.max_iter", valid=f"{terms.eta:g} or more, or a smaller eta")
    return terms


def constraints(section: SpecSection, entry: Entry, dataset: str) -> tuple[Constraint, ...]:
    """The bounds on other metrics; SpecError for a metric the model has not, or for no bound or two."""
    lines = keyed(section.constraint, "constraint")
    found = {str(bound): bound for bound in (_constraint(key, line, section, entry, dataset) for key, line in lines)}
    return tuple(found.values())


def _constraint(key: str, line: ConstraintSection, section: SpecSection, entry: Entry, dataset: str) -> Constraint:
    if (line.max is None) == (line.min is None):
        raise SpecError("needs one bound", key=key, valid="max, or min")
    kinds = kinds_of(entry, dataset)
    row = METRICS.get(line.name) if section.model is not None else None
    if (row is None and section.model in MODELS) or (row is not None and not fits(row, kinds, entry)):
        fitting = [name for name, metric in METRICS.items() if fits(metric, kinds, entry)]
        what = f"unknown metric {shown(line.name)}" if row is None else misfit(line.name, row, kinds, section, entry)
        raise SpecError(what, key=f"{key}.name", valid=fitting, near=line.name)
    return Constraint(line.name, line.max, line.min)
