"""The lanes of a sweep: warm workers, each of them one Ray trial, that take work until there is none left.

What a worker made beside its numbers is fetched and written by a thread, in order, while the driver goes on; a trial
has ended when all of it is on disk, and only then is the next one drawn for its place.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.exceptions import RayError

from sweeps.driver.sweep import Sweep
from sweeps.search.method import Ending
from sweeps.worker.messages import Attachment, Place, Report, Work

logger = logging.getLogger(__name__)

BEHIND = 64  # steps whose files may wait to be written before the driver waits for them


@dataclass
class Lane:
    """A worker as the driver knows it. `actor` and `place` are None until it has started; `trials` are those it runs,
    `closing` is how many have ended there and still occupy their place, `silent` the seconds that each trial has not
    reported, and `stuck` those without any answer of the worker."""

    actor: Any = None
    place: Future[Place] | None = None
    trials: set[str] = field(default_factory=set)
    closing: int = 0
    silent: dict[str, float] = field(default_factory=dict)
    stuck: float = 0.0

    @property
    def node(self) -> str | None:
        """Ray's name of the node it is on, if that is known."""
        known = self.place is not None and self.place.done() and self.place.exception() is None
        return self.place.result().node if known and self.place is not None else None

    def passed(self, seconds: float) -> None:
        """Time has passed, in which nothing was heard."""
        self.stuck += seconds
        self.silent = {trial: self.silent.get(trial, 0.0) + seconds for trial in self.trials}

    def heard(self, trials: Iterable[str]) -> None:
        """The worker has answered, with reports of these trials."""
        self.stuck = 0.0
        for trial in trials:
            self.silent.pop(trial, None)


@dataclass(frozen=True)
class Errand:
    """What the writing thread has to do for a lane, None if nothing, and the trials that have ended once it is done."""

    lane: Lane
    done: Future[list[Attachment]] | None
    endings: Mapping[str, Ending] = field(default_factory=dict)


class _Absent:
    """What pickled lanes come back as."""


