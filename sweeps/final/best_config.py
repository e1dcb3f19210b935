"""The result of `sweeps best`: the ranked trials of a sweep, or the one config of a spec or a W&B artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.results import ResultsError
from sweeps.errors import SpecError
from sweeps.final.sources import config_in, is_config, local
from sweeps.results.preference import weights_in
from sweeps.results.provenance import best_spec, locked_row
from sweeps.results.ranking import Ranking, best_trials_of, by_metric, pareto
from sweeps.results.table_rows import TableRow
from sweeps.spec.resolved import Spec


@dataclass(frozen=True)
class BestTrials:
    """Trials best first, a row each with the reason `why`, and the config of the first as a spec with its lock."""

    rows: list[TableRow]
    columns: Sequence[str]  # of the rows, in order
    spec: Callable[[], Spec]


def best_trials(
    what: str,
    metric: str | None = None,
    front: str | None = None,
    top: int | None = None,
    prefer: str | None = None,
) -> BestTrials:
    """The best trials of `what`: by a metric, or on the Pareto front of several, "A,B,...", or of those it is for.

    `prefer` chooses on a front: a metric, or weights, "A=1,B=2".
    SpecError or ResultsError if there is nothing to choose from.
    """
    place = local(what)
    if is_config(place):
        return _one(what, config_in(place, trusted=False), asked=(metric or front or top or prefer) is not None)
    ranking = _ranking(place, metric, front, weights_in(prefer) if prefer is not None else None)
    rows = ranking.rows(top if top is not None or len(ranking.goals) > 1 else 1)
    return BestTrials(rows, ranking.columns, lambda: best_spec(ranking))


def _ranking(folder: Path, metric: str | None, front: str | None, prefer: Mapping[str, float] | None) -> Ranking:
    if metric is not None and (front is not None or prefer is not None):
        raise ResultsError("--metric ranks by one metric, --pareto and --prefer look at a front; one of the two")
    if front is not None:
        return pareto(folder, front.split(","), prefer)
    return by_metric(folder, metric) if metric is not None else best_trials_of(folder, prefer)


def _one(what: str, spec: Spec, asked: bool) -> BestTrials:
    if asked:
        raise SpecError(
            "it holds one config, so there is nothing to rank",
            valid="a sweep's folder, or no option but --out",
            source=what,
        )
    row = locked_row(spec)
    return BestTrials([row], list(row), lambda: spec)
