"""A parameter that is given as one value."""

from __future__ import annotations

from search_spaces.conditions import Value
from search_spaces.domains import Choice


class Constant(Choice):
    """A parameter given as one `value`: it has nothing to search."""

    @property
    def value(self) -> Value:
        return self.choices[0]
