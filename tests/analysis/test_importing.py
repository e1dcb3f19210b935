"""Results of ours, of any Ray Tune experiment and of W&B's exports, read as one kind of table."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.command import environment, sweeps
from helpers.nodes import Nodes
from helpers.repository import REPOSITORY
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep
from matplotlib.figure import Figure

import analysis
from analysis import plots
from analysis.report import write_report
from analysis.results import ResultsError


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory, nodes: Nodes) -> Path:
    """The folder of a real Ray Tune experiment: two trials of three steps, one that fails after its first."""
    folder = tmp_path_factory.mktemp("ray")
    command = [sys.executable, str(REPOSITORY / "tests" / "helpers" / "ray_experiment.py"), str(folder), nodes.address]
    env = environment(RAY_USAGE_STATS_ENABLED="0", RAY_CHDIR_TO_TRIAL_DIR="0")
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert (folder / "experiment").is_dir(), done.stderr
    return folder / "experiment"


def test_damaged_lines_of_a_ray_trial_cost_themselves_alone(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "params.json").write_text('{"lr": 0.1}')
    good = [json.dumps({"training_iteration": step, "loss": 1 / step, "trial_id": "a"}) for step in (1, 2)]
    (tmp_path / "trial" / "result.json").write_text("\n".join([good[0], "[1]", good[1], '{"los']), encoding="utf-8-sig")
    assert list(analysis.load(tmp_path)["loss"]) == [1, 0.5]


@pytest.mark.ray
class TestRayTune:
    @pytest.mark.slow
    def test_a_row_for_each_report(self, experiment: Path) -> None:
        table = analysis.load(experiment)
        columns = ["trial", "step", "status", "seconds", "loss", "eval/acc"]
        assert list(table) == [*columns, "config/layers", "config/lr", "config/net/width"]
        assert table.groupby("config/lr")["loss"].apply(list).to_dict() == {
            0.01: [1.01, 0.51, pytest.approx(0.01 + 1 / 3)],
            0.1: [1.1, 0.6, pytest.approx(0.1 + 1 / 3)],
            0.9: [1.9],
        }
        assert dict(table.groupby("config/lr")["status"].last()) == {0.01: "done", 0.1: "done", 0.9: "failed"}
        assert set(table["config/layers"]) == {"[4, 8]"}

    def test_its_metric_and_its_errors_are_found(self, experiment: Path) -> None:
        sweep = analysis.read(experiment)
        assert (sweep.objective, sweep.spec["name"]) == ("loss", "experiment")
        table = sweep.trials.set_index("config/lr")
        assert sweep.best is not None
        assert sweep.best == dict(table["trial"])[0.01]
        assert dict(table["reason"])[0.9] == "ValueError: lr is too high"
        assert analysis.read(experiment, metric="eval/acc", goal="maximize").score(sweep.best) == 0.75

    def test_progress_csv_does_where_there_is_no_json(self, experiment: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(experiment, tmp_path / "copy")
        for file in copy.glob("*/result.json"):
            file.unlink()
        pd.testing.assert_frame_equal(analysis.load(copy), analysis.load(experiment))

    def test_a_torn_line_and_a_missing_state_cost_nothing_else(self, experiment: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(experiment, tmp_path / "copy")
        next(copy.glob("experiment_state-*.json")).unlink()
        for file in copy.glob("*/result.json"):
            file.write_text(file.read_text() + '{"loss": 0.')
        table = analysis.load(copy)
        assert len(table) == len(analysis.load(experiment))
        assert dict(table.groupby("config/lr")["status"].last()) == {0.01: "running", 0.1: "running", 0.9: "failed"}

    def test_the_folder_above_is_told_where_to_look(self, experiment: Path) -> None:
        with pytest.raises(ResultsError, match=r"give one of them, such as .*experiment"):
            analysis.read(experiment.parent)

    def test_every_picture_takes_one_call(self, experiment: Path) -> None:
        sweep = analysis.read(experiment)
        more: dict[str, tuple[Any, ...]] = {
            "plot_parameter_map": ("lr", "net/width"),
            "plot_metric_vs_parameter": ("lr",),
        }
        several = {"plot_budget", "plot_comparison", "plot_fold_accuracies", "plot_overlay"}
        calls = [name for name in plots.__all__ if name.startswith("plot_")]
        assert several < set(calls)
        for name in calls:
            given = [sweep] if name in several else sweep
            assert isinstance(getattr(plots, name)(given, *more.get(name, ())), Figure), name

    def test_the_guide_runs_as_it_stands(
        self, experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gan_of(tmp_path / "sweep-results" / "digits_gan")
        shutil.copytree(experiment, tmp_path / "ray_results" / "experiment")
        monkeypatch.chdir(tmp_path)
        guide = (REPOSITORY / "docs" / "analysis.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
        assert len(blocks) > 5
        exec("\n".join(blocks), {})
        assert (tmp_path / "loss_by_lr.svg").is_file()
        assert (tmp_path / "sweep-results" / "digits_gan" / "report.html").is_file()
        named = {name for name in plots.__all__ if name.startswith("plot_")}
        assert named == {word for word in re.findall(r"plot_\w+", guide) if word in named}


def gan_of(folder: Path) -> Path:
    def row(frechet: float, verdict: str) -> dict[str, Any]:
        return {"gen/frechet": frechet, "train/loss_g": 0.7, "train/loss_d": 1.3, "verdict": verdict}

    trials = [
        FakeTrial({"lr_g": 10.0**-n, "lr_d": 0.01}, [row(50.0, "noise"), row(10.0 * n, "healthy")]) for n in (2, 3, 4)
    ]
    rate = {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2}
    metric = {"name": "gen/frechet", "goal": "minimize"}
    return build_sweep(folder, trials, {"model": "gan", "metric": metric, "parameters": {"lr_g": rate, "lr_d": rate}})


class TestOurs:
    def test_a_trial_without_a_step_has_a_row(self, tmp_path: Path) -> None:
        trials = [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}, {"val/accuracy": 0.7}]), FakeTrial({"C": 2.0})]
        table = analysis.load(build_sweep(tmp_path, trials))
        assert table[["trial", "step", "val/accuracy", "config/C"]].astype(object).values.tolist()[:2] == [
            ["0000", 1, 0.5, 1.0],
            ["0000", 2, 0.7, 1.0],
        ]
        assert table["step"].isna().tolist() == [False, False, True]
        assert table["config/C"].tolist() == [1.0, 1.0, 2.0]

    def test_another_metric_ranks_anew(self, tmp_path: Path) -> None:
        trials = [FakeTrial({"C": c}, [{"val/accuracy": c, "val/log_loss": c}]) for c in (0.1, 0.2)]
        build_sweep(tmp_path, trials, CLASSIFIER_SPEC)
        (tmp_path / "importance.json").write_text(json.dumps({"shares": {"C": 1.0}}))
        assert analysis.read(tmp_path).best == "0001"
        other = analysis.read(tmp_path, metric="val/log_loss")
        assert (other.best, other.goal, other.importance) == ("0000", "minimize", {})


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


class TestWandb:
    def test_the_guides_table_of_runs(self, tmp_path: Path) -> None:
        """As the guide's loop over `wandb.Api().runs` writes it: dictionaries as Python prints them."""
        runs = pd.DataFrame(
            {
                "summary": [{"val": {"accuracy": 0.9}, "_step": 7, "_runtime": 12.5, "x": float("nan")}, {}],
                "config": [{"C": 1.0, "net": {"width": 8}}, {"C": 2.0, "net": {"width": 16}}],
                "name": ["swift-tree-1", "calm-sea-2"],
            }
        )
        runs.to_csv(tmp_path / "project.csv")
        table = analysis.load(tmp_path / "project.csv")
        assert table["trial"].tolist() == ["calm-sea-2", "swift-tree-1"]
        last = table.set_index("trial").loc["swift-tree-1"]
        assert (last["step"], last["seconds"], last["val.accuracy"]) == (7, 12.5, 0.9)
        assert table["config/net.width"].tolist() == [16, 8]

    def test_the_table_of_a_page(self, tmp_path: Path) -> None:
        head = '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","_step","val/accuracy"'
        lines = [
            head,
            '"a","finished","-","me","","2026-01-01T00:00:00.000Z","12","","0.1","3","0.5"',
            '"a","crashed","-","me","","2026-01-01T00:00:00.000Z","5","","0.2","1",""',
        ]
        table = analysis.load(written(tmp_path / "export.csv", "\n".join(lines)))
        assert table["trial"].tolist() == ["a (1)", "a (2)"]
        assert table["status"].tolist() == ["done", "failed"]
        assert table["config/lr"].tolist() == [0.1, 0.2]
        assert [name for name in table.columns if name.startswith("config/")] == ["config/lr"]
        assert table["val/accuracy"].tolist()[0] == 0.5

    @pytest.mark.parametrize("head", ['"Name","lr","val/accuracy"', '"Name","Created","lr","val/accuracy"'])
    def test_the_table_of_a_page_without_its_state(self, tmp_path: Path, head: str) -> None:
        created = '"2026-01-01T00:00:00.000Z",' if "Created" in head else ""
        lines = [head, f'"a",{created}"0.1","0.5"', f'"b",{created}"0.2",""']
        file = written(tmp_path / "wandb_export_2026-01-01T00_00_00.csv", "\n".join(lines))
        for path in (file, tmp_path):
            table = analysis.load(path)
            assert table[["trial", "status", "config/lr"]].values.tolist() == [["a", "done", 0.1], ["b", "done", 0.2]]
            assert table["val/accuracy"].tolist()[0] == 0.5

    def test_runs_with_their_histories(self, tmp_path: Path) -> None:
        runs = [{"id": "r1", "name": "one", "state": "finished", "config": {"lr": 0.1}, "summary": {"loss": 0.2}}]
        written(tmp_path / "runs.json", json.dumps(runs))
        history = pd.DataFrame({"_step": [0, 1], "_runtime": [1.0, 2.0], "_timestamp": [5, 6], "loss": [0.5, 0.2]})
        history.to_csv(tmp_path / "r1.csv")  # as run.history().to_csv() does, with the index
        table = analysis.load(tmp_path)
        assert list(table) == ["trial", "step", "status", "seconds", "loss", "config/lr"]
        assert table[["trial", "step", "seconds", "loss", "config/lr"]].values.tolist() == [
            ["one", 0, 1.0, 0.5, 0.1],
            ["one", 1, 2.0, 0.2, 0.1],
        ]

    def test_histories_of_several_runs_in_one_file(self, tmp_path: Path) -> None:
        rows = [{"run_id": run, "_step": step, "loss": float(step)} for run in ("r1", "r2") for step in (1, 2)]
        text = "\n".join(json.dumps(row) for row in rows)
        table = analysis.load(written(tmp_path / "histories.jsonl", text))
        assert table.groupby("trial")["loss"].apply(list).to_dict() == {"r1": [1.0, 2.0], "r2": [1.0, 2.0]}

    def test_a_byte_order_mark_costs_nothing(self, tmp_path: Path) -> None:
        text = "".join(json.dumps({"run": "calm", "_step": step, "loss": 1 / (1 + step)}) + "\n" for step in range(2))
        (tmp_path / "runs.jsonl").write_text(text, encoding="utf-8-sig")
        assert list(analysis.load(tmp_path / "runs.jsonl")["loss"]) == [1, 0.5]

    def test_the_data_of_a_chart(self, tmp_path: Path) -> None:
        text = (
            '"Step","one - loss","one - loss__MIN","one - loss__MAX","two - loss"\n1,0.5,0.5,0.5,0.6\n2,0.4,0.4,0.4,\n'
        )
        table = analysis.load(written(tmp_path / "chart.csv", text))
        assert table[["trial", "step", "loss"]].values.tolist() == [["one", 1, 0.5], ["one", 2, 0.4], ["two", 1, 0.6]]

    def test_the_data_of_a_chart_over_relative_time(self, tmp_path: Path) -> None:
        """Ten points within four seconds are ten rows, of the run's own steps where the export has them."""
        head = '"Relative Time (Process)","one - _step","one - _step__MIN","one - loss","two - loss"'
        lines = [f"{n * 0.4},{n * 100},{n * 100},{n / 10},{n}" for n in range(10)]
        table = analysis.load(written(tmp_path / "chart.csv", "\n".join([head, *lines])))
        by_trial = dict(iter(table.groupby("trial")))
        assert by_trial["one"]["step"].tolist() == [n * 100 for n in range(10)]
        assert by_trial["one"]["loss"].tolist() == pytest.approx([n / 10 for n in range(10)])
        assert by_trial["two"]["step"].tolist() == list(range(1, 11))
        assert by_trial["two"]["seconds"].tolist() == pytest.approx([n * 0.4 for n in range(10)])

    @pytest.mark.parametrize(
        "times",
        [
            ["2026-01-01T10:00:00.000Z", "2026-01-01T10:00:30.500Z"],
            ["2026-01-01 10:00:00", "2026-01-01 10:00:30.5"],
            ["1767261600000", "1767261630500"],
            ["1767261600", "1767261630.5"],
        ],
    )
    def test_the_data_of_a_chart_over_wall_time(self, tmp_path: Path, times: list[str]) -> None:
        lines = ['"Wall Time","one - loss"', f"{times[0]},0.5", f"{times[1]},0.4"]
        table = analysis.load(written(tmp_path / "chart.csv", "\n".join(lines)))
        assert table[["step", "seconds", "loss"]].values.tolist() == [[1, 0.0, 0.5], [2, 30.5, 0.4]]

    def test_the_data_of_a_chart_over_an_axis_that_repeats(self, tmp_path: Path) -> None:
        text = '"epoch","one - loss"\n0,0.5\n0,0.4\n1,0.3\n'
        table = analysis.load(written(tmp_path / "chart.csv", text))
        assert table[["step", "loss"]].values.tolist() == [[1, 0.5], [2, 0.4], [3, 0.3]]

    def test_its_runs_are_drawn(self, tmp_path: Path) -> None:
        runs = [{"name": str(n), "config": {"lr": n / 10}, "summary": {"loss": n}} for n in range(1, 5)]
        sweep = analysis.read(written(tmp_path / "runs.json", json.dumps(runs)), metric="loss", goal="maximize")
        assert sweep.best == "4"
        axes = plots.plot_metric_vs_parameter(sweep, "lr").axes[0]
        assert axes.get_xlabel() == "lr"

    @pytest.mark.parametrize(
        ("name", "text", "says"),
        [
            ("a.csv", "x,y\n1,2\n", "nothing that W&B exports; valid: a table of runs"),
            ("a.json", "[{", "damaged"),
            ("a.json", '[{"name": "a", "config": "what", "summary": {}}]', "no table of names and values: what"),
            ("a.txt", "hello", "nothing that W&B exports"),
            ("a.csv", "Wall Time,one - loss\nyesterday,1\n", "Wall Time is neither a number nor a time: yesterday"),
        ],
    )
    def test_what_is_no_export_is_said_in_one_line(self, tmp_path: Path, name: str, text: str, says: str) -> None:
        with pytest.raises(ResultsError, match=says) as error:
            analysis.load(written(tmp_path / name, text))
        assert "\n" not in str(error.value)


