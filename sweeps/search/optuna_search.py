"""The search: our space walked by Optuna, which is told everything that happened and nothing else.

The journal file is the whole state of the search. A sampler is made anew for every question, seeded by the
sweep's seed and the trial's number, so that a search resumed from its journal asks as the straight one would.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, Trial, TrialState

from basics.files import cut_torn_line
from basics.text import shown
from search_spaces.finite import configs, identity
from search_spaces.quantized import Quantized
from search_spaces.space import Choice, Config, Domain, Float, Int, Scalar, same
from sweeps.errors import SpecError
from sweeps.search.importance import importance
from sweeps.spec.resolved import Spec
from sweeps.store.journal import STATES, STATUS, status_of, storage
from sweeps.store.observer import Status

SECONDS, RESTARTS = "seconds", "restarts"  # user attributes of the study and of a trial
ENDED = tuple(STATES.values())
DRAWS = 10  # of a config that was not asked for before, until one of those left is taken by lot
# The constraint that a failed config is past, farther than any trial can be past the spec's.
SOUND, FAR = "trains to its end", sys.float_info.max


class Search:
    """Ask for configs by trial number, report values as they come, tell how each trial ended."""

    def __init__(self, spec: Spec, journal: Path | None) -> None:
        """`journal` is made if it is not there; without one the search is in memory alone."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._spec = spec
        self._study = _open_study(spec, journal)
        self._open: dict[int, Trial] = {}
        self._grid = list(spec.space.enumerate(spec.fixed)) if spec.method == "grid" else []
        self._few = configs(spec.space, spec.fixed) if spec.method != "grid" else []
        before = self._study.get_trials(deepcopy=False, states=(*ENDED, TrialState.RUNNING))
        self._asked, self._known = len(before), {identity(self._config(trial)) for trial in before}

    @property
    def size(self) -> float:
        """How many trials there will be at most (infinity without a cap)."""
        cap = self._spec.trials or math.inf
        return min(cap, len(self._grid)) if self._spec.method == "grid" else cap

    @property
    def asked(self) -> int:
        """How many trials were asked for."""
        return self._asked

    @property
    def exhausted(self) -> bool:
        return self._asked >= self.size

    def ask(self) -> tuple[int, Config]:
        """The next trial's number and config, drawn with every result told so far in view."""
        number = self._asked
        self._study.sampler = _sampler(self._spec, number)
        if not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            config = self._grid[number] if self._spec.method == "grid" else self._instead(number)
            if config is not None:
                self._study.enqueue_trial(self._searched(config))
        trial = self._study.ask()
        config = self._resolve(trial)
        self._asked += 1
        self._known.add(identity(config))
        return trial.number, config

    def _instead(self, number: int) -> Config | None:
        """The config to ask for where the sampler would draw one of before; None where it draws a new one, or may."""
        if not self._few:
            return None
        rehearsal = optuna.create_study(direction=self._spec.metric.goal)
        if self._spec.method == "tpe":
            rehearsal.add_trials(self._study.get_trials(deepcopy=False))
        for again in range(DRAWS):
            rehearsal.sampler = _sampler(self._spec, number, again)
            config = self._drawn(rehearsal.ask())
            if identity(config) not in self._known:
                return config if again else None
        left = [config for config in self._few if identity(config) not in self._known]
        return Random(derived_seed("left", self._spec.seed, number)).choice(left) if left else None

    def ask_for(self, config: Mapping[str, Any] | None) -> None:
        """Ask for the next trial, of which the values of what is searched are known already; None draws them."""
        if config is not None:
            self._study.enqueue_trial(self._searched(config))
        self.ask()

    def write(self, journal: Path) -> None:
        """All of the search into a new journal."""
        _open_study(self._spec, journal).add_trials(self._study.get_trials(deepcopy=False))

    def unfinished(self) -> Iterator[tuple[int, Config]]:
        """The trials that a killed sweep left running; a half-drawn config is drawn to its end."""
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._study.sampler = _sampler(self._spec, frozen.number)
            yield frozen.number, self._resolve(Trial(self._study, frozen._trial_id))

    def ended(self) -> Iterator[tuple[int, Config, Status, str]]:
        """The trials that have ended: number, config, status and reason."""
        for frozen in self._study.get_trials(deepcopy=False, states=ENDED):
            yield frozen.number, self._config(frozen), status_of(frozen), _reason(frozen)

    @property
    def seconds(self) -> float:
        """How long the sweep has run so far, all its resumes together, as it was last said."""
        return float(self._study.user_attrs.get(SECONDS, 0.0))

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._study.set_user_attr(SECONDS, seconds)

    def restarts(self, number: int) -> int:
        """How often a trial that runs was started again because its worker had died."""
        return int(self._study._storage.get_trial(self._open[number]._trial_id).user_attrs.get(RESTARTS, 0))

    def restarted(self, number: int) -> None:
        self._open[number].set_user_attr(RESTARTS, self.restarts(number) + 1)

    @property
    def objective(self) -> str:
        """The metric whose values are reported."""
        return self._spec.metric.name

    def reported(self) -> Iterator[tuple[int, int, float]]:
        """Number, step and value of all that was reported."""
        for frozen in self._study.get_trials(deepcopy=False):
            yield from ((frozen.number, step, value) for step, value in frozen.intermediate_values.items())

    def importance(self) -> dict[str, Any]:
        """Which parameters mattered, see `sweeps.search.importance`."""
        return importance(self._study.get_trials(deepcopy=False), self._spec.metric.goal)

    def report(self, number: int, step: int, value: float) -> None:
        """One intermediate value of the objective; the same step again (after a resume) changes nothing."""
        if step not in self._known_steps(number):
            self._open[number].report(value, step)

    def tell(
        self,
        number: int,
        status: Status,
        value: float | None,
        reason: str,
        violation: float | None = None,
        *,
        crashed: bool = False,
    ) -> None:
        """How a trial ended; `value` is its objective, None unless it is done, `violation` how far it is past the
        constraint. TPE prefers any trial that keeps it to all that do not, and of these the nearer. A config that
        failed is the farthest, unless its worker `crashed`: that is not known to be the config's fault."""
        trial, state = self._open.pop(number), STATES[status]
        if status == "failed" and not crashed:
            state = TrialState.PRUNED
            _constrain(trial, SOUND, FAR)
        elif violation is not None and status != "failed":
            _constrain(trial, str(self._spec.metric.constraint), violation)
        trial.set_user_attr(STATUS, status)
        if reason:
            trial.set_user_attr("reason", reason)
        self._study.tell(trial, value if status == "done" else None, state)

    def _known_steps(self, number: int) -> Mapping[int, float]:
        return self._study._storage.get_trial(self._open[number]._trial_id).intermediate_values

    def _resolve(self, trial: Trial) -> Config:
        self._open[trial.number] = trial
        return self._drawn(trial)

    def _drawn(self, trial: Trial) -> Config:
        return self._spec.space.resolve(lambda name, domain: _suggest(trial, name, domain), self._spec.fixed)

    def _config(self, trial: FrozenTrial) -> Config:
        """The config of a trial in the journal, which has the numbers that were drawn."""
        space = self._spec.space
        drawn = {name: _meant(space[name], v) if name in space else v for name, v in trial.params.items()}
        return {**self._spec.fixed, **drawn}

    def _searched(self, config: Mapping[str, Any]) -> Config:
        """The numbers to draw for a config to come out."""
        return {name: _to_draw(self._spec.space[name], config[name]) for name in config if name not in self._spec.fixed}


