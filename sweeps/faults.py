"""What can be wrong with a request, each in one line: where, which key, what, what is valid, the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 80


class SpecError(ValueError):
    """A spec that cannot run; `str()` is the one line "SOURCE: key: what; valid: ...; did you mean ...?"."""

    def __init__(
        self, what: str, *, key: str = "", valid: str | Iterable[str] = "", near: Any = None, source: str = ""
    ) -> None:
        """`near` is the name that was given: the nearest of `valid`, if that is a list of names, is suggested."""
        names = [] if isinstance(valid, str) else list(valid)
        self.what, self.key, self.source = what, key, source
        self.valid = valid if isinstance(valid, str) else ", ".join(names)
        self.nearest = nearest(near, names) if near is not None else None
        super().__init__(what)

    def at(self, source: str) -> SpecError:
        """This error, of the file or model named `source` (the innermost source stays)."""
        self.source = self.source or source
        return self

    def __str__(self) -> str:
        line = ": ".join(part for part in (self.source, self.key, self.what) if part)
        line += f"; valid: {self.valid}" if self.valid else ""
        line += f"; did you mean {self.nearest}?" if self.nearest else ""
        return " ".join(line.split())


class FolderError(ValueError):
    """A folder that cannot be used as asked; one line that says why and what to do."""


class ArtifactError(ValueError):
    """An artifact of W&B that there is not, or that may not be unpacked; one line."""


class TrackingError(RuntimeError):
    """W&B cannot be used or does not answer; one line that says why and what to do."""


class SamplesError(ValueError):
    """Samples that cannot be judged; one line: which file, what is wrong, what is valid."""


class AskingError(ValueError):
    """Something a saved model cannot be asked; one line: what, and what is valid."""


class TrainingError(RuntimeError):
    """A final training without a single model; one line with the reason."""


class ClusterError(RuntimeError):
    """Ray could not be started or reached; one line that says what to do."""


def nearest(name: Any, names: Iterable[Any]) -> str | None:
    """The one of `names` that `name` was probably meant to be."""
    close = difflib.get_close_matches(str(name), [str(other) for other in names], n=1, cutoff=0.5)
    return close[0] if close else None


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; a list that holds itself
        return f"this {type(value).__name__}"


def shown(value: Any) -> str:
    """`value` as a user wrote it, cut to a length that fits a line."""
    text = {None: "null", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else None
    text = text or _repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
