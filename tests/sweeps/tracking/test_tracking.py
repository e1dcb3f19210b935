"""What a sweep leaves for W&B, recorded offline by the real client and read back from the files it leaves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers.tracked import TrackedSweep, config_of, histories, logged_out, of_kind, steps_of, summary_of

from sweeps.tracking.wandb_files import unsynced

FINDINGS = [{"verdict": "mode_collapse", "strength": 0.9}, {"verdict": "noise", "strength": 0.6}]
WORDS: dict[str, Any] = {"evidence": ["two classes", "no dog"], "extractor": "digits"}
JUDGED = {"verdict": "mode_collapse", "findings": FINDINGS, **WORDS}


class Recorded(NamedTuple):
    """A finished sweep's folder, and what was said at its end."""

    folder: Path
    said: list[str]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Trials 0000 stopped, 0001 failed, 0002 judged, 0003 with pictures; one session serves all tests."""
    folder, said = tmp_path_factory.mktemp("recorded") / "sweep", list[str]()
    folder.mkdir()
    with logged_out(folder.parent / "home"):
        sweep = TrackedSweep(folder, said, group="first looks")
        sweep.feed("0000", range(1, 5))
        sweep.feed("0001", range(1, 5))
        sweep.row("0000", 5, accuracy=0.01)
        sweep.row("0001", 6)
        sweep.done("0000", "stopped", "below the median")
        sweep.done("0001", "failed", "diverged at step 6")
        sweep.start("0002")
        sweep.row("0002", 1, class_histogram=[0.9, 0.1], **{**JUDGED, "verdict": "healthy"})
        sweep.row("0002", 2, class_histogram=[1.0, 0.0], confusion=[[3, 1], [0, 4]], **JUDGED)
        sweep.done("0002")
        sweep.start("0003")
        for step in (1, 2):
            sweep.row("0003", step, accuracy=0.9, **{"sys/memory_mib": 300.0 + step, "val/log_loss": step / 2})
            sweep.media("0003", step, "samples", grey=step)
        sweep.done("0003")
        sweep.end(report=True)
        yield Recorded(folder, said)


def test_a_trial_is_a_run_with_its_config_steps_and_end(recorded: Recorded) -> None:
    folder = recorded.folder
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]
    assert steps_of(folder, "0001") == [1, 2, 3, 4, 6]
    run = of_kind(folder, "0000", "run")[0]
    assert (run.project, run.run_group, run.job_type, run.notes) == ("tests", "first looks", "trial", "a note")
    assert (run.display_name, run.host is not None) == ("sweep-0000", True)
    assert list(run.tags) == ["logistic_regression", "digits", "nightly"]
    config = config_of(folder, "0000")
    given = {"C": 0.5, "penalty": "l2", "model": "logistic_regression", "trial": "0000", "sweep": "5eed"}
    assert given.items() <= config.items()
    assert config["tol"] == 1e-4  # the model's own default comes first
    summary = summary_of(folder, "0000")
    assert (summary["status"], summary["reason"], summary["steps"]) == ("stopped", "below the median", 5)
    assert (summary["best/val/accuracy"], summary["best_step"]) == (0.04, 4)
    assert summary["val/accuracy"] == {"max": 0.04, "last": 0.01}
    assert [of_kind(folder, trial, "exit")[0].exit_code for trial in ("0000", "0001")] == [0, 1]


def test_metrics_are_charted_over_steps_and_the_better_way_is_declared(recorded: Recorded) -> None:
    declared = {metric.name: metric for metric in of_kind(recorded.folder, "0003", "metric")}
    assert {"seconds", "sys/memory_mib", "val/accuracy", "val/log_loss", "train/loss"} <= declared.keys()
    assert {metric.step_metric for name, metric in declared.items() if name != "step"} == {"step"}
    assert (declared["val/accuracy"].summary.max, declared["val/log_loss"].summary.min) == (True, True)
    logged = histories(recorded.folder, "0003")
    assert [line["step"] for line in logged] == [1, 2]
    assert [line["sys/memory_mib"] for line in logged] == [301, 302]
    assert summary_of(recorded.folder, "0003")["val/log_loss"] == {"min": 0.5, "last": 1}


def test_what_is_said_beside_numbers_becomes_charts_tags_and_summary(recorded: Recorded) -> None:
    first, second = histories(recorded.folder, "0002")
    assert (first["class_histogram"]["values"], first["class_histogram"]["bins"]) == ([0.9, 0.1], [0, 1, 2])
    assert second["class_histogram"]["values"] == [1, 0]
    files = (recorded.folder / "wandb").glob("*-5eed-0002/files/media/plotly/*.json")
    (chart,) = (json.loads(file.read_text()) for file in files)
    assert (chart["data"][0]["z"], chart["data"][0]["x"]) == ([[3, 1], [0, 4]], ["cat", "dog"])
    assert ("confusion" in first, "confusion" in second) == (False, True)
    summary = summary_of(recorded.folder, "0002")
    assert (summary["verdict"], summary["evidence"]) == ("mode_collapse", "two classes; no dog")
    assert summary["findings"] == "mode_collapse 0.90; noise 0.60"
    assert {"done", "mode_collapse", "noise"} <= set(of_kind(recorded.folder, "0002", "run")[-1].tags)
    assert "stopped" in of_kind(recorded.folder, "0000", "run")[-1].tags


def test_pictures_arrive_at_their_step(recorded: Recorded) -> None:
    assert [(line["_step"], "media/samples" in line) for line in histories(recorded.folder, "0003")] == [
        (1, True),
        (2, True),
    ]
    assert len(list((recorded.folder / "wandb").glob("*-5eed-0003/files/media/images/media/samples_*.png"))) == 2


def test_the_sweep_itself_is_a_run(recorded: Recorded) -> None:
    folder = recorded.folder
    run = of_kind(folder, "sweep", "run")[-1]
    assert (run.run_id, run.job_type, run.run_group, run.display_name) == (
        "5eed-sweep",
        "sweep",
        "first looks",
        "sweep",
    )
    assert "done" in run.tags
    lines = histories(folder, "sweep")
    assert [line["_step"] for line in lines] == [2, 4, 6, 8, 9]
    assert [line["trials ended"] for line in lines] == [1, 2, 3, 4, 4]
    assert [line.get("sweep/best") for line in lines] == [None, None, 0.02, 0.9, None]
    assert [line.get("sweep/failed") for line in lines] == [0, 1, 1, 1, None]
    summary = summary_of(folder, "sweep")
    assert (summary["best/trial"], summary["best/val/accuracy"]) == ("0003", 0.9)
    assert (summary["sweep/failed"], summary["verdict/mode_collapse"]) == (1, 1)


def test_what_came_of_the_sweep_is_logged_to_its_run(recorded: Recorded) -> None:
    logged = histories(recorded.folder, "sweep")[-1]
    assert {"trials", "parallel_coordinates", "report"} <= logged.keys()
    figures = {f"figures/{file.stem}" for file in (recorded.folder / "figures").glob("*.png")}
    assert figures
    assert figures <= logged.keys()
    files = recorded.folder / "wandb"
    (table,) = (json.loads(file.read_text()) for file in files.glob("*-5eed-sweep/files/media/table/*.json"))
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert [row["trial"] for row in rows] == ["0003", "0002", "0000", "0001"]
    assert [row["verdict"] for row in rows] == ["", "mode_collapse", "", ""]
    assert (rows[0]["C"], rows[0]["best/val/accuracy"], rows[3]["reason"]) == (0.5, 0.9, "diverged at step 6")
    assert [row["picture"] is not None for row in rows] == [True, False, False, False]
    (page,) = files.glob("*-5eed-sweep/files/media/html/*.html")
    assert page.read_bytes() == (recorded.folder / "report.html").read_bytes()


def test_the_best_config_is_an_artifact_of_its_trials_run(recorded: Recorded) -> None:
    (artifact,) = of_kind(recorded.folder, "0003", "artifact")
    assert (artifact.name, artifact.type, set(artifact.aliases)) == ("best-config", "config", {"latest", "sweep"})
    assert [entry.path for entry in artifact.manifest.contents] == ["best.yaml"]
    assert json.loads(artifact.metadata)["trial"] == "0003"
    assert "C:" in (recorded.folder / "wandb" / "best-config" / "best.yaml").read_text()


def test_what_collapsed_and_the_end_are_alerts(recorded: Recorded) -> None:
    alerts = [(alert.title, alert.text) for alert in of_kind(recorded.folder, "sweep", "alert")]
    assert alerts == [
        ("sweep: mode collapse", "trial 0002: two classes; no dog"),
        (
            "sweep: is over",
            "4 trials: 2 done, 1 stopped, 1 failed, 1 mode_collapse; best: trial 0003, val/accuracy 0.9",
        ),
    ]


def test_at_the_end_the_command_that_uploads_it_is_said(recorded: Recorded) -> None:
    waiting = {file.stem for file in unsynced(recorded.folder / "wandb")}
    assert waiting == {f"run-5eed-{trial}" for trial in ("0000", "0001", "0002", "0003", "sweep")}
    assert recorded.said == [
        f"W&B: 5 runs are recorded offline; upload them with: sweeps sync {recorded.folder}",
    ]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a sweep of 14 trials: three failed, and the best score is of 0013, which collapsed."""
    folder = tmp_path_factory.mktemp("troubled") / "sweep"
    folder.mkdir()
    searched = {"C": {"min": 0.1, "max": 1.0}, "tol": {"min": 1e-4, "max": 1e-2}}
    with logged_out(folder.parent / "home"):
        sweep = TrackedSweep(folder, parameters=searched, alert_failure_rate=0.5)
        for number in range(14):
            trial, collapsed = f"{number:04d}", {**JUDGED, "verdict": "frozen"}
            sweep.start(trial)
            sweep.row(trial, 1, accuracy=number / 20, **(collapsed if number == 13 else {}))
            sweep.done(trial, *(("failed", f"reason {number}") if number < 3 else ("done", "")))
        sweep.end()
        yield folder


