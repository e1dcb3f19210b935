"""What stands in for a user's own model where its spec is only to be shown: its code is not imported for that."""

from __future__ import annotations

from analysis.metrics import METRICS
from sweeps.spec.document.schema import SpecSection
from sweeps.spec.endings import has_collapse
from sweeps.spec.objective import keyed
from trainables import Entry
from trainables.entry import ModelError

OF_ANY = ("classifier", "training")  # kinds of metrics that no model needs to sample for


class Unread:
    """A model whose class nobody has looked at."""


class UnreadGenerator(Unread):
    """One that samples, as its spec tells."""

    def sample(self, n: int, *, seed: int) -> None:
        raise ModelError("this model's code was not imported: its spec was only to be shown")


def stand_in(section: SpecSection) -> Entry:
    """An entry that takes any parameters; what is searched for and how trials end tell whether the model samples."""
    if section.model is None:  # a program's metrics are its own
        return Entry(Unread, points={})
    names = [*(line.name for _, line in keyed(section.metric)), *(line.name for _, line in keyed(section.constraint))]
    rows = [METRICS[name] for name in names if name in METRICS]
    samples = has_collapse(section) or section.inception is not None or any(row.kind not in OF_ANY for row in rows)
    return Entry(UnreadGenerator if samples else Unread, points={})
