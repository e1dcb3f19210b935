"""The model of the best trial that a worker has finished, as the files of a saved model: nobody has it later."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.results import HOPELESS, VERDICT
from sweeps.spec.resolved import Objective, Spec
from sweeps.worker.messages import Work
from trainables.data import Dataset

Place = tuple[bool, float]  # among trials, the best least


@dataclass
class BestModel:
    """Of each worker one; the best of all trials is the best of its worker."""

    model: str
    objective: Objective
    search_path: Sequence[str]
    _best: Place | None = None
    _of_trials: dict[str, tuple[float, Place]] = field(default_factory=dict)  # the best value of each, and its place

    @classmethod
    def of(cls, spec: Spec) -> BestModel:
        return cls(spec.model, spec.metric, spec.model_path)

    def files(
        self, work: Work, model: Any, data: Dataset, row: Mapping[str, Any], *, finished: bool
    ) -> dict[str, bytes]:
        """The saved model of a trial whose last `row` this is, if it is the best so far, by name; else nothing.

        A trial that is resumed may have been better before. A model of your own that has not needed
        torch is left out: its worker would wait for torch to load.
        """
        self._note(work.trial, row)
        _, place = self._of_trials.pop(work.trial, (0.0, None)) if finished else (0.0, None)
        if place is None or not ("torch" in sys.modules or hasattr(model, "plain")):
            return {}
        if self._best is not None and place >= self._best and not work.resumed:
            return {}
        self._best = place if self._best is None else min(place, self._best)
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

    def _note(self, trial: str, row: Mapping[str, Any]) -> None:
        value = row.get(self.objective.name)
        if value is None or (trial in self._of_trials and not self.objective.better(value, self._of_trials[trial][0])):
            return
        hopeless = row.get(VERDICT) in HOPELESS
        self._of_trials[trial] = value, self.objective.order(value, self.objective.violation(row), hopeless)
