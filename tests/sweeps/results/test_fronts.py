"""A sweep for several metrics: every surface speaks of one front, and of the same first trial."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.driven_sweep import deliver, next_work, open_sweep
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep
from rich.console import Console
from typer.testing import CliRunner

from analysis.folder import load
from analysis.fronts import hypervolume
from analysis.plots.curves.front import front
from analysis.plots.curves.hypervolume import hypervolume_history
from analysis.ranking import rank
from analysis.report import write_report
from analysis.report.summary import summarise
from analysis.results import ResultsError
from analysis.rows import Row
from sweeps.cli import app
from sweeps.cli.listing import trials_of
from sweeps.driver.console import LiveConsole
from sweeps.final.best_config import best_trials
from sweeps.final.sources import config_in
from sweeps.results.ranking import best_trials_of
from sweeps.tracking.best import best_lock, write_best
from sweeps.tracking.feed.trial_history import TrialHistories
from sweeps.tracking.queue import Layout
from sweeps.tracking.settings import read_settings, settings_of, write_settings
from sweeps.worker.messages import Report

BOTH = [{"name": "val/accuracy", "goal": "maximize"}, {"name": "val/log_loss", "goal": "minimize"}]
SPEC: dict[str, Any] = {
    **CLASSIFIER_SPEC,
    "metric": BOTH,
    "constraint": [{"name": "val/brier", "max": 0.5}, {"name": "seconds", "max": 60.0}],
}
# By trial (val/accuracy, val/log_loss, val/brier) at each step. 0 and 2 are the front, 1 is beaten by 0 and 4 by both;
# 3 would beat them all and is past a constraint. The best step of 2 is its second: as accurate as the first, and surer.
COURSES = [
    [(0.80, 0.9, 0.1), (0.90, 0.5, 0.1)],
    [(0.89, 0.6, 0.1)],
    [(0.85, 0.4, 0.1), (0.85, 0.3, 0.1)],
    [(0.99, 0.1, 0.9)],
    [(0.70, 0.8, 0.1)],
]
NAMES = ("val/accuracy", "val/log_loss", "val/brier")


def folder_of(folder: Path) -> Path:
    config = {"penalty": "l2", "max_iter": 500}
    trials = [
        FakeTrial({"C": 1.0 + n, **config}, [dict(zip(NAMES, step, strict=True)) for step in steps])
        for n, steps in enumerate(COURSES)
    ]
    return build_sweep(folder, trials, SPEC)


def test_the_front_is_ranked_first_and_what_breaks_a_constraint_last(tmp_path: Path) -> None:
    sweep = load(folder_of(tmp_path))
    assert sweep.front == ["0000", "0002"]
    assert sweep.ranked == ["0000", "0002", "0001", "0004", "0003"]
    assert sweep.best == "0000"
    best = sweep.standings["0002"].at_best
    assert best is not None
    assert (best.step, best.values) == (2, (0.85, 0.3))
    assert best.violations == pytest.approx((-0.4, -59.0))


def test_best_prints_the_front_and_prefers_what_it_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert [row["trial"] for row in best_trials(str(folder)).rows] == ["0000", "0002"]
    why = best_trials(str(folder)).rows[0]["why"]
    assert "the best of them by val/accuracy; on the Pareto front: of 5 trials that are done" in why
    surest = best_trials(str(folder), prefer="val/log_loss")
    assert [row["trial"] for row in surest.rows] == ["0002", "0000"]
    lock = surest.spec().lock or {}
    assert (lock["trial"], lock["metric"], lock["score"]) == ("0002", "val/log_loss", 0.3)
    assert lock["front"] == {"val/log_loss": 0.3, "val/accuracy": 0.85}
    assert surest.spec().metric.goals == {"val/accuracy": "maximize", "val/log_loss": "minimize"}
    weighed = best_trials(str(folder), prefer="val/accuracy=1,val/log_loss=3")
    assert [row["trial"] for row in weighed.rows] == ["0002", "0000"]
    assert "preferred by val/accuracy=1, val/log_loss=3 of the range" in weighed.rows[0]["why"]
    assert [row["trial"] for row in best_trials(str(folder), "val/accuracy", top=2).rows] == ["0000", "0001"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--prefer", "val/acuracy"], "--prefer val/acuracy: the front is of val/accuracy, val/log_loss"),
        (["--prefer", "val/accuracy=0,val/log_loss=1"], "--prefer val/accuracy=0: 0 is no weight"),
        (["--prefer", "val/accuracy=much"], "much is no weight; valid: a number above 0"),
        (["--prefer", "val/accuracy", "--metric", "val/accuracy"], "one of the two"),
    ],
)
def test_what_cannot_be_preferred_is_said_in_a_line(arguments: list[str], why: str, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["best", str(folder_of(tmp_path)), *arguments])
    assert found.exit_code == 2
    assert why in found.stderr.replace("\n", " ")
    assert "Traceback" not in found.stderr


def test_a_sweep_for_one_metric_has_nothing_to_prefer(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="the sweep is for val/accuracy alone"):
        best_trials_of(build_sweep(tmp_path, []), {"val/accuracy": 1.0})


def test_report_lists_and_pictures_speak_of_the_front(tmp_path: Path) -> None:
    sweep = load(folder_of(tmp_path))
    summary = summarise(sweep)
    said = " ".join(summary.sentences)
    assert "to maximise val/accuracy and to minimise val/log_loss." in said
    assert "The Pareto front has 2 trials: of 5 that are done none beats one of them in everything." in said
    assert "Best by val/log_loss: trial 0002 with 0.3, at val/accuracy 0.85." in said
    assert "Passed over: 0003 with 0.99 (past the constraint)." in said
    assert summary.headline is not None
    assert summary.headline.value == "2"
    page = write_report(tmp_path).read_text()
    assert "The front of val/accuracy and val/log_loss" in page
    shown = {row["trial"]: (row["val/accuracy"], row["val/log_loss"], row["best_step"]) for row in trials_of(sweep)}
    assert shown["0002"] == (0.85, 0.3, 2)


def test_the_pictures_have_the_front_and_its_hypervolume(tmp_path: Path) -> None:
    sweep = load(folder_of(tmp_path))
    info = front(sweep)
    assert info.on_front.tolist() == [True, False, True, False, False]
    assert info.ruled_out.tolist() == [False, False, False, True, False]
    assert info.stairs.tolist() == [[0.90, 0.5], [0.85, 0.5], [0.85, 0.3]]
    history = hypervolume_history(sweep)
    assert history.counts.tolist() == [True, True, True, False, True]
    assert (np.diff(history.share) >= 0).all()
    # In ranges: accuracy from 0.9 to 0.7, loss from 0.3 to 0.8; the corner lies at 1.1 of both.
    assert history.share[-1] == pytest.approx(hypervolume([(0.0, 0.4), (0.25, 0.0)], (1.1, 1.1)) / 1.1**2)


def test_the_config_of_a_sweep_and_of_its_artifact_is_the_first_of_the_front(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert (config_in(folder).lock or {})["trial"] == "0000"
    write_best(folder)
    assert (best_lock(folder) or {})["front"] == {"val/accuracy": 0.9, "val/log_loss": 0.5}


def test_driver_live_table_store_and_tracking_keep_both(tmp_path: Path) -> None:
    parameters = {"C": {"min": 0.1, "max": 10.0}}
    spec, sweep, search, store = open_sweep(
        tmp_path, metric=BOTH, parameters=parameters, run_cap=5, method="nsga2", constraint=SPEC["constraint"]
    )
    live = LiveConsole(objective=spec.metric, total=5, console=Console(file=io.StringIO(), width=200))
    histories = TrialHistories(settings_of(spec, tmp_path, "abcd", ()))
    for course in COURSES:
        work = next_work(sweep)
        assert work is not None
        live.trial_started(work.trial, work.config, resumed=False)
        for step, values in enumerate(course, start=1):
            row = Row(work.trial, step, 0.5 * step, dict(zip(NAMES, values, strict=True)))
            live.row(row)
            histories.remember({"event": "row", "row": row.document()})
            deliver(sweep, Report(work.trial, "cpu", row, step == len(course)))
        live.trial_ended(work.trial, "done", "")
        histories.remember({"event": "trial_ended", "trial": work.trial, "status": "done", "reason": ""})
    assert [record.trial for record in rank(store.records, [*spec.metric.goals.values()])] == load(tmp_path).ranked
    assert [history.trial for history in histories.front()] == ["0000", "0002"]
    summary = histories.summary("0002")
    assert (summary["best_step"], summary["best/val/accuracy"], summary["best/val/log_loss"]) == (2, 0.85, 0.3)
    drawn = Console(file=io.StringIO(), width=200, record=True)
    drawn.print(live.render())
    text = drawn.export_text()
    assert "2 on the front; best val/accuracy 0.9 in trial 0000" in text
    assert "val/log_loss" in text
    told = [trial.values for trial in search._trials.study.get_trials()]
    assert told == [list(course[-1][:2]) for course in COURSES]
    sweep.close(interrupted=False)


def test_settings_of_the_feed_are_read_in_both_forms(tmp_path: Path) -> None:
    spec = open_sweep(tmp_path, metric=BOTH, constraint=SPEC["constraint"])[0]
    layout, settings = Layout(tmp_path), settings_of(spec, tmp_path, "abcd", ())
    layout.folder.mkdir(exist_ok=True)
    layout.settings.parent.mkdir(parents=True, exist_ok=True)
    write_settings(layout, settings)
    assert read_settings(layout) == settings
    document = json.loads(layout.settings.read_text())
    (first, _), _ = document.pop("constraints"), document.pop("others")
    layout.settings.write_text(json.dumps({**document, "constraint": first}))
    assert read_settings(layout).constraints == settings.constraints[:1]
