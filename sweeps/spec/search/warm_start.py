"""Which other sweeps a search knows from its start: the line `warm_start`. Their folders are read when it begins."""

from __future__ import annotations

from pathlib import Path

from search_spaces.space import Space
from sweeps.errors import SpecError
from sweeps.search.methods import METHODS, own_name, row_of
from sweeps.spec.document.paths import place
from sweeps.spec.document.schema import SpecSection

KEY = "warm_start"


def warm_start(section: SpecSection, space: Space, folder: Path) -> tuple[str, ...]:
    """The absolute paths, of a relative one from `folder`; SpecError for a method that cannot make use of them."""
    named = [section.warm_start] if isinstance(section.warm_start, str) else section.warm_start or []
    if not named:
        return ()
    if not space:
        raise SpecError("nothing is searched", key=KEY, valid="leave it out")
    method = own_name(section.method)
    if row_of(method).earlier == "refused":
        others = ", ".join(name for name, row in METHODS.items() if row.earlier != "refused")
        what = f"{method} draws no config by what others came to"
        raise SpecError(what, key=KEY, valid=f"leave it out, or method: {others}")
    return tuple(dict.fromkeys(str(place(name, folder, KEY)) for name in named))
