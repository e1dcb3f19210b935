"""The live table of a sweep on a terminal; plain lines where there is none. All of it goes to stderr."""

from __future__ import annotations

import atexit
import contextlib
import functools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from analysis.results import HEALTHY
from analysis.rows import Row
from basics.terminal import printable
from sweeps.driver.progress import Progress, TrialState
from sweeps.search.method import Status
from sweeps.spec.resolved import Objective
from sweeps.store.sweep_folder import Record

QUIET = 10.0  # seconds without a line before a plain progress line
PER_SECOND = 2  # refreshes of the live table
TRIALS_SHOWN = 8
VERDICT_WIDTH = 25  # columns: a verdict and a finding beside it
NARROW = 50  # columns below which configs are left out
STYLES: Mapping[Status, str] = {"done": "green", "running": "cyan", "stopped": "yellow", "failed": "red"}

P = ParamSpec("P")


class Terminal(Console):
    """Standard error, or any other place to draw on; one that goes away falls silent."""

    def on_broken_pipe(self) -> None:
        """Rich would end the process here, and close its standard output."""
        self.quiet = True


def _harmless(method: Callable[Concatenate[LiveConsole, P], None]) -> Callable[Concatenate[LiveConsole, P], None]:
    """A display that fails (a closed terminal, a full pipe) goes dark; the sweep goes on."""

    @functools.wraps(method)
    def guarded(self: LiveConsole, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with self._lock:
                method(self, *args, **kwargs)
        except Exception:
            self._dark = True

    return cast("Callable[Concatenate[LiveConsole, P], None]", guarded)


class LiveConsole:
    """Observes a sweep and shows it.

    `total`: trials asked for, None when there is no end to them; `slots`: how many run at once. Both may be set once
    they are known.
    """

    def __init__(
        self,
        *,
        objective: Objective,
        total: int | None,
        slots: int = 1,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Terminal(stderr=True)
        self._progress = Progress(objective, total)
        self.slots, self._clock = slots, clock
        self._lock = threading.RLock()  # the live table is drawn by a thread of its own
        self._began = self._spoke = clock()
        self._live: Live | None = None
        self._dark = False

    @_harmless
    def known(self, record: Record) -> None:
        """A trial of before this run of the sweep: if it ended, it counts, but not for the pace."""
        self._progress.known(record)

    @property
    def total(self) -> int | None:
        return self._progress.total

    @total.setter
    def total(self, trials: int | None) -> None:
        self._progress.total = trials

    @_harmless
    def replicates(self, trial: str, of: str, seed: int) -> None:
        if not self._progress.replicates:
            self.say("the search is over; its best trials run again, with other seeds")
        self._progress.replicates[trial] = of

    @_harmless
    def trial_started(self, trial: str, config: Mapping[str, Any], resumed: bool) -> None:
        self._progress.started(trial, config)
        if self._live is None and self._console.is_terminal and not self._console.is_dumb_terminal:
            self._go_live()

    @_harmless
    def row(self, row: Row) -> None:
        self._progress.row(row)
        if self._clock() - self._spoke >= QUIET:
            self._line(f"{self._pace()}{self._leader()}; {self._running()}")

    @_harmless
    def media(self, trial: str, step: int, name: str) -> None:
        """Pictures are not for terminals."""

    @_harmless
    def trial_ended(self, trial: str, status: Status, reason: str) -> None:
        state = self._progress.ended(trial, status, reason)
        reason = f" ({reason})" if reason else ""
        self._line(f"trial {trial} {status}{reason}{self._score(state)}; {self._tally()}{self._leader()}")

    @_harmless
    def say(self, text: str) -> None:
        """A line about the sweep as a whole."""
        if self._live is None:
            self._line(text)
        else:
            self._live.console.print(_one_line(text))

    def close(self, interrupted: bool) -> None:
        """Leave the last state of the table, and the terminal as it was."""
        live, self._live = self._live, None
        if live is not None:
            atexit.unregister(live.stop)
            with contextlib.suppress(Exception):  # of a terminal that is gone, nothing is left to restore
                live.stop()

    def _go_live(self) -> None:
        # Only stderr: what is printed to stdout belongs to whoever reads stdout.
        self._live = Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=PER_SECOND,
            redirect_stdout=False,
            vertical_overflow="crop",
        )
        atexit.register(self._live.stop)  # a cursor hidden for good is no way to end
        self._live.start()

    def render(self) -> RenderableType:
        """The table as it stands; empty rather than an error."""
        try:
            with self._lock:
                return Group(_one_line(self._pace(), "bold"), self._best(), self._table())
        except Exception:
            return Text("")

    def _line(self, text: str) -> None:
        if self._live is None and not self._dark:
            self._spoke = self._clock()
            self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def _pace(self) -> str:
        progress, seconds = self._progress, self._clock() - self._began
        counts = progress.counts
        parts = [f"{self._tally()}: " + ", ".join(f"{counts[status]} {status}" for status in STYLES)]
        pace, left = progress.per_minute(seconds), progress.seconds_left(seconds)
        parts += [f"{pace:.3g}/min"] if pace is not None else []
        parts += [f"{duration(left)} left"] if left else []
        return ", ".join(parts)

    def _tally(self) -> str:
        of = f" of {self._progress.total}" if self._progress.total is not None else ""
        return f"{self._progress.over}{of} ended"

    def _leader(self) -> str:
        best = self._progress.best()
        if best is None:
            return ""
        front = f", {len(self._progress.front)} on the front" if self._progress.objective.others else ""
        return f"{front}, best {number(best.best)}{_seeds(best)} in trial {best.trial}{_doubts(best)}"

    def _best(self) -> Text:
        best = self._progress.best()
        if not self._progress.ranked:
            return Text()
        if best is None:
            return _one_line(f"best {self._progress.objective.name}: none yet")
        value = f"{number(best.best)}{_seeds(best)}"
        text = f"best {self._progress.objective.name} {value} in trial {best.trial}{_doubts(best)}: "
        if self._progress.objective.others:
            text = f"{len(self._progress.front)} on the front; {text}"
        return Text(printable(text + settings(best.config)), "bold green")

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
        judged = self._progress.judged
        for head in ("trial", "status", "step", *self._progress.objective.goals):
            table.add_column(Text(printable(head)), no_wrap=True, max_width=20)
        if judged:
            table.add_column(Text("verdict"), no_wrap=True, max_width=VERDICT_WIDTH)
        if wide := self._console.width >= NARROW:
            table.add_column("config", no_wrap=True, overflow="ellipsis", ratio=1)
        room = max(self._console.height - 6, 1)
        for state in self._progress.latest(min(max(TRIALS_SHOWN, self.slots), room)):
            table.add_row(*_cells(state, judged)[: None if wide else -1])
        return table

    def _score(self, state: TrialState) -> str:
        if state.at_best is None:
            return f" ({settings(state.config)})"
        pairs = zip(self._progress.objective.goals, state.at_best.values, strict=True)
        named = ", ".join(f"{name} {number(value)}" for name, value in pairs)
        return f": {named} at step {state.at_best.step}{_fault(state)} ({settings(state.config)})"

    def _running(self) -> str:
        running = [state for state in self._progress.latest(self.slots) if state.status == "running"]
        return ", ".join(f"{state.trial} at step {state.step}: {number(state.value)}" for state in running)


def settings(config: Mapping[str, Any]) -> str:
    """A config in one line: C=0.1 penalty=l2."""
    return " ".join(f"{name}={number(value) if isinstance(value, float) else value}" for name, value in config.items())


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def duration(seconds: float) -> str:
    """A length of time as one says it: 40 s, 3 min, 1 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _one_line(text: str, style: str = "") -> Text:
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")


def _seeds(state: TrialState) -> str:
    """Over how many seeds the best value is the mean, if it is."""
    return f" over {state.at_best.seeds} seeds" if state.at_best is not None and state.at_best.seeds > 1 else ""


def _fault(state: TrialState) -> str:
    """What is wrong with a trial at its best step, if it was judged and something is."""
    return f", {state.fault}" if state.fault else ""


def _doubts(state: TrialState) -> str:
    """Why the best trial is a poor winner, if it is."""
    return _fault(state) + (", stopped early" if state.status == "stopped" else "")


def _cells(state: TrialState, judged: bool) -> list[Text]:
    values = (state.value, *state.others)
    if state.status != "running":
        values = state.at_best.values if state.at_best is not None else tuple(None for _ in values)
    detail = state.reason if state.status == "failed" else settings(state.config)
    status = _one_line(state.status, STYLES[state.status])
    words = [_one_line(state.judged, "" if state.judged == HEALTHY else "yellow")] if judged else []
    return [
        _one_line(state.trial),
        status,
        Text(str(state.step)),
        *(Text(number(value)) for value in values),
        *words,
        _one_line(detail, "dim"),
    ]
