"""The best trials of a search, run again with other seeds: one standing for all seeds of a config.

A trial that was the best of many on one seed owes some of that to the seed (the winner's curse). So contenders stand by
the mean over their seeds, and the trials of the other seeds have no places of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.ranking import HEALTHY, BestStep, Ranked, Standing


def over_seeds(own: BestStep, others: Sequence[BestStep], lost: int = 0) -> BestStep:
    """A trial's best step with the means of the values, and of the violations, over its seeds; `lost` have failed.

    Verdict and findings are those of the median seed, of an even number the worse of the two.

    Each seed is taken where it was at its best, as the first one was.
    """
    seeds = [own, *others]
    if len(seeds) == 1:
        return replace(own, lost=lost)
    values = [_mean(of) for of in zip(*(best.values for best in seeds), strict=True)]
    past = [_mean(of) for of in zip(*(best.violations for best in seeds), strict=True)]
    first, *rest = (value or 0.0 for value in values)
    said = median(seeds)
    return BestStep(first, own.step, said.verdict, tuple(past), tuple(rest), len(seeds), lost, said.findings)


def _mean(values: Sequence[float | None]) -> float | None:
    """Of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def median(seeds: Sequence[BestStep]) -> BestStep:
    """The seed whose verdict is in the middle, of an even number the worse of the two there."""
    return sorted(seeds, key=lambda best: (best.hopeless, best.verdict not in ("", HEALTHY)))[len(seeds) // 2]


def with_seeds(trials: Iterable[Ranked], replicates: Mapping[str, str]) -> list[Standing]:
    """The standings of trials without those that are other seeds of an earlier one (`replicates`, by name), which
    count with that one as soon as they are done."""
    standings = {trial.trial: Standing(trial.trial, trial.status, trial.at_best) for trial in trials}
    seeds = defaultdict[str, list[Standing]](list)
    for trial, of in replicates.items():
        if trial in standings:
            seeds[of].append(standings.pop(trial))
    return [_with(standing, seeds.get(trial, ())) for trial, standing in standings.items()]


def _with(standing: Standing, seeds: Sequence[Standing]) -> Standing:
    if standing.at_best is None or not seeds:
        return standing
    done = [seed.at_best for seed in seeds if seed.status == "done" and seed.at_best is not None]
    lost = sum(seed.status == "failed" for seed in seeds)
    return replace(standing, at_best=over_seeds(standing.at_best, done, lost))
