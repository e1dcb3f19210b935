"""The second phase of a sweep: when its search is over, the best trials run again, each a few times with other seeds.

Each such run is a trial like any other, but for where its config and its seed come from; `analysis.contenders` says how
they count. Which trials are run again follows from what has ended, so that a resume needs to remember nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.ranking import rank
from analysis.results import trial_name
from sweeps.search.method import Asked
from sweeps.search.search import Search
from sweeps.search.trials import Replicate
from sweeps.spec.resolved import Spec
from sweeps.store.sweep_folder import Store


class ContenderRuns:
    """Chooses the contenders, and begins their runs: the second seed of each, then the third of each, and so on."""

    def __init__(self, spec: Spec, search: Search, store: Store) -> None:
        self._wanted, self._search, self._store = spec.contenders, search, store
        self._goals = [*spec.metric.goals.values()]

    @property
    def planned(self) -> int:
        """How many runs there may still be, as long as the search is not over."""
        if self._wanted is None:
            return 0
        most = self._wanted.top * (self._wanted.seeds - 1)
        return max(most - len(self._there()), 0)

    def chosen(self) -> list[str]:
        """The best trials of the search that are done, by their own seed alone, the best first."""
        of_search = [r for r in self._store.records if not r.replicates and r.status == "done"]
        return [record.trial for record in rank(of_search, self._goals)][: self._wanted.top if self._wanted else 0]

    def left(self) -> list[Replicate]:
        """The runs that are still to be begun, in order; to be asked when the search is over and nothing of it runs."""
        if self._wanted is None:
            return []
        there = self._there()
        return [run for run in self._runs() if run not in there]

    def missing(self) -> str:
        """How many of the runs were not begun, in words; nothing if all were."""
        left = len(self.left())
        all_of_them = left and sum(1 for _ in self._runs())
        return f"{left} of {all_of_them} runs of its best trials with other seeds were not made" if left else ""

    def begin(self, n: int) -> list[Asked]:
        """The next runs, up to `n`."""
        return [self._search.replicate(run.trial, run.seed) for run in self.left()[:n]]

    def is_run(self, trial: str) -> bool:
        """Whether a trial is another seed of an earlier one."""
        return int(trial) in self._search.replicates

    def _runs(self) -> Iterator[Replicate]:
        seeds, chosen = range(1, self._wanted.seeds if self._wanted is not None else 1), self.chosen()
        yield from (Replicate(int(trial), seed) for seed in seeds for trial in chosen)

    def _there(self) -> set[Replicate]:
        """Those that were begun, without any that somebody stopped."""
        if not self._search.replicates:
            return set()
        stopped = {record.trial for record in self._store.records if record.status == "stopped"}
        found = self._search.replicates.items()
        return {run for number, run in found if trial_name(number) not in stopped}
