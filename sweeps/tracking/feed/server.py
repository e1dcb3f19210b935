"""Asks a W&B server which runs of a sweep it has in full: the client does not say whether an upload was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import wandb

from sweeps.tracking.feed.wandb_run import project_of
from sweeps.tracking.settings import FeedSettings
from sweeps.wandb_log.run_id import run_id_of

SECONDS = 10  # for an answer
PAGE = 500


def place_of(settings: FeedSettings) -> str:
    """The project of a sweep's runs, "entity/project"."""
    entity = settings.entity or wandb.setup().settings.entity or wandb.Api(timeout=SECONDS).default_entity
    return f"{entity}/{project_of(settings)}"


def complete_on_server(sweep_id: str, place: str, expected: Mapping[str, tuple[int, str]]) -> set[str]:
    """Those trials whose runs in `place` are over, have as many steps as expected, or more, and the tag expected."""
    wanted = {run_id_of(sweep_id, trial): trial for trial in expected}
    chosen = {"name": {"$regex": f"^{run_id_of(sweep_id, '')}"}}
    there = set()
    for run in _runs(place, chosen):
        lines, tag = expected.get(wanted.get(run.id, ""), (0, None))
        if tag in (run.tags or ()) and run.state != "running" and (run.history_line_count or 0) >= lines:
            there.add(wanted[run.id])
    return there


def _runs(place: str, filters: Mapping[str, Any]) -> Iterator[Any]:
    """The runs of a project; none where there is no such project yet."""
    try:
        yield from wandb.Api(timeout=SECONDS).runs(place, filters=dict(filters), per_page=PAGE)
    except ValueError as error:
        if "Could not find project" not in str(error):
            raise