@pytest.mark.slow
def test_more_failures_than_the_spec_allows_are_one_alert(troubled: Path) -> None:
    alerts = [(alert.title, alert.text) for alert in of_kind(troubled, "sweep", "alert")]
    assert alerts[0] == ("sweep: many trials fail", "3 of 5, the last: reason 2")
    assert [title for title, _ in alerts[1:]] == ["sweep: frozen", "sweep: is over"]


def test_the_best_is_none_that_has_collapsed(troubled: Path) -> None:
    summary = summary_of(troubled, "sweep")
    assert (summary["best/trial"], summary["best/val/accuracy"]) == ("0012", 0.6)
    (artifact,) = of_kind(troubled, "0012", "artifact")
    assert json.loads(artifact.metadata)["val/accuracy"] == 0.6
    assert of_kind(troubled, "sweep", "alert")[-1].text.endswith("best: trial 0012, val/accuracy 0.6")


def test_importance_and_parallel_coordinates_are_charts(troubled: Path) -> None:
    files = (troubled / "wandb").glob("*-5eed-sweep/files/media/plotly/*.json")
    charts = {file.name.split("_")[0]: json.loads(file.read_text())["data"][0] for file in files}
    shares = json.loads((troubled / "importance.json").read_text())["shares"]
    assert charts.keys() == {"importance", "parallel"}
    assert dict(zip(charts["importance"]["y"], charts["importance"]["x"], strict=True)) == shares
    assert shares.keys() == {"C", "tol"}
    assert {d["label"] for d in charts["parallel"]["dimensions"]} >= {"C", "tol"}


