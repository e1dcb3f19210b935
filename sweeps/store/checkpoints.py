"""The checkpoints of a sweep's trials: of each its last, and while it runs the one before, in case that is damaged."""

from __future__ import annotations

from pathlib import Path

from basics.files import replace_file

CHECKPOINTS = "ray/checkpoints"  # in a sweep's folder
STATE, BEFORE = ".pt", ".pt.before"  # how the names of their files end, after the trial's


class Checkpoints:
    """The folder of checkpoints; the bytes are a worker's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / CHECKPOINTS
        self._folder.mkdir(parents=True, exist_ok=True)

    def save(self, trial: str, content: bytes) -> None:
        last = self._folder / f"{trial}{STATE}"
        if last.exists():
            last.replace(self._folder / f"{trial}{BEFORE}")
        replace_file(last, content)

    def load(self, trial: str) -> bytes | None:
        """A trial's last checkpoint, None if it has none."""
        last = self._folder / f"{trial}{STATE}"
        return last.read_bytes() if last.exists() else None

    def remove_before(self, trial: str) -> None:
        """Remove the one before a trial's last."""
        (self._folder / f"{trial}{BEFORE}").unlink(missing_ok=True)

    def remove(self, trial: str) -> None:
        """Remove a trial's last."""
        (self._folder / f"{trial}{STATE}").unlink(missing_ok=True)
