"""What the rules of a sweep, its budget and whoever runs it come to: which trials stop, and whether the sweep ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.search.search import Search
from sweeps.spec.resolved import Spec
from sweeps.stopping import rules
from sweeps.stopping.rule import SweepEnd


class Decisions:
    """Hears of all trials. One that goes on with an earlier one is outside of the rules, as somebody asked for it, and
    so is one that is another seed of an earlier one.

    `spent` says that the budget is used up.
    """

    def __init__(self, spec: Spec, search: Search, spent: Callable[[], SweepEnd | None]) -> None:
        self._rules, self._search, self._spent = rules.rules_of(spec), search, spent

    def restore(self, rows: Iterable[Row], ended: Mapping[str, Status]) -> None:
        """Hear all of an interrupted sweep again: its rows, and the ends in their order."""
        for row in rows:
            if ended.get(row.trial) != "failed" and not self._is_outside(row.trial):
                rules.report(self._rules, row)
        for trial, status in ended.items():
            self.ended(trial, status)

    def report(self, row: Row, running: Iterable[str]) -> str:
        """Why the trial of a row should stop early, if it should; `running` are the trials that have not ended.

        Where the end of the sweep names those that go on, that is the rule for all.
        """
        reason = None if self._is_outside(row.trial) else rules.report(self._rules, row)
        end = self.sweep_end(running)
        if end is not None and end.finishing is not None:
            return "" if end.lets(row.trial) else end.reason
        return reason or ""

    def ended(self, trial: str, status: Status) -> None:
        if not self._is_outside(trial):
            rules.ended(self._rules, trial, status)

    def forget(self, trial: str) -> None:
        """A trial starts again, and differently."""
        for rule in self._rules:
            rule.forget(trial)

    def sweep_end(self, running: Iterable[str]) -> SweepEnd | None:
        """Why no more trials start, if that is not because all have been asked for."""
        notes = self._search.notes
        if notes.stopped:
            return self._sparing(SweepEnd(notes.stopped, frozenset()), running, since=notes.stopped_at)
        end = rules.sweep_end(self._rules) or self._spent()
        if end is None or not notes.granted:
            return end and self._sparing(end, running)
        # What was granted is run to its end all the same.
        return SweepEnd(end.reason) if self._search.tried >= notes.granted else None

    def continues(self, trial: str) -> bool:
        """Whether a trial goes on with an earlier one."""
        return self._search.continuation(int(trial)) is not None

    @property
    def halted(self) -> bool:
        """Whether nothing starts any more, whatever it is: somebody has ended the sweep, or its budget is used up."""
        notes = self._search.notes
        return bool(notes.stopped) or (not notes.granted and self._spent() is not None)

    def _is_outside(self, trial: str) -> bool:
        """Whether the rules are not about a trial."""
        return self.continues(trial) or int(trial) in self._search.replicates

    def _sparing(self, end: SweepEnd, running: Iterable[str], since: int = 0) -> SweepEnd:
        """The end, which lets the trials run that the rules are not about, from number `since` on."""
        if end.finishing is None:
            return end
        return SweepEnd(end.reason, end.finishing.union(t for t in running if self._is_outside(t) and int(t) >= since))
