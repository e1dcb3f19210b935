"""What a search method is: it is asked for configs, told what became of them, and may be asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol

from analysis.metrics import Goal
from analysis.ranking import BestStep
from search_spaces.space import Config, Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Status = Literal["running", "done", "stopped", "failed"]  # of a trial


class Nothing(Enum):
    """There is no config to try."""

    NOT_NOW = "not now"  # until more is told
    NO_MORE = "no more"  # however much is told


class Asked(NamedTuple):
    """A trial that the search wants: its number in the sweep, from 0 on, and its config."""

    number: int
    config: Config


Answer = list[Asked] | Nothing


class Origin(NamedTuple):
    """Where a trial begins that goes on from another one's state: that one, None for a state of its own; the trial
    whose seeds it has, the first of its line; and its last step, counted from the start of the line."""

    parent: int | None
    first: int
    steps: int


@dataclass(frozen=True)
class Ending:
    """How a trial ended. `value` is its objective, and `violations` how far it is past each constraint, None where that
    is not known; all are empty where none is. `others` are the values of further objectives.

    `crashed`: its worker died, so that a failure is not known to be the config's fault.
    """

    status: Status
    value: float | None = None
    reason: str = ""
    violations: Sequence[float | None] = ()
    crashed: bool = False
    others: Sequence[float] = ()

    @classmethod
    def of(cls, status: Status, best: BestStep | None, reason: str = "", *, crashed: bool = False) -> Ending:
        """Of a trial whose best step is known, or that has none."""
        if best is None:
            return cls(status, None, reason, crashed=crashed)
        return cls(status, best.value, reason, best.violations, crashed, best.others)

    @property
    def values(self) -> list[float] | None:
        """Of all objectives."""
        return None if self.value is None else [self.value, *self.others]


class Objective(Protocol):
    """What a search is for."""

    @property
    def name(self) -> str: ...

    @property
    def goal(self) -> Goal: ...

    @property
    def goals(self) -> Mapping[str, Goal]:
        """All metrics that are searched for, the first of which has that name and goal."""

    @property
    def constraints(self) -> Sequence[object]:
        """Bounds on other metrics, which a journal knows by their `str`."""


class Problem(Protocol):
    """What a search has to know of its sweep; a `Spec` has it all.

    `fixed` is what every config has besides the values drawn from `space`; `trials` is how many there are at most.
    `sampler` are the options of the method, all of them; `first` the configs of the first trials, of which the method
    draws what they leave out.
    """

    @property
    def space(self) -> Space: ...

    @property
    def fixed(self) -> Mapping[str, Any]: ...

    @property
    def metric(self) -> Objective: ...

    @property
    def method(self) -> str: ...

    @property
    def sampler(self) -> Mapping[str, Any]: ...

    @property
    def first(self) -> Sequence[Config]: ...

    @property
    def trials(self) -> int | None: ...

    @property
    def steps(self) -> int | None:
        """How many reporting intervals a trial has at most."""

    @property
    def seed(self) -> int: ...

    @property
    def name(self) -> str | None: ...


class SearchMethod(Protocol):
    """One way to search: a class of it, with this Protocol as its base, is a row of `sweeps.search.methods.METHODS`.

    Made of a `Problem` and the `Trials` in a journal. No Ray, no clock, no disk but the journal: one that is made
    anew over the journal of an interrupted search asks for what the uninterrupted one would have asked for. A method
    that keeps more than the journal says builds it up from there when it is made. The journal has been told of
    a value or an end when `report` or `tell` is called; by itself neither does anything.
    """

    learns: ClassVar[bool] = False  # whether what it asks for depends on what it was told

    def ask(self, n: int) -> Answer:
        """Up to `n` configs, each begun as a trial by `Trials.begin`, or that there is none now, or none ever."""
        ...

    def ask_for(self, config: Config) -> Asked:
        """Begin the next trial with the values of `config`, and draw those of what is searched that it leaves out."""
        ...

    def sampler(self, number: int) -> BaseSampler:
        """Optuna's sampler for what of trial `number`'s config nobody has said, also after a kill in mid-draw."""
        ...

    def origin(self, number: int) -> Origin | None:
        """Where a trial begins, if not at the beginning with seeds of its own."""
        return None

    def needs(self, number: int) -> bool:
        """Whether the final state of a trial that has ended may still be gone on from."""
        return False

    def report(self, number: int, step: int, value: float) -> None:
        """A trial reported its objective, the first of several, after `step`."""
        return

    def tell(self, number: int, status: Status, value: float | None) -> None:
        """A trial ended; `value` is its objective, the first of several, None unless it is done."""
        return
