"""CMA-ES (Hansen 2016) on the unit cube of the numbers that are searched, by the `cmaes` package.

Optuna's sampler over the same package reads no trial that stopped or failed, and keeps a pickle of its state in the
journal. This one ranks whatever has ended, and its state follows from notes that anyone may read: each trial's point
and generation, and, with the first of a generation, which trials the one before came to, the best first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import optuna

from search_spaces.domains import Domain, Float, Int
from search_spaces.quantiles import quantile_of, value_at
from sweeps.search.drawing import meant
from sweeps.search.method import Problem
from sweeps.search.samplers.viewed import Draw, ViewedMethod
from sweeps.search.trials import Trials
from sweeps.search.view import Note, Reading, readings

BEST = 0.1  # of what other sweeps tried, the share that its distribution starts from
POINT, GENERATION, TOLD = "point", "generation", "told"  # of a note


class CMAES(ViewedMethod):
    """Draws from a normal distribution that moves, generation by generation, to where the better half lay."""

    learns: ClassVar[bool] = True

    def __init__(self, problem: Problem, trials: Trials) -> None:
        super().__init__(problem, trials)
        self._searched = [name for name, domain in problem.space.items() if domain.size > 1]
        self._made: tuple[list[list[int]], Any] | None = None  # the distribution, and the generations it was told

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=seed)

    def drawn(self, number: int, seed: int) -> Draw:
        read = readings(self._trials.study.get_trials(deepcopy=False), self._problem.metric)
        optimizer, note = self._optimizer(read), {}
        ended = self._ended(read, optimizer.generation)[: optimizer.population_size]
        if len(ended) == optimizer.population_size:
            note[TOLD] = [reading.number for reading in sorted(ended, key=self._rank)]
            _tell(optimizer, read, note[TOLD])
            self._made = None  # the note is not in the journal yet
        optimizer.reseed_rng(seed)
        tried, point = _asked(optimizer)
        values = self._values(tried)
        return Draw(values, note | {GENERATION: optimizer.generation, POINT: point.tolist()})

    def kept(self, note: Note, as_drawn: bool) -> Note:
        return note if as_drawn else {}  # else it is no draw of the distribution's

    def _optimizer(self, read: list[Reading]) -> Any:
        """The distribution as the notes have it, all of its generations told."""
        firsts = sorted((r for r in read if TOLD in r.note), key=lambda r: int(r.note[GENERATION]))
        generations = [first.note[TOLD] for first in firsts]
        if self._made is None or self._made[0] != generations:
            self._made = generations, self._new()
            for told in generations:
                _tell(self._made[1], read, told)
        return self._made[1]

    def _new(self) -> Any:
        from cmaes import CMA, CMAwM

        said, n = self._problem.sampler, len(self._searched)
        start = self._warm() or {"mean": np.full(n, 0.5), "sigma": said["sigma0"]}
        terms = {**start, "population_size": said["popsize"], "seed": 0}
        if not said["with_margin"]:
            return CMA(**terms, bounds=np.tile([0.0, 1.0], (n, 1)), lr_adapt=said["lr_adapt"])
        steps = np.array([_step(self._problem.space[name]) for name in self._searched])
        return CMAwM(**terms, bounds=np.stack([steps / 2, 1 - steps / 2], axis=1), steps=steps)

    def _warm(self) -> dict[str, Any]:
        """Where the best tenth of the trials of other sweeps lay (Nomura et al. 2021); nothing if there are none."""
        from cmaes import get_warm_start_mgd

        ended = [r for r in readings(self._trials.earlier.comparable, self._problem.metric) if r.values]
        points = [(self._point(r), float(rank)) for rank, r in enumerate(sorted(ended, key=self._rank))]
        if all(reading.failed for reading in ended):
            return {}
        mean, sigma, covariance = get_warm_start_mgd(points, gamma=min(max(BEST, 1.5 / len(points)), 1.0))
        return {"mean": mean, "sigma": sigma, "cov": covariance}

    def _point(self, reading: Reading) -> np.ndarray:
        """In the cube; a parameter that was not active has the middle of its range."""
        params, space = reading.params, self._problem.space
        there = {name: quantile_of(space[name], meant(space[name], params[name])) for name in params}
        return np.array([there.get(name, 0.5) for name in self._searched])

    def _ended(self, read: list[Reading], generation: int) -> list[Reading]:
        return [r for r in read if r.note.get(GENERATION) == generation and r.values is not None]

    def _rank(self, reading: Reading) -> tuple[bool, float, float]:
        """What puts one before another: it trains, it is less far past the constraint, it is better."""
        sign = -1 if self._problem.metric.goal == "maximize" else 1
        assert reading.values is not None
        return reading.failed, reading.violation, sign * reading.values[0]

    def _values(self, point: np.ndarray) -> dict[str, Any]:
        shares = dict(zip(self._searched, point.tolist(), strict=True))
        return {name: value_at(domain, shares.get(name, 0.5)) for name, domain in self._problem.space.items()}


def _tell(optimizer: Any, read: list[Reading], best_first: list[int]) -> None:
    """CMA-ES heeds the order alone."""
    optimizer.tell([(np.array(read[number].note[POINT]), float(rank)) for rank, number in enumerate(best_first)])


def _asked(optimizer: Any) -> Iterator[np.ndarray]:
    """The point to try, and the one to tell: with margins the first is the nearest of the values there are."""
    asked = optimizer.ask()
    return iter(asked if isinstance(asked, tuple) else (asked, asked))


def _step(domain: Domain) -> float:
    """The share of the cube's edge that each of a few values has, 0 where there are no steps of one width."""
    few = (isinstance(domain, Int) and not domain.log) or (isinstance(domain, Float) and domain.step is not None)
    return 1 / domain.size if few else 0.0
