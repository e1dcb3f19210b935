"""Seeds that follow from what they are for."""

from __future__ import annotations

import hashlib


def derived_seed(*parts: object) -> int:
    """A seed of 31 bits that follows from `parts` alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1
