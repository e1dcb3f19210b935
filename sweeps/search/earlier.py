"""What trials of other sweeps came to, which a search knows from its start and never counts among its own.

Where their values compare with those of this sweep (the same model, data, objective and steps), they are read as if
they were trials from before its first. Where they do not, a trial has only its place among those of its own sweep: the
sampler reads it as if it had come to the value in that place of this sweep's.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState, create_trial

from search_spaces.space import Config
from sweeps.search.drawing import BY_QUANTILE, distribution_of, numbers_of, values_of
from sweeps.search.journal import FAR, SOUND, STATES, STATUS, VALUES
from sweeps.search.method import Problem, Status


@dataclass(frozen=True)
class EarlierTrial:
    """A trial of another sweep: its `config`, by what is searched here, and how it ended.

    `value` is its best, of this sweep's objective, after `steps`, `others` what it has there of further objectives, and
    `violations` how far that is past each constraint.
    `share`, where values do not compare, is how many of its sweep's trials were better, from 0 to 1; else None.
    """

    config: Config
    status: Status
    value: float | None = None
    steps: int = 1
    violations: Sequence[float | None] = ()
    share: float | None = None
    others: Sequence[float] = ()

    def document(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in asdict(self).items()
            if name in ("config", "status") or value not in (None, ())
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> EarlierTrial:
        """TypeError for what is none."""
        return cls(**document)


class Earlier:
    """Earlier trials as a sampler reads them: ended trials of this problem, without numbers of this sweep."""

    def __init__(self, problem: Problem, trials: Sequence[EarlierTrial] = ()) -> None:
        self._problem = problem
        self.comparable = [self._frozen(trial) for trial in trials if trial.share is None]
        self._others = sorted((t for t in trials if t.share is not None), key=lambda trial: trial.share or 0.0)

    def __bool__(self) -> bool:
        return bool(self.comparable or self._others)

    def before(self, own: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        """All of them, to be read before this sweep's `own`, of which each that has ended takes the place of one whose
        value does not compare: those left are spread over all the places of theirs, the best always among them."""
        left = max(len(self._others) - sum(trial.state.is_finished() for trial in own), 0)
        kept = [self._others[index * len(self._others) // left] for index in range(left)]
        scale = self._scale([*self.comparable, *own]) if kept else []
        return [*(self._frozen(trial, _at(scale, trial.share or 0.0)) for trial in kept), *self.comparable]

    def _scale(self, trials: Sequence[FrozenTrial]) -> list[float]:
        """The values of the trials that are done, the best first; from 0 to 1 where there are none."""
        worst_last = self._problem.metric.goal == "minimize"
        values = sorted(t.value for t in trials if t.state == TrialState.COMPLETE and t.value is not None)
        return (values if worst_last else values[::-1]) or ([0.0, 1.0] if worst_last else [1.0, 0.0])

    def _frozen(self, trial: EarlierTrial, value: float | None = None) -> FrozenTrial:
        space, notes = self._problem.space, dict[str, Any]({STATUS: trial.status})
        if by_quantile := values_of(trial.config, space):
            notes[BY_QUANTILE] = by_quantile
        values = [trial.value if value is None else value, *trial.others]
        ended: dict[str, Any] = {"state": STATES[trial.status], "values": values, "constraints": self._past(trial)}
        if trial.status == "failed":
            ended = {"state": TrialState.PRUNED, "constraints": {SOUND: FAR}}
        elif trial.status == "stopped":
            ended |= {"state": TrialState.PRUNED, "values": None}
            if len(values) == 1:
                ended["intermediate_values"] = {trial.steps: values[0]}
            else:
                notes[f"{VALUES}{trial.steps}"] = values
        return create_trial(
            params=numbers_of(trial.config, space, {}),
            distributions={name: distribution_of(space[name]) for name in trial.config},
            user_attrs=notes,
            **ended,
        )

    def _past(self, trial: EarlierTrial) -> dict[str, float] | None:
        """What is known of how far it is past the constraints."""
        bounds = zip(self._problem.metric.constraints, trial.violations, strict=bool(trial.violations))
        return {str(bound): violation for bound, violation in bounds if violation is not None} or None


def in_order(before: Sequence[FrozenTrial], own: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Copies of `own` after `before`, to be numbered in that order in a study that is not the sweep's."""
    return [*before, *map(copy.copy, own)]


def _at(scale: Sequence[float], share: float) -> float:
    return scale[min(int(share * len(scale)), len(scale) - 1)]
