"""How far a trial that won on one seed falls when it is run again with others, in a sentence."""

from __future__ import annotations

from analysis.formatting import word
from analysis.intervals import Interval


def fall(trial: str, alone: float, span: Interval, before: int, after: int) -> str:
    """What became of a trial that was run again: its value on the seed that chose it, the mean, and its places."""
    ends = [abs(end - span.mean) for end in (span.low, span.high) if end is not None]
    margin = f" ± {max(ends):.2g}" if ends else ""  # a share's interval ends at 0 and 1
    on = "on the seed that won" if before == 1 else "on its first seed"
    places = f"rank {before} -> {after}" if before != after else f"rank {before} as before"
    return f"trial {trial}: {word(alone)} {on}, {word(span.mean)}{margin} over {span.n} seeds; {places}"
