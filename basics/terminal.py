"""What a person at a terminal is told: text that others wrote may hold what a terminal obeys, and is made fit first."""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def printable_lines(text: str) -> str:
    """The same of text that has several lines."""
    return "\n".join(map(printable, text.split("\n")))


def say(message: str) -> None:
    """A line for the person at the terminal, at once; stdout is kept for results."""
    print(f"sweeps: {printable(message)}", file=sys.stderr, flush=True)
