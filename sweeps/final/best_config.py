"""The result of `sweeps best`: the ranked trials of a sweep, or the one config of a spec or a W&B artifact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sweeps.errors import SpecError
from sweeps.final.sources import config_in, is_config, local
from sweeps.results.provenance import best_spec, locked_row
from sweeps.results.ranking import Ranking, by_metric, pareto
from sweeps.results.table_rows import TableRow
from sweeps.spec.resolved import Spec


@dataclass(frozen=True)
class BestTrials:
    """Trials best first, a row each with the reason `why`, and the config of the first as a spec with its lock."""

    rows: list[TableRow]
    columns: Sequence[str]  # of the rows, in order
    spec: Callable[[], Spec]


def best_trials(what: str, metric: str | None = None, front: str | None = None, top: int | None = None) -> BestTrials:
    """The best trials of `what`: by a metric, or on the Pareto front of several, "A,B,...".

    SpecError or ResultsError if there is nothing to choose from.
    """
    place = local(what)
    if is_config(place):
        return _one(what, config_in(place, trusted=False), asked=(metric or front or top) is not None)
    ranking: Ranking = pareto(place, front.split(",")) if front is not None else by_metric(place, metric)
    rows = ranking.rows(top if top is not None or front is not None else 1)
    return BestTrials(rows, ranking.columns, lambda: best_spec(ranking))


def _one(what: str, spec: Spec, asked: bool) -> BestTrials:
    if asked:
        raise SpecError(
            "it holds one config, so there is nothing to rank",
            valid="a sweep's folder, or no option but --out",
            source=what,
        )
    row = locked_row(spec)
    return BestTrials([row], list(row), lambda: spec)