class Lanes:
    """Gives the workers of a sweep their work, and the sweep what comes back.

    `slots` tells how many workers there may be now, `at_once` how many trials each has at a time; `all_started` is
    called, perhaps often, when no trial is left to start, `after_death` with the place of a worker that died, and
    `listen` again and again.
    """

    def __init__(
        self,
        sweep: Sweep,
        slots: Callable[[], int],
        *,
        all_started: Callable[[], None] = lambda: None,
        after_death: Callable[[Place], None] = lambda place: None,
        listen: Callable[[], None] = lambda: None,
        at_once: int = 1,
    ) -> None:
        self._sweep, self._slots, self._at_once = sweep, slots, at_once
        self._all_started, self._after_death, self.listen = all_started, after_death, listen
        self._lanes: dict[str, Lane] = {}
        self._errands: deque[Errand] = deque()
        self._thread = ThreadPoolExecutor(1, "files-of-trials")
        # What a dead worker printed has a thread of its own: its node may be lost, which no file should wait for.
        self._last_words = ThreadPoolExecutor(1, "last-words")

    def __reduce__(self) -> tuple[type[_Absent], tuple[()]]:
        """Pickled as a placeholder: Ray saves its hooks in order to restore an experiment, which is never done here."""
        return _Absent, ()

    def __deepcopy__(self, memo: object) -> Lanes:
        """There is one sweep: a copy of a hook speaks to the same."""
        return self

    @property
    def over(self) -> bool:
        """Whether nothing is left to run or to wait for."""
        return self._sweep.over

    def open(self, name: str) -> bool:
        """Whether one more worker is wanted: there is a slot, and work that those still starting will not take."""
        starting = sum(lane.actor is None for lane in self._lanes.values())
        wanted = len(self._lanes) < self._slots() and self._sweep.waiting > starting * self._at_once
        if wanted:
            self._lanes[name] = Lane()
        return wanted

    def started(self, name: str, actor: Any) -> None:
        """A worker is up: it gets its first work, which is drawn now and not before."""
        lane = self._lanes[name]
        lane.actor, lane.place = actor, self._thread.submit(ray.get, actor.place.remote())
        self._hand_out(lane)

    def reported(self, name: str, reports: Sequence[Report], attachments: int) -> bool:
        """File what a worker reports and give it what comes next; False if nothing is left for it."""
        lane = self._lanes[name]
        lane.heard(report.trial for report in reports)
        endings: dict[str, Ending] = {}
        for report in reports:  # of one trial there may be several: what it says after its end counts no more
            running = report.trial in lane.trials and report.trial not in endings
            if running and (ending := self._sweep.reported(report)) is not None:
                endings[report.trial] = ending
        self._close(lane, endings, attachments)
        self.settle(wait=len(self._errands) > BEHIND)
        self._hand_out(lane)
        return bool(lane.trials or lane.closing or self._sweep.waiting)

    def settle(self, wait: bool = False) -> None:
        """Tell the sweep, in order, of what is done by now; `wait` for all that is still to do."""
        while self._errands and (wait or (done := self._errands[0].done) is None or done.done()):
            errand = self._errands.popleft()
            for attachment in errand.done.result() if errand.done is not None else ():
                self._sweep.kept(attachment)
            for trial, ending in errand.endings.items():
                self._sweep.end(trial, ending)
            errand.lane.closing -= len(errand.endings)

    def died(self, name: str, reason: str, counts: bool) -> Lane:
        """A worker died: its trials are queued again from their checkpoints; `counts`: see `Sweep.lost`."""
        lane = self._lanes.pop(name)
        if lane.actor is None:  # in its start, which the trial that was to run on it may be the cause of
            lane.trials = {work.trial for work in self._sweep.hand_out()}
        elif lane.place is not None:
            self._last_words.submit(self._account_of, lane.place)
        for trial in sorted(lane.trials):
            self._sweep.lost(trial, reason, counts)
        return lane

    def passed(self, seconds: float, timeout: float) -> None:
        """Time has passed: a trial that has not reported for `timeout` seconds is ended, as failed.

        A worker that does not answer either is killed: Ray then finds it dead, and another one takes its place.
        """
        for lane in self._lanes.values():
            lane.passed(seconds)
            if late := sorted(trial for trial, silent in lane.silent.items() if silent > timeout):
                self._close(lane, {trial: self._sweep.timed_out(trial, timeout) for trial in late}, 0)
                self._end_late(lane, late, killed=lane.stuck > timeout)

    def closed(self, name: str) -> None:
        """A worker has ended."""
        self._lanes.pop(name, None)

    def close(self) -> None:
        """Wait until all files are written, while Ray is still there to fetch them from."""
        self.settle(wait=True)
        self._thread.shutdown()
        self._last_words.shutdown()

    def _hand_out(self, lane: Lane) -> None:
        if not self._sweep.waiting:
            self._all_started()
        free = self._at_once - len(lane.trials) - lane.closing
        for work in self._sweep.hand_out(free) if free else ():
            lane.trials.add(work.trial)
            if work.resumed or work.parent:  # after what is still to be written, as the checkpoint itself may be
                self._errands.append(Errand(lane, self._thread.submit(self._send_with_state, lane.actor, work)))
            else:
                lane.actor.take.remote(work)

    def _close(self, lane: Lane, endings: Mapping[str, Ending], attachments: int) -> None:
        """Have the files of a report fetched, before the worker's next step, and its ended trials told thereafter."""
        if not endings and not attachments:
            return
        for trial, ending in endings.items():
            if ending.status == "stopped":
                lane.actor.drop.remote(trial)
        written = self._thread.submit(self._write, lane.actor.collect.remote()) if attachments else None
        lane.trials -= endings.keys()
        lane.closing += len(endings)
        self._errands.append(Errand(lane, written, endings))

    def _end_late(self, lane: Lane, late: Sequence[str], *, killed: bool) -> None:
        if killed:
            ray.kill(lane.actor)
        for trial in () if killed else late:
            lane.actor.drop.remote(trial)

    def _account_of(self, place: Future[Place]) -> None:
        if place.exception() is None:
            self._after_death(place.result())

    def _send_with_state(self, actor: Any, work: Work) -> list[Attachment]:
        state = self._sweep.checkpoint(work.trial)
        actor.take.remote(work, None if state is None else ray.put(state))
        return []

    def _write(self, collected: ray.ObjectRef[list[Attachment]]) -> list[Attachment]:
        """Fetch the files of a worker's report and write them; what they were, or none if it died meanwhile."""
        try:
            attachments = ray.get(collected)
        except RayError:
            logger.exception("a worker died before it handed over its files")
            return []
        for attachment in attachments:
            self._sweep.keep(attachment)
        return [replace(attachment, content=b"") for attachment in attachments]
