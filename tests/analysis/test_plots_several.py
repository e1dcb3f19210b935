"""Pictures of several sweeps together, by their numbers."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sweep_folder import FakeTrial, build_sweep

from analysis.folder import load
from analysis.plots import COMPARISONS, plot_budget, plot_comparison, plot_fold_accuracies, style
from analysis.plots.curves.budget import budget
from analysis.plots.curves.comparison import HEADER, comparison
from analysis.plots.curves.fold_accuracies import fold_accuracies
from analysis.results import SweepResults


def sweep(
    folder: Path, *trials: FakeTrial, name: str = "", metric: str = "val/accuracy", goal: str = "maximize"
) -> SweepResults:
    spec = {"model": "m", "dataset": "d", "metric": {"name": metric, "goal": goal}, "name": name}
    return load(build_sweep(folder, trials, spec))


def accuracies(*values: float, **trial: Any) -> FakeTrial:
    return FakeTrial(metrics=[{"val/accuracy": value} for value in values], **trial)


class TestComparison:
    def test_time_quality_and_convergence_are_of_the_best_trial(self, tmp_path: Path) -> None:
        row = comparison([sweep(tmp_path, accuracies(0.1, 0.2), accuracies(0.0, 0.5, 0.96, 1.0))])[0]
        assert (row.name, row.trials, row.metric, row.score) == ("m on d", 2, "val/accuracy", 1.0)
        # Half a second of training a step; 0.96 is 95 % of the way from 0 to 1.
        assert (row.seconds, row.converged, row.total) == (2.0, 1.5, 3.0)

    def test_convergence_of_a_metric_to_be_minimised(self, tmp_path: Path) -> None:
        trial = FakeTrial(metrics=[{"gen/x": value} for value in (10.0, 1.2, 1.0, 5.0)])
        assert comparison([sweep(tmp_path, trial, metric="gen/x", goal="minimize")])[0].converged == 1.0

    def test_collapse_rate_is_of_the_trials_that_were_judged(self, tmp_path: Path) -> None:
        trials = [
            FakeTrial(metrics=[{"val/accuracy": 0.5, "verdict": verdict}])
            for verdict in ("healthy", "mode_collapse", "low_diversity", "noise")
        ]
        row = comparison([sweep(tmp_path, *trials, FakeTrial())])[0]
        assert row.collapse_rate == 0.5
        assert "1 mode collapse" in row.remarks[-1]

    def test_failures_and_stops_are_remarks(self, tmp_path: Path) -> None:
        failed = FakeTrial(status="failed", reason="diverged at step 1")
        row = comparison([sweep(tmp_path, failed, failed, accuracies(0.1, status="stopped"), accuracies(0.5))])[0]
        assert row.remarks == ("2 failed (diverged at step 1)", "1 stopped early")

    def test_a_sweep_without_a_trial(self, tmp_path: Path) -> None:
        row = comparison([sweep(tmp_path)])[0]
        assert math.isnan(row.score)
        assert len(row.cells) == len(HEADER)

    def test_the_spread_over_replicates_is_shown(self, tmp_path: Path) -> None:
        trial = FakeTrial(metrics=[{"val/accuracy": 0.5, "val/accuracy_std": 0.125}])
        assert comparison([sweep(tmp_path, trial)])[0].cells[3] == "0.5 ± 0.12"

    def test_sweeps_of_one_name_are_told_apart(self, tmp_path: Path) -> None:
        made = [sweep(tmp_path / "one"), sweep(tmp_path / "two"), sweep(tmp_path / "three", name="own")]
        assert [row.name for row in comparison(made)] == ["m on d (one)", "m on d (two)", "own"]

    def test_drawn(self, tmp_path: Path) -> None:
        axes = plot_comparison([sweep(tmp_path, accuracies(0.5))]).axes[0]
        words = [text.get_text() for text in axes.texts]
        assert words[: len(HEADER)] == list(HEADER)
        assert "m on d" in words


class TestBudget:
    def test_best_so_far_by_the_training_time_of_all_trials(self, tmp_path: Path) -> None:
        info = budget([sweep(tmp_path, accuracies(0.1), accuracies(0.3, 0.2), accuracies(0.2))])[0]
        assert info.sweeps[0].seconds.tolist() == [0.5, 1.5, 2.0]
        assert info.sweeps[0].best.tolist() == [0.1, 0.3, 0.3]

    def test_objectives_do_not_share_a_picture(self, tmp_path: Path) -> None:
        other = sweep(tmp_path / "b", FakeTrial(metrics=[{"gen/x": 1.0}]), metric="gen/x", goal="minimize")
        made = [sweep(tmp_path / "a", accuracies(0.1)), other, sweep(tmp_path / "c", accuracies(0.2))]
        assert [[s.name for s in info.sweeps] for info in budget(made)] == [
            ["m on d (a)", "m on d (c)"],
            ["m on d (b)"],
        ]

    def test_a_sweep_without_a_score_is_left_out(self, tmp_path: Path) -> None:
        assert budget([sweep(tmp_path, FakeTrial(status="failed"))])[0].sweeps == ()

    def test_drawn(self, tmp_path: Path) -> None:
        figure = plot_budget([sweep(tmp_path / n, accuracies(0.1), accuracies(0.3)) for n in ("a", "b")])
        assert figure.axes[0].get_legend_handles_labels()[1] == ["m on d (a)", "m on d (b)"]


class TestFolds:
    def folds(self, folder: Path, *accuracies: float, name: str = "") -> SweepResults:
        rows = [{"cv/fold_accuracy": value, "cv/accuracy": value} for value in accuracies]
        return sweep(folder, FakeTrial(metrics=rows), name=name, metric="cv/accuracy")

    def test_the_folds_of_each_sweeps_best_trial_the_best_mean_first(self, tmp_path: Path) -> None:
        made = [self.folds(tmp_path / "a", 0.5, 0.7, name="a"), self.folds(tmp_path / "b", 0.8, 0.9, 1.0, name="b")]
        info = fold_accuracies([*made, sweep(tmp_path / "c", accuracies(0.9))])
        assert [(folds.name, folds.trial, folds.accuracies.tolist()) for folds in info] == [
            ("b", "0000", [0.8, 0.9, 1.0]),
            ("a", "0000", [0.5, 0.7]),
        ]
        assert (info[0].mean, info[0].deviation) == pytest.approx((0.9, 0.1))
        assert math.isnan(fold_accuracies([self.folds(tmp_path / "d", 0.5)])[0].deviation)

    def test_drawn_with_means_beside(self, tmp_path: Path) -> None:
        axes = plot_fold_accuracies([self.folds(tmp_path, 0.6, 0.8, 1.0, name="a")]).axes[0]
        assert np.asarray(axes.collections[0].get_offsets())[:, 0].tolist() == [0.6, 0.8, 1.0]
        assert [text.get_text() for text in axes.texts] == ["0.800 ± 0.200"]
        assert axes.get_xlim()[0] < 0.6
        assert axes.get_xlim()[1] > 1.0


@pytest.mark.parametrize("count", [1, 9])
def test_every_picture_of_several_sweeps_draws(tmp_path: Path, count: int) -> None:
    sweeps = [sweep(tmp_path / str(n), accuracies(0.1, 0.2), accuracies(0.3)) for n in range(count)]
    pictures = [picture for draw in COMPARISONS.values() for picture in draw(sweeps)]
    assert [picture.name for picture in pictures] == ["comparison", "budget_val_accuracy"]
    assert all(style.render(picture.figure(), "svg") for picture in pictures)
