"""Every surface names the same trial, of a sweep in which objective, verdict, constraint and status disagree.

Driver, store, live table, saved models and W&B's client are the real ones; what the trials report is told to them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.contract import digits
from helpers.driven_sweep import deliver, next_work, open_sweep
from helpers.tracked import histories, logged_out, of_kind, summary_of
from rich.console import Console
from typer.testing import CliRunner

from analysis.folder import load
from analysis.plots.curves.history import history
from analysis.plots.parameters.parallel_coordinates import parallel_coordinates
from analysis.ranking import rank
from analysis.report import compare, write_report
from analysis.report.summary import summarise
from analysis.report.trials import curve_metrics, curves, page_order, table
from analysis.rows import Row
from sweeps.cli import app
from sweeps.driver.console import LiveConsole
from sweeps.driver.sweep import Sweep
from sweeps.final.sources import config_in
from sweeps.spec.resolved import Spec
from sweeps.store.sweep_folder import MODELS, Store
from sweeps.tracking.best import write_best
from sweeps.tracking.settings import settings_of
from sweeps.tracking.tracker import Tracker
from sweeps.worker.best_model import BestModel
from sweeps.worker.messages import Attachment, Report
from trainables import MODELS as REGISTRY

WINNER, SCORE = "0003", 3.0
TERMS: dict[str, Any] = {
    "model": "gan",
    "dataset": "digits",
    "method": "random",
    "metric": {"name": "gen/frechet"},
    "constraint": {"name": "gen/coverage", "min": 0.2},
    "early_terminate": {"type": "collapse", "patience": 1, "severity": 0.8},
    "parameters": {
        **{name: {"value": value} for name, value in {"latent_dim": 2, "updates_per_step": 1, "batch_size": 8}.items()},
        "lr_g": {"min": 1e-4, "max": 1e-3},
    },
    "run_cap": 7,
}
# By trial its steps, (gen/frechet, verdict, gen/severity, gen/coverage), in the order in which the trials end.
COURSES: dict[str, list[tuple[float, str, float, float]]] = {
    "0006": [(3.0, "healthy", 0.1, 0.5)],  # as good as the winner, and sooner; its number is higher
    "0001": [(1.0, "mode_collapse", 0.6, 0.5)],  # the best value of those that are done
    "0002": [(2.0, "healthy", 0.1, 0.1)],  # does not keep the constraint
    "0000": [(5.0, "healthy", 0.1, 0.5), (4.0, "noise", 0.9, 0.5)],
    "0003": [(3.0, "healthy", 0.1, 0.5), (6.0, "mode_collapse", 0.6, 0.1)],  # the winner, which collapses in the end
    "0004": [(2.5, "healthy", 0.1, 0.5), (9.0, "mode_collapse", 0.9, 0.5)],  # is stopped for that
    "0005": [(0.5, "healthy", 0.1, 0.5)],  # fails afterwards
}


@dataclass
class Ended:
    folder: Path
    store: Store
    live: str


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("ended") / "sweep"
    with logged_out(folder.parent / "home"):
        spec, sweep, _, store = open_sweep(folder, **TERMS)
        (folder / "manifest.json").write_text(json.dumps({"sweep": "5eed", "data": {"classes": []}, "options": {}}))
        screen = Console(width=200, file=io.StringIO(), color_system=None)
        live = LiveConsole(objective=spec.metric, total=7, slots=2, console=screen)
        tracker = Tracker(folder, settings_of(spec, folder, "5eed", (), "offline"), patience=600, say=lambda line: None)
        sweep._observers += [live, tracker]
        _drive(spec, sweep)
        sweep.close(interrupted=False)
        write_report(folder)
        write_best(folder)
        tracker.end()
        yield Ended(folder, store, _drawn(live))


def _drive(spec: Spec, sweep: Sweep) -> None:
    """All trials side by side on two workers, who save models as they do."""
    data = digits(200)
    works = {work.trial: work for work in iter(lambda: next_work(sweep), None)}
    model = REGISTRY["gan"].build(works["0000"].config, data, seed=0)
    workers = [BestModel.of(spec), BestModel.of(spec)]
    for trial, course in COURSES.items():
        for step, found in enumerate(course, start=1):
            row, last = _row(trial, step, found), step == len(course) and trial not in ("0004", "0005")
            files = workers[int(trial) % 2].files(works[trial], model, data, row, finished=last)
            attachments = [Attachment(trial, step, "model", name, content) for name, content in files.items()]
            over = deliver(sweep, Report(trial, "cpu", row, last), attachments)
        if trial == "0005":
            over = deliver(sweep, Report(trial, "cpu", None, failed="diverged: loss is nan at step 2"))
        assert over


def _row(trial: str, step: int, found: tuple[float, str, float, float]) -> Row:
    frechet, verdict, severity, coverage = found
    numbers = {"gen/frechet": frechet, "gen/severity": severity, "gen/coverage": coverage}
    return Row(trial, step, 0.5 * step, numbers, verdict, (f"{verdict} at step {step}",), "digits")


def _drawn(live: LiveConsole) -> str:
    screen = Console(width=200, file=io.StringIO(), color_system=None)
    screen.print(live.render())
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def _asked(*arguments: str) -> str:
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0
    return found.stdout


def test_the_trials_ended_as_they_should(ended: Ended) -> None:
    statuses = {record.trial: record.status for record in ended.store.records}
    assert statuses.pop("0004") == "stopped"
    assert statuses.pop("0005") == "failed"
    assert set(statuses.values()) == {"done"}


def test_the_live_table(ended: Ended) -> None:
    assert f"best gen/frechet 3 in trial {WINNER}: " in ended.live


def test_the_store_and_the_saved_model(ended: Ended) -> None:
    best = rank(ended.store.records, ["minimize"])[0]
    assert (best.trial, best.at_best and best.at_best.value) == (WINNER, SCORE)
    assert [path.name for path in (ended.folder / MODELS).iterdir()] == [WINNER]


def test_best_and_what_train_chooses(ended: Ended) -> None:
    (row,) = json.loads(_asked("best", str(ended.folder), "--json"))
    assert (row["trial"], row["gen/frechet"], row["best_step"], row["verdict"]) == (WINNER, SCORE, 1, "healthy")
    assert WINNER in _asked("best", str(ended.folder))
    lock = config_in(ended.folder).lock
    assert lock is not None
    assert (lock["trial"], lock["score"], lock["verdict"]) == (WINNER, SCORE, "healthy")


def test_the_report_in_words_tables_and_pictures(ended: Ended) -> None:
    sweep = load(ended.folder)
    assert sweep.ranked == ["0003", "0006", "0000", "0001", "0002", "0004"]
    summary = summarise(sweep)
    assert f"Best: trial {WINNER} with gen/frechet 3 at step 1" in " ".join(summary.sentences)
    assert "Passed over: 0001 with 1 (mode collapse), 0002 with 2 (past the constraint)." in summary.sentences
    assert summary.headline is not None
    assert f"trial {WINNER} " in summary.headline.label
    order = page_order(sweep)
    first, *_ = table(sweep, order, ["trial", "verdict", "last/verdict", "score", "best_step"])
    assert first == [WINNER, "healthy", "mode_collapse", 3.0, 1]
    assert WINNER in curves(sweep, order, curve_metrics(sweep))
    assert parallel_coordinates(sweep).trials[0] == WINNER
    assert history(sweep).best_so_far.tolist() == [4.0, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0]


def test_compare(ended: Ended) -> None:
    (row,) = json.loads(_asked("compare", str(ended.folder), "--json"))
    assert row["score"] == SCORE
    assert f'"trial":"{WINNER}"' in compare.as_page([load(ended.folder)]).replace(" ", "")


def test_wandb(ended: Ended) -> None:
    summary = summary_of(ended.folder, "sweep")
    assert (summary["best/trial"], summary["best/gen/frechet"]) == (WINNER, SCORE)
    artifacts = {artifact.name: json.loads(artifact.metadata) for artifact in of_kind(ended.folder, WINNER, "artifact")}
    assert artifacts.keys() == {"best-config", "best-model"}
    assert {found["trial"] for found in artifacts.values()} == {WINNER}
    charted = [found["sweep/best"] for found in histories(ended.folder, "sweep") if "sweep/best" in found]
    assert charted == [SCORE] * 7
    assert of_kind(ended.folder, "sweep", "alert")[-1].text.endswith(f"best: trial {WINNER}, gen/frechet 3")


def test_taken_up_again_it_has_the_same_winner(ended: Ended) -> None:
    _, _, _, store = open_sweep(ended.folder, **TERMS)
    assert rank(store.records, ["minimize"])[0].trial == WINNER
    assert [path.name for path in (ended.folder / MODELS).iterdir()] == [WINNER]