def test_nothing_is_said_to_be_nothing(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no such folder"):
        analysis.load(tmp_path / "nowhere.csv")
    with pytest.raises(ResultsError, match="no sweep's folder"):
        analysis.load(tmp_path)


def test_results_of_others_are_compared_and_reported_by_the_metric_that_is_said(tmp_path: Path) -> None:
    for trial, lr in (("a", 0.1), ("b", 0.2)):
        reports = [{"loss": lr / step, "training_iteration": step, "trial_id": trial} for step in (1, 2)]
        written(tmp_path / "ray" / trial / "params.json", json.dumps({"lr": lr}))
        written(tmp_path / "ray" / trial / "result.json", "\n".join(map(json.dumps, reports)))
    runs = [{"name": str(n), "config": {"lr": n / 10}, "summary": {"loss": n}} for n in range(1, 4)]
    exported = written(tmp_path / "runs.json", json.dumps(runs))
    found = sweeps("compare", "ray", "runs.json", "--metric", "loss", "--json", folder=tmp_path)
    assert [(row["metric"], row["score"]) for row in json.loads(found.stdout)] == [("loss", 0.05), ("loss", 1.0)]
    refused = sweeps("compare", "ray", folder=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--metric, of those there are: loss" in refused.stderr
    assert write_report(tmp_path / "ray", metric="loss") == tmp_path / "ray" / "report.html"
    page = write_report(exported, metric="loss", goal="maximize")
    assert page == tmp_path / "runs-report" / "report.html"
    assert "sweeps resume" not in page.read_text()
