"""The table of all trials that W&B shows: config, metrics, verdict and a small picture of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import wandb

from analysis.media import thumbnail
from analysis.results import (
    BEST,
    BEST_STEP,
    CONFIG,
    FINDINGS,
    LAST,
    REASON,
    SECONDS,
    STATUS,
    TRIAL,
    VERDICT,
    SweepResults,
)
from sweeps.tracking.settings import FeedSettings
from sweeps.wandb_log.run_id import run_id_of

PICTURES = ("samples", "reconstructions", "weight_maps")  # the first there is stands for the trial
PICTURED = 300  # trials with a picture, the best
SIDE = 128  # pixels


def trials_table(sweep: SweepResults, settings: FeedSettings, project_url: str | None) -> Any:
    """A row a trial, best first; the column `run` leads to its run where there is a server."""
    ranked = [*sweep.ranked, *(trial for trial in sweep.trials[TRIAL] if trial not in set(sweep.ranked))]
    judged = {VERDICT: sweep.verdicts, FINDINGS: sweep.findings}
    columns, lines = _columns(sweep), sweep.trials.set_index(TRIAL, drop=False).assign(**judged)
    table = wandb.Table(columns=["picture", "run", *_shown(columns)], allow_mixed_types=True)
    pictures = _pictures(sweep, ranked[:PICTURED])
    for trial in ranked:
        picture = wandb.Image(thumbnail(pictures[trial], SIDE)) if trial in pictures else None
        run_id = run_id_of(settings.sweep_id, trial)
        run = f"{project_url}/runs/{run_id}" if project_url else run_id
        table.add_data(picture, run, *(_plain(lines.at[trial, name]) for name in columns))
    return table


def _columns(sweep: SweepResults) -> list[str]:
    """The trial and how it ended, its config, the best of each metric that has one and the last of the others."""
    names = [str(name) for name in sweep.trials]
    best = [name for name in names if name.startswith(BEST)]
    others = [n for n in names if n.startswith(LAST) and BEST + n.removeprefix(LAST) not in best]
    config = [name for name in names if name.startswith(CONFIG)]
    heads = (TRIAL, STATUS, VERDICT, FINDINGS, REASON, BEST + sweep.objective, BEST_STEP)
    first = [name for name in heads if name in names]
    rest = [name for name in (*config, *best, *others, "steps", SECONDS) if name in names]
    return list(dict.fromkeys([*first, *rest]))


def _shown(columns: Sequence[str]) -> list[str]:
    """Names for the columns: a parameter's own, but for one that is called like another column."""
    taken = {*columns, "picture", "run"}
    return [name if name.removeprefix(CONFIG) in taken else name.removeprefix(CONFIG) for name in columns]


def _pictures(sweep: SweepResults, trials: list[str]) -> dict[str, Path]:
    """Of each trial the latest picture of the first kind there is."""
    found: dict[str, Path] = {}
    media = sweep.media[sweep.media[TRIAL].isin(trials)]
    for kind in reversed(PICTURES):
        latest = media[media["name"] == kind].groupby(TRIAL).tail(1)
        found |= dict(zip(latest[TRIAL], latest["path"], strict=True))
    return found


def _plain(value: Any) -> Any:
    """A cell as W&B takes it: plain numbers, no NaN."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value
