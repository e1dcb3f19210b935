"""A sweep's own state: what to run next, what came back, when to stop a trial. No cluster in sight.

The lanes (`lanes.py`) call it in the driver; tests call it directly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from analysis.results import is_metric, trial_name
from analysis.rows import Row
from sweeps.driver.spending import Spending
from sweeps.driver.trials.alone import OUT_OF_MEMORY, AloneQueue
from sweeps.driver.trials.contenders import ContenderRuns
from sweeps.driver.trials.work import UnfinishedTrial, work_of
from sweeps.search.journal import CRASHED
from sweeps.search.method import Ending, Nothing, Status
from sweeps.search.search import Search
from sweeps.spec.resolved import Spec
from sweeps.stopping.decisions import Decisions
from sweeps.stopping.rule import SweepEnd
from sweeps.store.observer import Observer
from sweeps.store.sweep_folder import Store
from sweeps.worker.messages import Attachment, Report, Work

RESTARTS = 3  # times a trial is started again after its worker died, before it counts as failed


class Sweep:
    """Hands out work, files what comes back, and tells the search the truth about it."""

    def __init__(self, spec: Spec, search: Search, store: Store, observers: Sequence[Observer]) -> None:
        self._spec, self._search, self._store = spec, search, store
        self._observers = [store, *observers]
        self._open: dict[str, UnfinishedTrial] = {}
        self._again: list[str] = []
        self._alone = AloneQueue()
        self._spending = Spending(spec, search.notes)
        self._contenders = ContenderRuns(spec, search, store)
        self._decisions = Decisions(spec, search, self._spending.end)

    def restore(self, rows: Iterable[Row]) -> None:
        """Take up a sweep where a killed driver left it: ended trials are known, running ones queue again."""
        rows, ended = list(rows), {}
        for number, config, status, reason in self._search.ended():
            self._known(number, config, status, reason)
            ended[trial_name(number)] = status
        self._decisions.restore(rows, ended)
        for number, config in self._search.unfinished():
            self._known(number, config, "running", "")
            self._open[trial_name(number)] = UnfinishedTrial(config, self._search.origin(number))
            self._again.append(trial_name(number))
        for row in rows:
            if row.trial in self._open:
                self._remember(self._open[row.trial], row)

    def retell(self, rows: Iterable[Row], observer: Observer) -> None:
        """Tell an observer, who knows no more than itself has heard, what trials have of those they go on with."""
        continued = {trial for trial in self._open if self.continues(trial)}
        for trial in sorted(continued):
            observer.trial_started(trial, self._open[trial].config, resumed=False)
        for row in rows:
            if row.trial in continued:
                observer.row(row)

    def _known(self, number: int, config: Mapping[str, Any], status: Status, reason: str) -> None:
        if (before := self._search.continuation(number)) is not None:
            self._store.continues(trial_name(number), trial_name(before.trial))
        if (run := self._search.replicates.get(number)) is not None:
            self._store.replicates(trial_name(number), trial_name(run.trial), run.seed)
        self._store.known(trial_name(number), config, status, reason)

    def hand_out(self, n: int = 1) -> list[Work]:
        """Up to `n` pieces of work to run now, interrupted trials first; none where there is none at present."""
        self.stop_waiting()
        if self._alone.keeps_others_out(self._running):
            return []
        again, self._again = self._again[:n], self._again[n:]
        works = [self._start(trial, resumed=True) for trial in again]
        answer = Nothing.NO_MORE if self._all_asked or len(works) == n else self._search.ask(n - len(works))
        asked = [] if isinstance(answer, Nothing) else answer
        if self._searched and len(works) + len(asked) < n:
            asked = [*asked, *self._contenders.begin(n - len(works) - len(asked))]
        for number, config in asked:
            self._open[trial_name(number)] = UnfinishedTrial(config, self._search.origin(number))
            works.append(self._start(trial_name(number), resumed=False))
        return works or [self._start(trial, resumed=True) for trial in self._alone.begin(self._running)]

    @property
    def _running(self) -> set[str]:
        return {*self._open} - {*self._again, *self._alone.waiting}

    @property
    def waiting(self) -> float:
        """How many pieces of work there may still be to hand out, at most."""
        asked = 0 if self._all_asked else self._search.size - self._search.asked
        again = len(self._again) + len(self._alone.waiting)
        return again + asked + (len(self._contenders.left()) if self._searched else self._planned)

    def stop(self, why: str) -> None:
        """End the sweep: no more trials start, and those that run are stopped at their next report."""
        self._search.notes.stop(why, self._search.asked)
        self.stop_waiting()

    def stop_waiting(self) -> None:
        """Stop those of the trials that wait to be resumed which the end of the sweep does not let run on."""
        end = self.ended_by
        waiting = [(trial, queue) for queue in (self._again, self._alone.waiting) for trial in queue]
        for trial, queue in waiting:
            if end is not None and not end.lets(trial):
                queue.remove(trial)
                self.end(trial, self._ending(trial, "stopped", end.reason))

    def checkpoint(self, trial: str) -> bytes | None:
        """Where a trial goes on, from its own checkpoint or that of its parent; None where it starts anew."""
        own = self._store.checkpoint(trial)
        parent = self._open[trial].parent
        return self._store.checkpoint(parent) if own is None and parent else own

    @property
    def over(self) -> bool:
        """Whether nothing is left to run or to wait for."""
        return not self._open and self._all_asked and not (self._searched and self._contenders.left())

    @property
    def missing(self) -> str:
        """Which runs of contenders there will not be, as the sweep has ended before; in words, or nothing."""
        return self._contenders.missing() if self._decisions.halted else ""

    @property
    def _searched(self) -> bool:
        """Whether the search is over, with all of its trials, and the best of them may run again."""
        running = (trial for trial in self._open if not self._contenders.is_run(trial))
        return self._all_asked and not self._decisions.halted and next(running, None) is None

    @property
    def _planned(self) -> int:
        """How many runs of contenders there may be at most, as long as nobody knows."""
        return 0 if self._decisions.halted else self._contenders.planned

    @property
    def planned(self) -> float:
        """How many trials there will be at most, those of contenders too."""
        return self._search.size + self._planned

    def continues(self, trial: str) -> bool:
        """Whether a trial goes on with an earlier one."""
        return self._decisions.continues(trial)

    @property
    def ended_by(self) -> SweepEnd | None:
        """Why no more trials start, if that is not because all have been asked for."""
        return self._decisions.sweep_end(self._open)

    @property
    def _all_asked(self) -> bool:
        return self._search.exhausted or self.ended_by is not None

    def reported(self, report: Report) -> Ending | None:
        """File one report; how its trial has ended, if it has, which `end` is to be told once its files are kept."""
        trial = report.trial
        self._spending.reported(report)
        self._store.ran(trial, device=report.device, worker=report.worker, started=report.started, ended=report.ended)
        reason = self._file(report) if report.row is not None else ""
        if report.failed:
            self._store.failed(trial, report.traceback)
            return self._ending(trial, "failed", report.failed)
        if report.finished:
            return self._finished(trial)
        return self._ending(trial, "stopped", reason) if reason else None

    def keep(self, attachment: Attachment) -> None:
        """Write a file of a trial, whose row is on disk: a checkpoint without it would leave a gap for good.

        Safe to call from one other thread than the rest.
        """
        if attachment.kind == "program":
            self._store.save_program_file(attachment.trial, attachment.name, attachment.content)
        elif attachment.kind == "model":
            self._store.save_model(attachment.trial, attachment.name, attachment.content)
        elif attachment.kind == "checkpoint":
            self._store.save_checkpoint(attachment.trial, attachment.content)
        else:
            self._store.save_media(attachment.trial, attachment.step, attachment.name, attachment.content)

    def kept(self, attachment: Attachment) -> None:
        """Tell the observers of a file that has been written."""
        if attachment.kind == "media":
            for observer in self._observers:
                observer.media(attachment.trial, attachment.step, attachment.name)

    def end(self, trial: str, ending: Ending) -> None:
        """A trial is over, and all of its files are on disk."""
        del self._open[trial]
        self._spending.ended(trial)
        self._search.tell(int(trial), ending)
        self._decisions.ended(trial, ending.status)
        for observer in self._observers:
            observer.trial_ended(trial, ending.status, ending.reason)

    def lost(self, trial: str, reason: str, counts: bool = True) -> None:
        """A trial's worker died: it is queued again from its last checkpoint, a few times; once, and alone, where it
        ran out of memory: if it does so again, that is its config's doing.

        `counts`: no if the whole node is known to be lost, which is not the trial's doing.
        """
        if trial not in self._open:
            return
        if counts:
            self._search.restarted(int(trial))
        died = self._search.restarts(int(trial))
        if OUT_OF_MEMORY in reason and died <= RESTARTS:
            if not self._alone.add(trial):
                self.end(trial, self._ending(trial, "failed", f"{reason}, also when it ran alone"))
            self.stop_waiting()
            return
        if died > RESTARTS:
            self.end(trial, self._ending(trial, "failed", f"{CRASHED} {died} times: {reason}", crashed=True))
        else:
            self._again.append(trial)
            self.stop_waiting()

    def timed_out(self, trial: str, seconds: float) -> Ending:
        """How a trial ends that has not reported for so many seconds."""
        return self._ending(trial, "failed", f"no report for {seconds:g} seconds (trial_timeout)")

    def forgive(self, trial: str) -> None:
        """A restart does not count after all: it turned out later that the trial's whole node had gone."""
        if trial in self._open:
            self._search.restarted(int(trial), by=-1)

    def close(self, interrupted: bool) -> None:
        """Close every observer, also where another one, or the journal, cannot be written."""
        with ExitStack() as closing:
            for observer in reversed(self._observers):
                closing.callback(observer.close, interrupted)
            if interrupted:
                closing.callback(self._search.set_aside)
            self._spending.close()

    def _start(self, trial: str, resumed: bool) -> Work:
        known, run = self._open[trial], self._search.replicates.get(int(trial))
        for observer in self._observers:
            if run is not None:
                observer.replicates(trial, trial_name(run.trial), run.seed)
            observer.trial_started(trial, known.config, resumed)
        begun = self._take_up(trial) if resumed and self._spec.program is not None else 0
        return replace(work_of(self._spec, self._search, trial, known, resumed), begun=begun)

    def _take_up(self, trial: str) -> int:
        """The steps that an interrupted program has taken, after which it goes on; one that cannot starts again, and
        what it said before is forgotten."""
        trial_state = self._open[trial]
        if self._spec.program is not None and self._spec.program.resumable:
            return max(trial_state.steps, default=0)
        self._open[trial] = UnfinishedTrial(trial_state.config, trial_state.origin)
        self._decisions.forget(trial)
        self._store.forget(trial)
        return 0

    def _file(self, report: Report) -> str:
        """Write a row and report its objective; why the trial should stop early, if it should."""
        row = report.row
        assert row is not None
        trial_state = self._open[report.trial]
        if row.step not in trial_state.steps:
            for observer in self._observers:
                observer.row(row)
        self._remember(trial_state, row)
        return self._decisions.report(row, self._open)

    def _remember(self, trial_state: UnfinishedTrial, row: Row) -> None:
        trial_state.steps.add(row.step)
        trial_state.reported |= dict.fromkeys(name for name in row.numbers if is_metric(name))
        values = self._spec.metric.values(row)
        if values is not None:
            trial_state.at_best = self._spec.metric.best_step(trial_state.at_best, row)
            self._search.report(int(row.trial), row.step, *values)

    def _finished(self, trial: str) -> Ending:
        trial_state = self._open[trial]
        lacking = self._spec.metric.lacking(trial_state.at_best)
        if trial_state.at_best is None:
            there, named = ", ".join(trial_state.reported) or "nothing", f"the objective {lacking}"
            said, what = ("logged", lacking) if self._spec.program is not None else ("reported", named)
            return self._ending(trial, "failed", f"it never {said} {what}; it {said} {there}")
        if lacking:
            return self._ending(trial, "failed", f"its best step has no {lacking}, which the constraint is on")
        return self._ending(trial, "done", "")

    def _ending(self, trial: str, status: Status, reason: str, *, crashed: bool = False) -> Ending:
        return Ending.of(status, self._open[trial].at_best, reason, crashed=crashed)
