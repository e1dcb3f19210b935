"""Which trials a spec has run again with other seeds when the search is over: the line `replicates` as a mapping."""

from __future__ import annotations

from search_spaces.space import Space
from sweeps.errors import SpecError
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.resolved import Contenders
from sweeps.spec.search import population


def contenders(section: SpecSection, space: Space, method: str) -> Contenders | None:
    """SpecError where there is nothing to choose from, or where a trial is only a part of a training."""
    given = section.replicates
    if isinstance(given, int):
        return None
    if not space:
        what = "nothing is searched, so that there are no best trials to run again"
        raise SpecError(what, key="replicates", valid="a number; or seeds: N, trials of the one config")
    if method == population.METHOD:
        what = "a trial of a population goes on from another one's state, and is no training of its own"
        raise SpecError(what, key="replicates", valid="a number, or another method")
    return Contenders(given.top, given.seeds)
