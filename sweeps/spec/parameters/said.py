"""Whether the keys of a parameter's entry go together."""

from __future__ import annotations

from collections.abc import Collection

from sweeps.errors import SpecError


def only(given: Collection[str], allowed: set[str], distribution: str, valid: tuple[str, ...], key: str) -> None:
    """SpecError for a distribution that does not go with the keys given, or a key that does not go with it."""
    given = set(given)
    if "distribution" in given and distribution not in valid:
        what = f"{distribution} does not go with {' and '.join(sorted(given - {'distribution'}))}"
        raise SpecError(what, key=f"{key}.distribution", valid=valid)
    for name in sorted(given - allowed):
        by_distribution = name in ("q", "step") or "distribution" in given
        beside = distribution if by_distribution else " and ".join(sorted(given & allowed))
        raise SpecError(f"has no meaning beside {beside}", key=f"{key}.{name}", valid=sorted(allowed | {"when"}))
