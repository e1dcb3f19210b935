"""Creates a W&B workspace and report for a sweep, with wandb-workspaces where that is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.results import MEDIA_FOLDER, SECONDS, VERDICT, SweepResults
from analysis.searched import searched_parameters
from basics.files import replace_file
from sweeps.tracking.feed.trial_history import ENDED
from sweeps.tracking.queue import Layout
from sweeps.tracking.settings import FeedSettings


def available() -> bool:
    return find_spec("wandb_workspaces") is not None


def save_dashboard(settings: FeedSettings, sweep: SweepResults, place: str) -> dict[str, str]:
    """Save both in the project `place` ("entity/project"), once a sweep: they show its runs as these are.

    The addresses, `workspace` and `report`.
    """
    kept = Layout(sweep.folder).dashboard
    if kept.exists():
        return _read(kept)
    # Not every installation has it, and its types are half of what its classes are.
    wr: Any = import_module("wandb_workspaces.reports.v2")
    ws: Any = import_module("wandb_workspaces.workspaces")
    entity, project = place.split("/")
    home = {"entity": entity, "project": project}
    sections = _sections(settings, sweep, wr)
    opened = [ws.Section(name=name, panels=panels, is_open=True) for name, panels in sections.items()]
    ours = ws.RunsetSettings(filters=[ws.Config("sweep") == settings.sweep_id])
    workspace = ws.Workspace(**home, name=settings.name, sections=opened, runset_settings=ours).save()
    runs = wr.Runset(**home, name=settings.name, filters=f"Config('sweep') = '{settings.sweep_id}'")
    grids = [(wr.H2(name), wr.PanelGrid(runsets=[runs], panels=panels)) for name, panels in sections.items()]
    report = wr.Report(**home, title=settings.name[:128], blocks=[block for pair in grids for block in pair]).save()
    addresses = {"workspace": workspace.url, "report": report.url}
    replace_file(kept, json.dumps(addresses).encode())
    return addresses


def _read(path: Path) -> dict[str, str]:
    addresses: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return addresses


def _sections(settings: FeedSettings, sweep: SweepResults, wr: Any) -> Mapping[str, list[Any]]:
    """Panels by section: what the search found, how trials trained, and the pictures they made, if any."""
    best = f"best/{settings.objective}"
    column = wr.ParallelCoordinatesPlotColumn
    scores = [column(metric=wr.SummaryMetric(f"best/{name}")) for name in (settings.objective, *settings.others)]
    searched = [column(metric=wr.Config(p.name), log=p.log) for p in searched_parameters(sweep)]
    verdicts = sorted(set(sweep.trials[VERDICT]) - {""})
    counts = [*(f"sweep/{status}" for status in ENDED), *(f"verdict/{verdict}" for verdict in verdicts)]
    search = [
        wr.ParallelCoordinatesPlot(columns=[*searched, *scores], title="All trials"),
        wr.ParameterImportancePlot(with_respect_to=best),
        wr.LinePlot(title="Best so far", x="trials ended", y=["sweep/best"]),
        wr.BarPlot(title="How trials ended, and the verdicts", metrics=counts),
    ]
    shown = [settings.objective, *settings.others]
    training = [wr.LinePlot(title=name, x="step", y=[name]) for name in shown if name != SECONDS]
    pictures = [f"{MEDIA_FOLDER}/{name}" for name in sorted(set(sweep.media["name"]))]
    samples = {"Pictures": [wr.MediaBrowser(title=name, media_keys=[name]) for name in pictures]} if pictures else {}
    return {"Search": search, "Training": training, **samples}