def derived_seed(*parts: object) -> int:
    """A seed of 31 bits that follows from `parts` alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


def trial_seeds(spec: Spec, number: int) -> tuple[int, ...]:
    """The seeds of a trial's replicates."""
    return tuple(derived_seed("trial", spec.seed, number, k) for k in range(spec.replicates))


def sampler_name(spec: Spec) -> str:
    """Optuna's class that draws the configs."""
    if spec.method == "grid":
        return "grid"
    return (optuna.samplers.TPESampler if spec.method == "tpe" else optuna.samplers.RandomSampler).__name__


def _open_study(spec: Spec, journal: Path | None) -> optuna.Study:
    if journal is None:
        return optuna.create_study(direction=spec.metric.goal)
    # The caller holds the sweep's own lock, so a lock file found here was left by a killed process;
    # Optuna would wait half a minute for it.
    Path(f"{journal}.lock").unlink(missing_ok=True)
    cut_torn_line(journal)
    kept = storage(journal)
    if kept.get_all_studies():  # whatever the sweep was called when it began
        study = optuna.load_study(study_name=None, storage=kept)
        _check_choices(spec, study)
        return study
    return optuna.create_study(storage=kept, study_name=spec.name or "sweep", direction=spec.metric.goal)


def _check_choices(spec: Spec, study: optuna.Study) -> None:
    """SpecError for choices that are not those of the journal: Optuna takes no others."""
    for trial in study.get_trials(deepcopy=False):
        for name, asked in trial.distributions.items():
            domain = spec.space.get(name)
            if not (isinstance(domain, Choice) and isinstance(asked, CategoricalDistribution)):
                continue
            if asked.choices != (tuple(_words(domain)) or domain.choices):
                what = f"{shown(list(asked.choices))} when the sweep began, {shown(list(domain.choices))} now"
                raise SpecError(what, key=f"parameters.{name}.values", valid="the choices it began with")


