"""What became of the best trials that were run again with other seeds, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.intervals import Interval, mean_and_spread, of_metric
from analysis.ranking import Standing, rank
from analysis.results import DONE, SweepResults
from analysis.winners_curse import fall


def told(sweep: SweepResults) -> Iterator[str]:
    """How many were run again, the winner over its seeds, and how far the winner on one seed fell."""
    again = [trial for trial in sweep.ranked if _seeds(sweep, trial) > 1]
    if not again:
        return
    alone = [standing.trial for standing in rank(_of_one_seed(sweep), tuple(sweep.goals.values()))]
    yield f"The {len(again)} best trials were run again with other seeds, and stand by the mean over their seeds."
    for trial in dict.fromkeys([sweep.ranked[0], alone[0]]):
        if trial in again:
            places = alone.index(trial) + 1, sweep.ranked.index(trial) + 1
            sentence = fall(trial, sweep.score(trial), over_seeds(sweep, trial), *places)
            yield f"{sentence[0].upper()}{sentence[1:]}."


def over_seeds(sweep: SweepResults, trial: str) -> Interval:
    """The mean of the objective over the seeds of a trial that was run again, and its interval."""
    others = [other for other, of in sweep.replicates.items() if of == trial]
    done = [sweep.seed_standings[other] for other in others if sweep.seed_standings[other].status == DONE]
    values = [sweep.score(trial), *(standing.at_best.value for standing in done if standing.at_best is not None)]
    return of_metric(sweep.objective, *mean_and_spread(values), len(values))


def _of_one_seed(sweep: SweepResults) -> Iterator[Standing]:
    yield from (standing for trial, standing in sweep.seed_standings.items() if trial not in sweep.replicates)


def _seeds(sweep: SweepResults, trial: str) -> int:
    best = sweep.standings[trial].at_best
    return best.seeds if best is not None else 1
