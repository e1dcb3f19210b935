"""The two kinds of errors a command answers in one line instead of a traceback, and the exit code of each."""

from __future__ import annotations


class RequestError(ValueError):
    """What was asked for is wrong; one line says what, where and what is valid. Exit code 2."""


class RunError(RuntimeError):
    """What was asked for is right and could not be done; one line says why and what to do. Exit code 1."""
