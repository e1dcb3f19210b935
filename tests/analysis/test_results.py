"""Reading a sweep's folder back, whatever a kill left in it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep

from analysis.folder import load
from analysis.results import ResultsError, SweepResults
from analysis.searched import Searched, searched_parameters

GAN_SPEC = {"model": "gan", "dataset": "digits", "metric": {"name": "gen/frechet_pixels", "goal": "minimize"}}


def accuracies(*values: float, **trial: Any) -> FakeTrial:
    return FakeTrial(metrics=[{"val/accuracy": value} for value in values], **trial)


def append(folder: Path, text: str) -> None:
    with (folder / "results.jsonl").open("a") as rows:
        rows.write(text)


class TestRows:
    def test_one_row_a_trial_and_step_in_order(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [accuracies(0.1, 0.2), accuracies(0.3)]))
        assert list(zip(sweep.rows["trial"], sweep.rows["step"], strict=True)) == [
            ("0000", 1),
            ("0000", 2),
            ("0001", 1),
        ]
        assert sweep.rows["val/accuracy"].tolist() == [0.1, 0.2, 0.3]
        assert sweep.spec["model"] == "logistic_regression"
        assert sweep.manifest == {"seed": 0}

    def test_a_torn_last_line_is_left_out_and_counted(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        append(folder, '{"trial": "0000", "step": 2, "val/acc')
        sweep = load(folder)
        assert len(sweep.rows) == 1
        assert sweep.damage == (f"{folder / 'results.jsonl'}: 1 line could not be read",)

    def test_a_line_torn_in_the_middle_of_a_character(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        with (folder / "results.jsonl").open("ab") as rows:
            rows.write('{"trial": "ü'.encode()[:-1])
        assert len(load(folder).rows) == 1

    @pytest.mark.parametrize(
        "line", ["[1, 2]", "7", '{"step": 3}', '{"trial": "0000"}', '{"trial": "0", "step": null}']
    )
    def test_a_line_that_is_no_row(self, tmp_path: Path, line: str) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        append(folder, line + "\n")
        assert load(folder).damage == (f"{folder / 'results.jsonl'}: 1 line could not be read",)

    def test_of_rows_for_the_same_step_the_last_counts(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1, 0.2)])
        append(folder, json.dumps({"trial": "0000", "step": 1, "val/accuracy": 0.9}) + "\n")
        sweep = load(folder)
        assert sweep.rows["val/accuracy"].tolist() == [0.9, 0.2]
        assert sweep.trials.loc[0, "best_step"] == 1

    def test_null_and_infinity_are_nan(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1, math.nan)])
        append(folder, '{"trial": "0000", "step": 3, "val/accuracy": Infinity}\n')
        assert np.isnan(load(folder).rows["val/accuracy"]).tolist() == [False, True, True]

    def test_a_metric_that_was_never_finite_is_still_a_number(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [accuracies(math.nan, math.nan)]))
        assert sweep.rows["val/accuracy"].dtype == float
        assert sweep.best is None

    def test_words_stay_words(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        append(folder, '{"trial": "0000", "step": 2, "verdict": "healthy"}\n')
        assert load(folder).rows["verdict"].tolist()[1] == "healthy"


class TestTrials:
    def test_last_best_and_best_step_follow_the_goal(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [accuracies(0.1, 0.7, 0.7, 0.2)]))
        trial = sweep.trials.iloc[0]
        assert (trial["last/val/accuracy"], trial["best/val/accuracy"], trial["best_step"]) == (0.2, 0.7, 2)
        assert (trial["steps"], trial["seconds"]) == (4, 2.0)

    def test_every_metric_is_best_by_its_own_goal(self, tmp_path: Path) -> None:
        metrics = [{"gen/frechet_pixels": 5.0, "train/d_real": 0.9}, {"gen/frechet_pixels": 7.0, "train/d_real": 0.8}]
        sweep = load(build_sweep(tmp_path, [FakeTrial(metrics=metrics)], GAN_SPEC))
        assert sweep.trials.loc[0, "best/gen/frechet_pixels"] == 5
        assert sweep.trials.loc[0, "last/train/d_real"] == 0.8
        assert "best/train/d_real" not in sweep.trials

    def test_the_specs_goal_for_a_metric_of_the_users_own(self, tmp_path: Path) -> None:
        spec = {"metric": {"name": "val/mine", "goal": "maximize"}}
        trials = [FakeTrial(metrics=[{"val/mine": value}]) for value in (1.0, 3.0, 2.0)]
        assert load(build_sweep(tmp_path, trials, spec)).ranked == ["0001", "0002", "0000"]

    def test_a_running_sweep_whose_table_lags_behind_its_rows(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.5, status="running", config={"C": 1.0})])
        append(folder, '{"trial": "0000", "step": 2, "seconds": 1.5, "val/accuracy": 0.8}\n')
        append(folder, '{"trial": "0001", "step": 1, "seconds": 0.1, "val/accuracy": 0.6}\n')
        table = load(folder).trials.set_index("trial")
        assert table["steps"].tolist() == [2, 1]
        assert table["best/val/accuracy"].tolist() == [0.8, 0.6]
        assert table["status"].tolist() == ["running", "running"]
        assert table.loc["0000", "config/C"] == 1.0

    def test_without_the_table_the_rows_still_speak(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [accuracies(0.5, 0.6), accuracies(0.9)], table=False))
        assert sweep.trials["trial"].tolist() == ["0000", "0001"]
        assert sweep.best == "0001"

    def test_an_empty_table(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.5)])
        (folder / "trials.csv").write_text("")
        assert load(folder).best == "0000"

    def test_none_is_a_value_of_a_parameter_and_an_empty_cell_is_not(self, tmp_path: Path) -> None:
        trials = [FakeTrial({"penalty": "none", "weights": "None"}), FakeTrial({"penalty": "NA"}), FakeTrial()]
        table = load(build_sweep(tmp_path, trials)).trials
        assert table["config/penalty"].tolist()[:2] == ["none", "NA"]
        assert table["config/weights"].tolist()[0] == "None"
        assert table["config/penalty"].isna().tolist() == [False, False, True]

    def test_a_sweep_that_has_only_just_begun(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [], table=False))
        assert (len(sweep.rows), len(sweep.trials), len(sweep.media), sweep.best) == (0, 0, 0, None)


class TestVerdicts:
    JUDGED: tuple[dict[str, Any], ...] = (
        {"gen/severity": 0.9, "verdict": "noise", "evidence": ["no class"], "class_histogram": [0.5, 0.5]},
        {"gen/severity": 0.4, "verdict": "blurred", "evidence": ["soft", "dull"], "class_histogram": [0.25, 0.75]},
    )

    def test_a_trials_verdict_is_that_of_its_last_row(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [FakeTrial(metrics=self.JUDGED), FakeTrial(metrics=[{"train/loss": 1.0}])]))
        assert sweep.trials["verdict"].tolist() == ["blurred", ""]
        assert sweep.trials["evidence"].tolist() == ["soft; dull", ""]
        assert sweep.trials["best/gen/severity"].tolist()[0] == 0.4

    def test_lists_of_a_row_stay_lists(self, tmp_path: Path) -> None:
        rows = [*self.JUDGED, {"confusion": [[1, 2], [0, 3]]}]
        sweep = load(build_sweep(tmp_path, [FakeTrial(metrics=rows)]))
        assert sweep.rows["class_histogram"].tolist()[:2] == [[0.5, 0.5], [0.25, 0.75]]
        assert sweep.rows["confusion"].tolist()[2] == [[1, 2], [0, 3]]
        assert sweep.rows["evidence"].tolist()[0] == ["no class"]

    def test_the_tables_verdict_counts_where_the_last_row_has_none(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [FakeTrial(metrics=[{"train/loss": 1.0}])])
        (folder / "trials.csv").write_text("trial,status,verdict,evidence\n0000,done,noise,no class\n")
        assert load(folder).trials.loc[0, "verdict"] == "noise"


def past_constraint(sweep: SweepResults) -> set[str]:
    return {trial for trial, found in sweep.standings.items() if found.at_best and found.at_best.past_constraint}


class TestRanking:
    def test_hopeless_trials_go_behind_those_that_are_not_by_the_verdict_at_the_best_step(self, tmp_path: Path) -> None:
        def course(*steps: tuple[float, str]) -> FakeTrial:
            return FakeTrial(metrics=[{"gen/frechet_pixels": value, "verdict": verdict} for value, verdict in steps])

        trials = [
            course((1.0, "mode_collapse"), (9.0, "healthy")),
            course((2.0, "noise"), (9.0, "mode_collapse")),
            course((3.0, "healthy")),
        ]
        sweep = load(build_sweep(tmp_path, trials, GAN_SPEC))
        assert sweep.ranked == ["0001", "0002", "0000"]
        assert list(sweep.verdicts) == ["mode_collapse", "noise", "healthy"]

    def test_stopped_trials_go_before_running_ones_and_failed_ones_nowhere(self, tmp_path: Path) -> None:
        statuses = ("running", "stopped", "failed", "done")
        trials = [accuracies(0.9 - 0.1 * n, status=status) for n, status in enumerate(statuses)]
        assert load(build_sweep(tmp_path, trials)).ranked == ["0003", "0001", "0000"]

    def test_of_equal_steps_the_earliest_is_the_best(self, tmp_path: Path) -> None:
        rows = [{"gen/frechet_pixels": v, "verdict": w} for v, w in ((2.0, "noise"), (1.0, "frozen"), (1.0, "healthy"))]
        sweep = load(build_sweep(tmp_path, [FakeTrial(metrics=rows)], GAN_SPEC))
        assert (sweep.trials.loc[0, "best_step"], sweep.verdicts["0000"]) == (2, "frozen")

    def test_failed_trials_and_those_without_a_score_do_not_rank(self, tmp_path: Path) -> None:
        trials = [accuracies(0.9, status="failed"), accuracies(0.5), FakeTrial(), accuracies(math.nan), accuracies(0.6)]
        assert load(build_sweep(tmp_path, trials)).ranked == ["0004", "0001"]

    def test_done_trials_go_before_a_better_one_that_was_stopped(self, tmp_path: Path) -> None:
        trials = [accuracies(0.9, status="stopped"), accuracies(0.5)]
        assert load(build_sweep(tmp_path, trials)).ranked == ["0001", "0000"]

    def test_those_that_keep_the_constraint_go_first(self, tmp_path: Path) -> None:
        spec = {**GAN_SPEC, "constraint": {"name": "gen/severity", "max": 0.5}}
        found = [(1.0, 0.9), (2.0, 0.2), (3.0, 0.5), (0.5, 0.6)]
        trials = [FakeTrial(metrics=[{"gen/frechet_pixels": v, "gen/severity": s}]) for v, s in found]
        sweep = load(build_sweep(tmp_path, trials, spec))
        assert sweep.ranked == ["0001", "0002", "0003", "0000"]
        assert past_constraint(sweep) == {"0000", "0003"}

    def test_the_constraint_looks_at_the_best_step(self, tmp_path: Path) -> None:
        spec = {**GAN_SPEC, "constraint": {"name": "val/mine", "min": 3.0}}
        rows = [{"gen/frechet_pixels": 1.0, "val/mine": 2.0}, {"gen/frechet_pixels": 2.0, "val/mine": 4.0}]
        assert past_constraint(load(build_sweep(tmp_path, [FakeTrial(metrics=rows)], spec))) == {"0000"}

    def test_of_equal_trials_the_earlier_one_wins(self, tmp_path: Path) -> None:
        assert load(build_sweep(tmp_path, [accuracies(0.5)] * 40)).best == "0000"

    def test_lower_is_better_where_the_goal_says_so(self, tmp_path: Path) -> None:
        trials = [FakeTrial(metrics=[{"gen/frechet_pixels": value}]) for value in (3.0, 1.0, 2.0)]
        sweep = load(build_sweep(tmp_path, trials, GAN_SPEC))
        assert sweep.best == "0001"
        assert sweep.score("0001") == 1.0


class TestMedia:
    def test_by_trial_name_and_step(self, tmp_path: Path) -> None:
        trials = [accuracies(0.1, 0.2, media={"samples": b"a", "weight_maps": b"b"})]
        folder = build_sweep(tmp_path, trials)
        (folder / "media" / "0000" / "notes.png").write_bytes(b"not ours")
        media = load(folder).media
        assert media[["trial", "step", "name"]].values.tolist() == [["0000", 2, "samples"], ["0000", 2, "weight_maps"]]
        assert media["path"].tolist()[0].read_bytes() == b"a"


class TestFolders:
    def test_no_such_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ResultsError, match="no such folder"):
            load(tmp_path / "nowhere")

    def test_a_folder_that_is_no_sweep_names_one_inside(self, tmp_path: Path) -> None:
        inside = build_sweep(tmp_path / "sweep-1", [])
        with pytest.raises(ResultsError, match="no sweep's folder") as caught:
            load(tmp_path)
        assert str(caught.value).endswith(f"did you mean {inside}?")

    @pytest.mark.parametrize("content", ['{"a": [1,', "[1, 2]"])
    def test_a_damaged_spec_is_named_in_one_line(self, tmp_path: Path, content: str) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        (folder / "spec.yaml").write_text(content)
        with pytest.raises(ResultsError, match=r"spec\.yaml: damaged") as caught:
            load(folder)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("name", ["manifest.json", "importance.json"])
    @pytest.mark.parametrize("content", ['{"a": [1,', "[1, 2]", ""])
    def test_a_damaged_document_costs_itself_alone(self, tmp_path: Path, name: str, content: str) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        (folder / name).write_text(content)
        found = load(folder)
        assert found.best == "0000"
        assert [line.split(":")[0] for line in found.damage] == [str(folder / name)]

    def test_a_table_of_something_else_costs_itself_alone(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [accuracies(0.1)])
        (folder / "trials.csv").write_text("a,b\n1,2\n")
        found = load(folder)
        assert found.best == "0000"
        assert "no table with a column 'trial'" in found.damage[0]


class TestSearchedParameters:
    def test_open_parameters_of_the_spec_with_their_scale(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, []))
        assert searched_parameters(sweep) == [
            Searched("C", log=True, bounds=(1e-4, 1e3)),
            Searched("penalty", choices=("l1", "l2", "none")),
            Searched("l1_ratio", bounds=(0, 1)),
        ]

    def test_exponents_are_not_taken_for_bounds(self, tmp_path: Path) -> None:
        spec = {**CLASSIFIER_SPEC, "parameters": {"C": {"distribution": "log_uniform", "min": -4, "max": 3}}}
        assert searched_parameters(load(build_sweep(tmp_path, [], spec))) == [Searched("C", log=True)]

    def test_a_constant_is_not_searched(self, tmp_path: Path) -> None:
        spec = {**CLASSIFIER_SPEC, "parameters": {"C": {"value": 1}, "tol": {"values": [0.1]}}}
        assert searched_parameters(load(build_sweep(tmp_path, [], spec))) == []

    def test_without_a_spec_what_differs_between_trials(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [FakeTrial({"C": 1, "tol": 2}), FakeTrial({"C": 3, "tol": 2})])
        (folder / "spec.yaml").unlink()
        assert searched_parameters(load(folder)) == [Searched("C")]