@pytest.mark.slow
def test_another_programs_run_in_the_environment_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, said = tmp_path / "sweep", list[str]()
    folder.mkdir()
    with logged_out(tmp_path / "home"):
        for name, value in {
            **{"RUN_ID": "theirs", "RUN_NAME": "theirs", "NAME": "theirs", "JOB_TYPE": "theirs", "RESUME": "must"},
            **{"SWEEP_ID": "theirs", "SWEEP_PARAM_PATH": "/nowhere", "CONFIG_PATHS": "/nowhere", "LAUNCH": "true"},
            **{"FORK_FROM": "theirs?_step=1", "RESUME_FROM": "theirs?_step=1", "REINIT": "return_previous"},
        }.items():
            monkeypatch.setenv(f"WANDB_{name}", value)
        monkeypatch.setenv("TRAINING_JOB_NAME", "theirs")  # SageMaker's
        sweep = TrackedSweep(folder, said)
        sweep.feed("0000", range(1, 4))
        sweep.done("0000")
        sweep.end()
    assert "recorded offline" in said[0]
    assert steps_of(folder, "0000") == [1, 2, 3]
    run = of_kind(folder, "0000", "run")[0]
    assert (run.run_id, run.display_name, run.job_type, run.sweep_id) == ("5eed-0000", "sweep-0000", "trial", "")
