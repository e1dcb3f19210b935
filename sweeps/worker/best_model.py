"""The model of the best trial that a worker has finished, as the files of a saved model: nobody has it later."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.ranking import BestStep, Standing, place
from analysis.rows import Row
from sweeps.spec.resolved import Objective, Spec
from sweeps.store.best_few import BestFew
from sweeps.worker.messages import Work
from trainables.data import Dataset


@dataclass
class BestModel:
    """Of each worker the best `keep`; the best of all trials are among those of their workers."""

    model: str
    objective: Objective
    search_path: Sequence[str]
    keep: int = 1
    _few: BestFew = field(init=False)
    _best_steps: dict[str, BestStep | None] = field(default_factory=dict)  # of the trials that run

    @classmethod
    def of(cls, spec: Spec) -> BestModel:
        return cls(spec.model, spec.metric, spec.model_path, spec.contenders.top if spec.contenders else 1)

    def __post_init__(self) -> None:
        self._few = BestFew(self.keep)

    def files(self, work: Work, model: Any, data: Dataset, row: Row, *, finished: bool) -> dict[str, bytes]:
        """The saved model of a trial whose last `row` this is, if it is the best so far, by name; else nothing.

        A trial that is resumed may have been better before.
        """
        best_step = self._best_steps[work.trial] = self.objective.best_step(self._best_steps.get(work.trial), row)
        if not finished:
            return {}
        del self._best_steps[work.trial]
        # A model of your own that has not needed torch is left out: its worker would wait for torch to load.
        if self.objective.lacking(best_step) or not ("torch" in sys.modules or hasattr(model, "plain")):
            return {}
        here = place(Standing(work.trial, "done", best_step), [*self.objective.goals.values()])
        if self._few.add(work.trial, here) == work.trial and not work.resumed:
            return {}
        return self._saved(model, work.config, data, work.seeds[0])

    def _saved(self, model: Any, config: Mapping[str, Any], data: Dataset, seed: int) -> dict[str, bytes]:
        from trainables.saving.save import save_model
        from trainables.saving.saved_model import SavedModelError

        path = [Path(folder) for folder in self.search_path]
        with tempfile.TemporaryDirectory() as folder:
            try:
                save_model(Path(folder), model, self.model, config, data, seed=seed, search_path=path)
            except SavedModelError:  # cross-validation is no model, and some of your own cannot be saved
                return {}
            return {file.name: file.read_bytes() for file in Path(folder).iterdir()}
