"""The best config of a sweep as the spec that W&B is given."""

from __future__ import annotations

from pathlib import Path

from analysis.results import ResultsError
from sweeps.tracking.queue import Layout


def write_best(folder: Path) -> None:
    """Write it where the feed looks for it; nothing where no trial is done."""
    from sweeps import requests
    from sweeps.best import by_metric
    from sweeps.lock import BEST_FILE, best_spec

    place = Layout(folder).best_config
    try:
        best = best_spec(by_metric(folder))
    except ResultsError:
        return
    place.mkdir(parents=True, exist_ok=True)
    requests.write(place / BEST_FILE, best)
