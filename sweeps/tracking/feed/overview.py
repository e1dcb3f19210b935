"""The W&B run of the sweep itself: progress while it runs, and tables, charts and report at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import wandb

from analysis import interactive
from analysis.folder import load
from analysis.plots.curves.hypervolume import hypervolume_history
from analysis.results import FIGURES_FOLDER, HEALTHY, REPORT_FILE, SweepResults
from sweeps.tracking.best import best_lock
from sweeps.tracking.feed.artifacts import log_artifacts, log_final_model
from sweeps.tracking.feed.dashboard import available, save_dashboard
from sweeps.tracking.feed.runs import INTERRUPTED, SWEEP, Runs
from sweeps.tracking.feed.table import trials_table
from sweeps.tracking.feed.trial_history import ENDED, TESTED, TrialHistories
from sweeps.tracking.feed.wandb_run import OpenRun
from sweeps.tracking.settings import FeedSettings

AXIS = "trials ended"
ENOUGH = 5  # trials that have ended before a share of failures says something
AGAIN = 600.0  # seconds before W&B sends an alert of the same title again


class Overview:
    """A run of job type "sweep": the n-th trial that ends is its step 2n, a conclusion after that its step 2n + 1."""

    def __init__(self, folder: Path, settings: FeedSettings, histories: TrialHistories, runs: Runs) -> None:
        self._folder, self._settings, self._histories, self._runs = folder, settings, histories, runs
        self._alerted: set[str] = set()

    def trial_ended(self, trial: str, fresh: bool) -> None:
        """Chart how many trials ended how and the best so far; if that is news, alert to what is wrong."""
        ended, counts, best = len(self._histories.ended), self._histories.counts(), self._histories.best()
        values: dict[str, Any] = {AXIS: ended, **{f"sweep/{status}": counts[status] for status in ENDED}}
        if best is not None and best.at_best is not None:
            values["sweep/best"] = best.at_best.value
        if self._settings.others:
            values["sweep/front"] = len(self._histories.front())
        self._run().log(2 * ended, values, {}, axis=AXIS)
        if fresh:
            self._warn(trial)

    def conclude(self, complete: bool, alert: bool = True) -> None:
        """Log the results of the sweep, once its report is written, and finish the run."""
        sweep, opened = load(self._folder), self._run()
        opened.log(2 * len(self._histories.ended) + 1, self._content(sweep), {}, axis=AXIS)
        opened.commit()
        best = log_artifacts(self._folder, self._settings, self._histories, self._runs)
        opened.run.summary.update({**self._counts(), **best, **_of_front(sweep), **self._histories.tested})
        tested = [TESTED] if self._histories.tested else []
        opened.add_tags(["done" if complete else "running", *tested])
        log_final_model(self._folder, self._settings, self._histories, opened)
        if alert:
            what = "was tested" if tested else "is over" if complete else "was interrupted"
            self._alert(what, self._message(), "INFO")
        self._runs.end(SWEEP, 0 if complete else INTERRUPTED)

    def lay_out(self) -> None:
        """Save the dashboard, where the runs are on a server and it can be done."""
        if self._runs.place and available():
            save_dashboard(self._settings, load(self._folder), self._runs.place)

    def _run(self) -> OpenRun:
        return self._runs.opened(SWEEP, job=SWEEP)

    def _content(self, sweep: SweepResults) -> dict[str, Any]:
        figures = sorted((self._folder / FIGURES_FOLDER).glob("*.png"))
        charts = {
            "importance": interactive.importance(sweep),
            "parallel_coordinates": interactive.parallel_coordinates(sweep),
        }
        # Where there will be a report of W&B's own, ours is not uploaded: it is some megabytes.
        laid_out = available() and not self._run().run.offline
        page = self._folder / REPORT_FILE
        return {
            AXIS: len(self._histories.ended),
            "trials": trials_table(sweep, self._settings, self._runs.url),
            **{name: wandb.Plotly(figure) for name, figure in charts.items() if figure is not None},
            **{f"figures/{path.stem}": wandb.Image(str(path)) for path in figures},
            **({"report": wandb.Html(str(page), inject=False)} if page.exists() and not laid_out else {}),
        }

    def _counts(self) -> dict[str, Any]:
        counts = self._histories.counts()
        return {f"{'sweep' if name in ENDED else 'verdict'}/{name}": count for name, count in counts.items()}

    def _message(self) -> str:
        lock = best_lock(self._folder)
        counts = ", ".join(f"{count} {name}" for name, count in self._histories.counts().most_common())
        best = f"; best: trial {lock['trial']}, {lock['metric']} {lock['score']:.4g}" if lock else ""
        best += f" over {lock['over_seeds']} seeds" if lock and "over_seeds" in lock else ""
        best += f", one of {len(self._histories.front())} on the front" if lock and self._settings.others else ""
        best += " (stopped early: none is done)" if lock and lock.get("stopped") else ""
        tested = (f"; {name} {value:.4g}" for name, value in self._histories.tested.items() if _is_main(name))
        return f"{len(self._histories.ended)} trials: {counts or 'none ended'}{best}{''.join(tested)}"

    def _warn(self, trial: str) -> None:
        history, counts = self._histories[trial], self._histories.counts()
        if history.verdict not in ("", HEALTHY):
            self._alert(history.verdict.replace("_", " "), f"trial {trial}: {history.evidence}", "WARN")
        ended = len(self._histories.ended)
        if ended >= ENOUGH and counts["failed"] >= self._settings.failure_rate * ended:
            reason = self._histories.last_failure()
            self._alert("many trials fail", f"{counts['failed']} of {ended}, the last: {reason}", "ERROR")

    def _alert(self, what: str, text: str, level: str) -> None:
        """One alert of a kind a session: a sweep of a hundred collapses is not a hundred messages."""
        if what not in self._alerted:
            self._alerted.add(what)
            title = f"{self._settings.name}: {what}"[-63:]
            self._run().run.alert(title=title, text=text, level=level, wait_duration=AGAIN)


def _of_front(sweep: SweepResults) -> dict[str, Any]:
    """What the summary says of several objectives: how many trials are on the front, and what it covers."""
    if len(sweep.goals) < 2 or not sweep.front:
        return {}
    share = hypervolume_history(sweep).share[-1]
    return {"sweep/front": len(sweep.front), "sweep/hypervolume": float(share), "front/trials": ", ".join(sweep.front)}


def _is_main(name: str) -> bool:
    """Whether it is a test metric of all classes, and no end of its interval."""
    return name.startswith("test/") and name.count("/") == 1 and "." not in name
