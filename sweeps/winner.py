"""The model of the best trial that a worker has finished, as the files of a saved model: nobody has it later."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.spec.resolved import Spec
from trainables.data import Dataset

if TYPE_CHECKING:
    from sweeps.trial import Work


@dataclass
class Winner:
    """Of each worker one; the best of all trials is the best of its worker."""

    model: str
    objective: str
    maximize: bool
    search_path: Sequence[str]
    _best: float | None = None
    _of_trials: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Spec) -> Winner:
        return cls(spec.model, spec.metric.name, spec.metric.goal == "maximize", spec.model_path)

    def files(
        self, work: Work, model: Any, data: Dataset, row: Mapping[str, Any], *, finished: bool
    ) -> dict[str, bytes]:
        """The saved model of a trial whose last `row` this is, if it is the best so far, by name; else nothing.

        A trial that goes on from a checkpoint may have been better before. A model of your own that has not needed
        torch is left out: its worker would wait for torch to load.
        """
        value = row.get(self.objective)
        if value is not None:
            before = self._of_trials.get(work.trial, value)
            self._of_trials[work.trial] = max(before, value, key=self._rank)
        best = self._of_trials.pop(work.trial, None) if finished else None
        if best is None or not ("torch" in sys.modules or hasattr(model, "plain")):
            return {}
        if self._best is not None and self._rank(best) <= self._rank(self._best) and work.checkpoint is None:
            return {}
        self._best = best if self._best is None else max(best, self._best, key=self._rank)
        return self._saved(model, work.config, data, work.seeds[0])

    def _saved(self, model: Any, config: Mapping[str, Any], data: Dataset, seed: int) -> dict[str, bytes]:
        from trainables.saved import SavedModelError
        from trainables.saving import save_model

        path = [Path(folder) for folder in self.search_path]
        with tempfile.TemporaryDirectory() as folder:
            try:
                save_model(Path(folder), model, self.model, config, data, seed=seed, search_path=path)
            except SavedModelError:  # cross-validation is no model, and some of your own cannot be saved
                return {}
            return {file.name: file.read_bytes() for file in Path(folder).iterdir()}

    def _rank(self, value: float) -> float:
        return value if self.maximize else -value
