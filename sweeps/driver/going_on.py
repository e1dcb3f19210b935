"""Goes on with a sweep beyond its end: more trials than it was to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.folder import load
from analysis.formatting import counted
from analysis.results import SPEC_FILE
from sweeps.errors import SpecError
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.store.journal_recovery import Say, open_search


@dataclass(frozen=True)
class Beyond:
    """How far a sweep goes on beyond its end: `more` trials."""

    more: int = 0


AS_IT_WAS = Beyond()


def with_more(folder: Path, spec: Spec, changes: Mapping[str, Any], more: int, say: Say) -> Spec:
    """The spec of a sweep that gets `more` trials: beyond its run_cap, or where something else has ended it, beyond
    those it has had, whatever ended it.

    SpecError where it has no run_cap and no end, or no config is left to try. The caller holds the folder's lock.
    """
    left = load(folder)
    search = open_search(left, spec, say)
    if spec.trials is None and not left.ended_by:
        what = "this sweep has no run_cap that could be raised, and it has not ended"
        raise SpecError(what, key="--more", valid="resume without it")
    trials = (search.asked if left.ended_by else max(spec.trials or 0, search.asked)) + more
    raised = spec.trials is not None and trials > spec.trials
    longer = load_spec(folder / SPEC_FILE, {**changes, "run_cap": trials}) if raised else spec
    if raised and (longer.trials or 0) < trials:
        what = f"there are only {counted(longer.trials or 0, 'config')}, so that there cannot be {trials} trials"
        raise SpecError(what, key="--more", valid=f"up to {max((longer.trials or 0) - trials + more, 0)}")
    if left.ended_by:
        search.notes.grant(trials)
        say(f"going on to {trials} trials, though the sweep had ended: {left.ended_by}")
    return longer
