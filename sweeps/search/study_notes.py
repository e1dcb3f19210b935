"""What the journal keeps of the sweep as a whole: what it has used of its budget, and that somebody ended it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

SPENT, GRANTED, STOPPED, STOPPED_AT = "spent", "granted", "stopped", "stopped_at"  # user attributes of the study
SECONDS = "seconds"  # in SPENT; in an older journal an attribute of its own


class StudyNotes:
    """User attributes of the study, read once; every change is in the journal when the call returns."""

    def __init__(self, study: optuna.Study) -> None:
        kept = study.user_attrs
        self._study = study
        self.spent: Mapping[str, float] = {SECONDS: kept.get(SECONDS, 0.0), **kept.get(SPENT, {})}
        self.granted = int(kept.get(GRANTED, 0))  # trials that are run whatever would end the sweep before
        self.stopped = str(kept.get(STOPPED, ""))  # by whom somebody had the sweep ended, in words
        self.stopped_at = int(kept.get(STOPPED_AT, 0))  # how many trials there had been

    def spend(self, spent: Mapping[str, float]) -> None:
        """Note what was used so far, all resumes of the sweep together."""
        self.spent = dict(spent)
        self._set(SPENT, self.spent)

    def grant(self, trials: int) -> None:
        """The sweep goes on to that many trials in all."""
        self._set(GRANTED, trials)
        self._set(STOPPED, "")
        self.granted, self.stopped = trials, ""

    def stop(self, why: str, trials: int) -> None:
        """The sweep has been ended after so many trials, whatever was granted."""
        self._set(STOPPED_AT, trials)
        self._set(STOPPED, why)
        self.stopped, self.stopped_at = why, trials

    def _set(self, name: str, value: Any) -> None:
        self._study.set_user_attr(name, value)
