"""The driver's handle of the process that draws the report (`drawing.py`)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from analysis.results import REPORT_FILE
from basics.python_process import spawn
from basics.shell import command_line
from sweeps.errors import ReportError

GO = b"draw\n"


class ReportProcess:
    """Starts the process, says when to draw, and waits for the page, unless the driver ends before it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "ray" / "report.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def page(self) -> Path:
        """Where the page is, or will be."""
        return self._folder / REPORT_FILE

    def prepare(self) -> None:
        """Have it import, if it does not yet."""
        if self._process is None:
            with self._log.open("wb") as log:
                arguments = ["-m", "sweeps.driver.drawing", str(self._folder.resolve())]
                self._process = spawn(arguments, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def draw(self) -> None:
        """Have it draw; the sweep's files are all written."""
        self.prepare()
        if self._process is not None and self._process.stdin is not None:
            with self._process.stdin as line:
                line.write(GO)

    def wait(self) -> Path:
        """The page, when it is drawn; ReportError if it could not be."""
        assert self._process is not None
        try:
            code = self._process.wait()
        finally:  # Ctrl-C: it is drawn by the next command that is asked to
            self._process.kill()
        if code:
            lines = self._log.read_text(errors="replace").strip().splitlines() or [f"exit code {code}"]
            again = command_line("report", self._folder)
            raise ReportError(f"the report could not be drawn: {lines[-1]}; again with: {again}")
        return self.page