def _sampler(spec: Spec, number: int, again: int = 0) -> optuna.samplers.BaseSampler:
    seed = derived_seed("sampler", spec.seed, number, *([again] if again else []))
    if spec.method == "tpe":
        # constant_liar: trials still running count as poor, so that parallel ones spread out.
        return optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
    return optuna.samplers.RandomSampler(seed=seed)


def _constrain(trial: Trial, name: str, violation: float) -> None:
    """Set a constraint that a killed driver has not set already: Optuna takes each once."""
    if name not in trial.constraints:
        trial.set_constraint(name, violation)


def _to_draw(domain: Domain, value: Scalar) -> Scalar:
    """What is to be drawn from `domain` for `value`: a multiple may lie outside of the range that is rounded."""
    if isinstance(domain, Choice):
        return next((word for word, choice in _words(domain).items() if same(choice, value)), value)
    return min(max(value, domain.low), domain.high) if isinstance(domain, Quantized) else value  # type: ignore[type-var]


def _meant(domain: Domain, drawn: Any) -> Scalar:
    """The value that stands in the journal as `drawn`."""
    return _words(domain).get(drawn, drawn) if isinstance(domain, Choice) else domain.rounded(drawn)


def _words(domain: Choice) -> dict[Scalar, Scalar]:
    """The choices by words of their own where some are equal to Python, as 1 and true: Optuna would take the first."""
    words: dict[Scalar, Scalar] = {json.dumps(choice): choice for choice in domain.choices}
    return words if len(set(domain.choices)) < len(words) else {}


def _suggest(trial: Trial, name: str, domain: Domain) -> Scalar:
    if isinstance(domain, Choice):
        return _meant(domain, trial.suggest_categorical(name, tuple(_words(domain)) or domain.choices))
    if isinstance(domain, Int):
        return trial.suggest_int(name, domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, Quantized):
        return domain.rounded(trial.suggest_float(name, domain.low, domain.high))
    assert isinstance(domain, Float)
    if domain.step is None:
        return trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The distribution is specified by")
        # Optuna counts the steps in decimals and cuts what is over: it would lose the last one where that was rounded
        # down by a hair.
        over = domain.top + domain.step / 4
        return domain.rounded(trial.suggest_float(name, domain.low, over, step=domain.step))


def _reason(frozen: FrozenTrial) -> str:
    reason: Any = frozen.user_attrs.get("reason", "")
    return str(reason)
