"""Pictures of a search as a whole, by their numbers: map, parallel coordinates, importance, timeline."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.sweep_folder import FakeTrial, build_sweep, sweep_of
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from analysis.folder import load
from analysis.plots import (
    PICTURES,
    plot_importance,
    plot_parallel_coordinates,
    plot_parameter_map,
    plot_timeline,
    style,
)
from analysis.plots.curves import timeline as timeline_file
from analysis.plots.curves.timeline import timeline
from analysis.plots.parameters.importance import importance
from analysis.plots.parameters.parallel_coordinates import MAX_AXES, MAX_LINES, UNUSED, parallel_coordinates
from analysis.plots.parameters.parameter_map import CELLS, parameter_map
from analysis.results import SweepResults

LEFT = {"method": "PED-ANOVA", "trials": 20, "top": 5, "shares": {"b": 0.25, "a": 0.75}}
RATES = {"lr_g": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2}}
GAN_SPEC = {
    "model": "gan",
    "metric": {"name": "gen/frechet_pixels", "goal": "minimize"},
    "parameters": {**RATES, "lr_d": RATES["lr_g"], "d_steps": {"values": [1, 2]}},
}


def games(*trials: tuple[float, float, str, float], verdict: str = "verdict") -> SweepResults:
    """A GAN sweep: lr_g, lr_d, verdict and score a trial."""
    table = pd.DataFrame(trials, columns=["config/lr_g", "config/lr_d", verdict, "best/gen/frechet_pixels"])
    names = [f"{n:04d}" for n in range(len(table))]
    return sweep_of(table.assign(trial=names, status="done", reason="", **{"config/d_steps": 1}), spec=GAN_SPEC)


class TestParameterMap:
    corners = ((1e-4, 1e-4, "healthy", 1.0), (1e-2, 1e-2, "noise", 9.0))

    def test_a_place_belongs_to_the_majority_of_the_nearest_trials(self) -> None:
        # Twice healthy and once noise at the low end, all noise at the high one.
        trials = [*[self.corners[0]] * 2, (1e-4, 1e-4, "noise", 5.0), *[self.corners[1]] * 3]
        info = parameter_map(games(*trials), "lr_g", "lr_d")
        kind = {name: number for number, name in enumerate(info.kinds)}
        assert info.regions.shape == (CELLS, CELLS)
        assert info.regions[0, 0] == kind["healthy"]
        assert info.regions[-1, -1] == kind["noise"]
        assert info.kinds[0] == "noise"  # the commonest first

    def test_where_no_trial_is_near_nothing_is_said(self) -> None:
        info = parameter_map(games(*[self.corners[0]] * 3), "lr_g", "lr_d")
        assert info.regions[0, 0] == 0
        assert info.regions[-1, 0] == info.regions[0, -1] == info.regions[CELLS // 2, CELLS // 2] == -1

    def test_rows_are_y_and_columns_are_x(self) -> None:
        info = parameter_map(games(*[(1e-2, 1e-4, "healthy", 1.0)] * 3), "lr_g", "lr_d")
        assert (info.regions[0, -1], info.regions[-1, 0]) == (0, -1)

    def test_too_few_trials_have_no_regions(self) -> None:
        assert (parameter_map(games(*self.corners), "lr_g", "lr_d").regions == -1).all()

    def test_a_trial_that_diverged_or_was_not_judged(self) -> None:
        sweep = games(*self.corners, (1e-3, 1e-3, "", math.nan), (1e-3, 1e-2, "", math.nan))
        sweep.trials.loc[2, "reason"] = "diverged: train/loss_g is nan at step 1"
        info = parameter_map(sweep, "lr_g", "lr_d")
        assert info.verdicts == ("healthy", "noise", "diverged", "not judged")
        assert set(info.kinds) == {"healthy", "noise", "diverged"}

    def test_trials_without_one_of_the_parameters_are_left_out(self) -> None:
        info = parameter_map(games(*self.corners, (math.nan, 1e-3, "healthy", 1.0)), "lr_g", "lr_d")
        assert info.trials == ("0000", "0001")

    def test_drawn_with_verdicts_over_ratios(self) -> None:
        axes = plot_parameter_map(games(*[self.corners[0]] * 3, *[self.corners[1]] * 3), "lr_g", "lr_d").axes[0]
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert axes.get_legend_handles_labels()[1] == ["healthy", "noise", "best"]
        assert [text.get_text() for text in axes.texts] == ["G:D 1:10", "G:D 1:1", "G:D 10:1"]
        for line, ratio in zip(axes.get_lines(), (0.1, 1, 10), strict=True):
            np.testing.assert_allclose(np.divide(line.get_xdata(), line.get_ydata()), ratio)

    def test_a_mark_shows_what_was_found_beside_the_verdict(self) -> None:
        sweep = games(*[self.corners[0]] * 2, (1e-2, 1e-2, "noise", 9.0))
        sweep.trials["findings"] = ["", "", "mode_collapse 0.9; noise 0.6; blurred 0.5"]
        info = parameter_map(sweep, "lr_g", "lr_d")
        assert info.beside == ("", "", "mode_collapse")
        drawn: Any = plot_parameter_map(sweep, "lr_g", "lr_d").axes[0].collections
        at_the_corner = [marks for marks in drawn if (np.asarray(marks.get_offsets()) == (1e-2, 1e-2)).all()]
        assert [marks.get_sizes()[0] for marks in at_the_corner] == [26, 9]

    def test_drawn_with_scores_where_nothing_was_judged(self) -> None:
        figure = plot_parameter_map(games(*self.corners, (1e-3, 1e-3, "", math.nan), verdict="other"), "lr_g", "lr_d")
        axes, bar = figure.axes
        assert axes.get_legend_handles_labels()[1] == ["no score", "best"]
        assert np.asarray(axes.collections[0].get_array()).tolist() == [1.0, 9.0]
        assert bar.get_ylabel() == "gen/frechet_pixels (lower is better)"

    def test_drawn_over_categories(self) -> None:
        axes = plot_parameter_map(games(*[self.corners[0]] * 3), "d_steps", "lr_d").axes[0]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]

    def test_the_page_maps_what_mattered_most_of_what_most_trials_use(self) -> None:
        names = ["idle", "rare", "telling", "also"]
        table = pd.DataFrame({f"config/{name}": [0.1, 0.2, 0.3, 0.4] for name in names})
        table["config/rare"] = [0.1, None, None, None]
        table = table.assign(trial=list("abcd"), status="done", reason="", **{"best/m": [1.0, 2.0, 3.0, 4.0]})
        spec = {"metric": {"name": "m"}, "parameters": {name: {"min": 0.0, "max": 1.0} for name in names}}
        shares = {"rare": 0.5, "telling": 0.3, "also": 0.2, "idle": 0.0}
        sweep = dataclasses.replace(sweep_of(table, spec=spec), importance={"shares": shares})
        (picture,) = (p for p in PICTURES["Judgement"](sweep) if p.name == "map")
        assert (picture.info.x.parameter, picture.info.y.parameter) == ("telling", "also")
        assert picture.title == "telling and also"


class TestParallelCoordinates:
    def test_trials_are_the_best_first_and_lie_on_their_axes(self) -> None:
        info = parallel_coordinates(games((1e-4, 1e-2, "", 5.0), (1e-3, 1e-4, "", 1.0), (1e-2, 1e-3, "", math.nan)))
        assert info.trials == ("0001", "0000")
        assert info.score.tolist() == [1.0, 5.0]
        assert [axis.parameter for axis in info.axes] == ["lr_g", "lr_d", "d_steps"]
        np.testing.assert_allclose(info.axes[0].shares, [0.5, 0])

    def test_of_many_trials_the_best_half_is_kept_whole(self) -> None:
        info = parallel_coordinates(games(*[(1e-3, 1e-3, "", float(n)) for n in range(1000)]))
        assert (len(info.trials), info.thinned, info.top) == (MAX_LINES, 1000 - MAX_LINES, MAX_LINES // 10)
        assert info.score[: MAX_LINES // 2].tolist() == list(range(MAX_LINES // 2))
        assert info.score[-1] == 999

    def test_of_many_parameters_those_that_mattered_are_kept_in_their_order(self) -> None:
        names = [f"p{n:02d}" for n in range(MAX_AXES + 5)]
        table = pd.DataFrame({f"config/{name}": [0.1, 0.2] for name in names})
        table = table.assign(trial=["a", "b"], status="done", **{"best/m": [1.0, 2.0]})
        spec = {"metric": {"name": "m"}, "parameters": {name: {"min": 0.0, "max": 1.0} for name in names}}
        shares = dict.fromkeys(names[5:], 1.0)
        info = parallel_coordinates(dataclasses.replace(sweep_of(table, spec=spec), importance={"shares": shares}))
        assert [axis.parameter for axis in info.axes] == names[5:]
        assert info.omitted == 5

    def test_drawn(self) -> None:
        sweep = games(*[(1e-4, 1e-2, "", 5.0 - n / 10) for n in range(20)], (math.nan, 1e-4, "", 1.0))
        axes = plot_parallel_coordinates(sweep).axes[0]
        others, top, best = (
            lines.get_segments() for lines in axes.collections[:3] if isinstance(lines, LineCollection)
        )
        assert (len(others), len(top), len(best)) == (19, 1, 1)
        assert best[0][:, 1].tolist()[0] == UNUSED
        assert best[0][-1, 1] == 0  # the lowest score of all
        assert [label.get_text() for label in axes.get_xticklabels()][-1] == "gen/frechet_pixels"


class TestImportance:
    def test_what_the_search_left_largest_first(self) -> None:
        info = importance(dataclasses.replace(sweep_of(), importance=LEFT))
        assert (info.parameters, info.shares) == (("a", "b"), (0.75, 0.25))
        assert (info.method, info.trials, info.top) == ("PED-ANOVA", 20, 5)

    def test_nothing_left(self) -> None:
        assert importance(sweep_of()).parameters == ()

    def test_it_is_read_from_the_folder(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [])
        (folder / "importance.json").write_text('{"shares": {"C": 1.0}}')
        assert importance(load(folder)).parameters == ("C",)

    def test_drawn(self) -> None:
        axes = plot_importance(dataclasses.replace(sweep_of(), importance=LEFT)).axes[0]
        assert [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)] == [0.75, 0.25]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
        assert axes.yaxis_inverted()


class TestTimeline:
    def sweep(self, *trials: tuple[str, float, float]) -> SweepResults:
        """A worker, a start and an end a trial."""
        table = pd.DataFrame(trials, columns=["worker", "started", "ended"])
        return sweep_of(table.assign(trial=[f"{n:04d}" for n in range(len(table))], status="done"))

    def test_a_slot_a_lane_and_the_share_of_their_time_that_was_used(self) -> None:
        info = timeline(self.sweep(("n:1", 100, 110), ("n:2", 100, 104), ("n:2", 105, 110)))
        assert [(bar.lane, bar.start, bar.end) for bar in info.bars] == [(0, 0, 10), (1, 0, 4), (1, 5, 10)]
        assert (info.lanes, info.span) == (("n", "n"), 10)
        assert info.utilisation == pytest.approx(19 / 20)

    def test_a_new_worker_takes_a_slot_that_is_free(self) -> None:
        info = timeline(self.sweep(("n:1", 0, 5), ("n:2", 6, 10)))
        assert [bar.lane for bar in info.bars] == [0, 0]

    def test_slots_of_a_node_stand_together(self) -> None:
        info = timeline(self.sweep(("b:1", 0, 10), ("a:1", 1, 10), ("b:2", 2, 10)))
        assert info.lanes == ("a", "b", "b")
        assert [bar.lane for bar in info.bars] == [1, 0, 2]

    def test_an_interruption_is_cut_out(self) -> None:
        pause = timeline_file.PAUSE * 10
        info = timeline(self.sweep(("n:1", 0, 10), ("n:1", 10 + pause, 20 + pause)))
        assert (info.span, info.pauses, info.utilisation) == (20, (10.0,), 1.0)

    def test_trials_of_which_it_is_not_known_are_left_out(self) -> None:
        assert len(timeline(self.sweep(("n:1", 0, 10), ("", math.nan, math.nan))).bars) == 1
        assert timeline(sweep_of()).bars == ()
        assert math.isnan(timeline(sweep_of()).utilisation)

    def test_drawn(self) -> None:
        sweep = self.sweep(("a.cluster:1", 0, 10), ("b.cluster:1", 0, 100), ("b.cluster:1", 400, 410))
        sweep.trials["status"] = ["done", "failed", "failed"]
        axes = plot_timeline(sweep).axes[0]
        assert axes.get_legend_handles_labels()[1] == ["interrupted", "done", "failed"]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["a 1", "b 1"]

    def test_two_hundred_trials_are_drawn_quickly(self) -> None:
        figure = plot_timeline(self.sweep(*[("n:1", n, n + 0.9) for n in range(200)]))
        assert len(style.render(figure, "svg")) < 500_000


def test_a_real_folders_columns_are_read(tmp_path: Path) -> None:
    cells = {"worker": "n:1", "started": 10.5, "ended": 12.0}
    assert timeline(load(build_sweep(tmp_path, [FakeTrial(cells=cells)]))).span == 1.5
