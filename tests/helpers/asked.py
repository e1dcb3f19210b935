"""Asks a search for trials, failing the test if it has none."""

from __future__ import annotations

from sweeps.search.method import Asked
from sweeps.search.search import Search


def ask(search: Search, n: int = 1) -> list[Asked]:
    answer = search.ask(n)
    assert isinstance(answer, list), answer
    return answer


def ask_one(search: Search) -> Asked:
    [asked] = ask(search)
    return asked
