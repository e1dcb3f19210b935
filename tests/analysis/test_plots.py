"""Pictures by their numbers, and by what the drawn axes say."""

import io
import math
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep, sweep_of
from matplotlib.collections import LineCollection
from PIL import Image

from analysis.folder import load
from analysis.media import decode_grid, encode_grid, encode_weight_maps
from analysis.metrics import Goal
from analysis.plots import PICTURES, plot_history, plot_loss_curves, plot_metric_vs_parameter, scales, style
from analysis.plots.curves.history import history
from analysis.plots.curves.loss_curves import MAX_CURVES, MAX_POINTS, draw_loss_curves, loss_curves
from analysis.plots.parameters.metric_vs_parameter import metric_vs_parameter
from analysis.plots.parameters.parameter_axis import ParameterAxis, parameter_axis
from analysis.results import SweepResults
from analysis.searched import Searched


def losses(statuses: dict[str, str] | None = None, best: str | None = None, **trials: list[float]) -> SweepResults:
    """A sweep whose rows are of metric "loss", one list of values a trial; its objective is 1 for `best` alone."""
    table = [(name, step, value) for name, values in trials.items() for step, value in enumerate(values, start=1)]
    status = [(statuses or {}).get(name, "done") for name in trials]
    scores = [1.0 if name == best else math.nan for name in trials]
    return sweep_of(
        pd.DataFrame({"trial": list(trials), "status": status, "best/val/accuracy": scores}),
        pd.DataFrame(table, columns=["trial", "step", "loss"]),
        {"metric": {"name": "val/accuracy"}},
    )


def scored(
    values: Sequence[Any], scores: list[float], statuses: list[str] | None = None, goal: str = "minimize", **domain: Any
) -> SweepResults:
    """A sweep of one parameter p, searched in `domain`, and its objective m."""
    trials = pd.DataFrame(
        {
            "trial": [f"{i:04d}" for i in range(len(values))],
            "status": statuses or ["done"] * len(values),
            "config/p": values,
            "best/m": scores,
        }
    )
    return sweep_of(trials, spec={"metric": {"name": "m", "goal": goal}, "parameters": {"p": domain}})


def replicated() -> SweepResults:
    """Two trials of three steps with train, validation and the spread of two replicates; both best at step 2."""
    rows = [
        {
            "trial": name,
            "step": step,
            "val/accuracy": value,
            "val/accuracy_std": 0.01 * step,
            "train/accuracy": 1 - value,
        }
        for name, values in {"a": [0.5, 0.7, 0.6], "b": [0.4, 0.6, 0.1]}.items()
        for step, value in enumerate(values, start=1)
    ]
    trials = pd.DataFrame({"trial": ["a", "b"], "status": ["done", "done"], "config/C": [1.0, 10.0]})
    trials = trials.assign(**{"best/val/accuracy": [0.7, 0.6], "best_step": [2.0, 2.0]})
    return sweep_of(trials, pd.DataFrame(rows), CLASSIFIER_SPEC)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


class TestLossCurves:
    def test_one_curve_a_trial_with_its_gaps(self) -> None:
        info = loss_curves(losses(a=[3, math.nan, 1], b=[2], statuses={"b": "failed"}, best="a"), "loss")
        assert [(curve.trial, curve.status) for curve in info.curves] == [("a", "done"), ("b", "failed")]
        np.testing.assert_array_equal(info.curves[0].values, [3, math.nan, 1])
        np.testing.assert_array_equal(info.curves[0].steps, [1, 2, 3])
        assert (info.best, info.omitted) == ("a", 0)

    def test_a_trial_without_a_finite_value_has_no_curve(self) -> None:
        info = loss_curves(losses(a=[math.nan], b=[1.0], best="a"), "loss")
        assert [curve.trial for curve in info.curves] == ["b"]
        assert info.best is None

    def test_a_metric_nobody_reported(self) -> None:
        assert loss_curves(losses(a=[1.0]), "other").curves == ()

    def test_the_spread_over_replicates_is_the_best_curves_band(self) -> None:
        info = loss_curves(replicated())
        assert info.curves[0].spread.tolist() == pytest.approx([0.01, 0.02, 0.03])
        band = np.asarray(style.figure(draw_loss_curves, info).axes[0].collections[0].get_paths()[0].vertices)
        assert band[:, 1].max() == pytest.approx(0.72)

    def test_many_trials_are_thinned_and_the_best_is_kept(self) -> None:
        info = loss_curves(losses(None, "t0777", **{f"t{i:04d}": [1.0] for i in range(1000)}), "loss")
        assert len(info.curves) <= MAX_CURVES
        assert info.omitted == 1000 - len(info.curves)
        assert info.best == "t0777"

    def test_long_curves_are_thinned_and_keep_both_ends(self) -> None:
        curve = loss_curves(losses(a=list(range(5000))), "loss").curves[0]
        assert len(curve.steps) == MAX_POINTS
        assert (curve.steps[0], curve.steps[-1]) == (1, 5000)

    def test_drawn(self) -> None:
        sweep = losses(a=[3.0, 1.0], b=[2.0], c=[1.0, 5000.0], statuses={"b": "failed", "c": "stopped"}, best="a")
        axes = plot_loss_curves(sweep, "loss").axes[0]
        assert axes.get_yscale() == "log"
        assert axes.get_legend_handles_labels()[1] == ["best", "stopped", "failed"]
        assert [len(np.asarray(line.get_xdata())) for line in axes.get_lines()] == [
            1,
            2,
            2,
        ]  # the best is drawn last, on top

    def test_drawn_without_a_curve(self) -> None:
        assert plot_loss_curves(losses(), "loss").axes[0].get_lines() == []


class TestParameterAxis:
    def axis(self, values: Sequence[Any] | pd.Series, **searched: Any) -> ParameterAxis:
        return parameter_axis(pd.DataFrame({"config/p": values}), Searched("p", **searched))

    def test_numbers_keep_their_values(self) -> None:
        axis = self.axis([0.1, 10.0])
        assert (axis.categories, axis.scale, axis.places.tolist()) == ((), "linear", [0.1, 10.0])

    def test_log_where_searched_in_log(self) -> None:
        assert self.axis([0.1, 10.0], log=True).scale == "log"

    def test_a_zero_in_a_log_parameter_is_not_hidden(self) -> None:
        assert self.axis([0.0, 10.0], log=True).scale == "linear"

    def test_categories_in_the_order_of_the_spec_also_when_never_tried(self) -> None:
        axis = self.axis(["none", "l2"], choices=("l2", "l1", "none"))
        assert (axis.categories, axis.places.tolist()) == (("l2", "l1", "none"), [2, 0])

    def test_words_without_a_spec_are_categories(self) -> None:
        axis = self.axis(["b", "a", "b"])
        assert (axis.categories, axis.places.tolist()) == (("a", "b"), [1, 0, 1])

    def test_a_list_of_numbers_is_categories_in_order_of_size(self) -> None:
        axis = self.axis([128.0, 32.0, None], choices=(128, 32, 64))
        assert axis.categories == ("32", "64", "128")
        np.testing.assert_array_equal(axis.places, [2, 0, math.nan])
        assert axis.active.tolist() == [True, True, False]

    def test_a_list_of_numbers_over_orders_of_magnitude_is_a_range(self) -> None:
        axis = self.axis([0.1, 10.0], choices=(0.01, 0.1, 1, 10, 100))
        assert (axis.scale, axis.categories, axis.bounds) == ("log", (), (0.01, 100))
        assert self.axis([1, 16], choices=(1, 2, 4, 8, 16)).categories == ("1", "2", "4", "8", "16")

    def test_a_long_list_of_numbers_is_a_range(self) -> None:
        assert self.axis([5, 7], choices=tuple(range(100))).categories == ()

    def test_booleans(self) -> None:
        axis = self.axis([True, False], choices=(False, True))
        assert (axis.categories, axis.places.tolist()) == (("false", "true"), [1, 0])

    def test_null_that_may_be_chosen_is_a_category(self) -> None:
        axis = self.axis(pd.Series(["balanced", None], dtype=object), choices=(None, "balanced"))
        assert (axis.categories, axis.places.tolist()) == (("null", "balanced"), [1, 0])

    @pytest.mark.parametrize(
        ("values", "searched", "ends", "shares"),
        [
            ([1.0, 10.0, None], {"log": True, "bounds": (0.1, 1000.0)}, (0.1, 1000), [0.25, 0.5, math.nan]),
            ([2.0, 3.0], {}, (2, 3), [0, 1]),
            ([5.0, 5.0], {}, (5, 5), [0.5, 0.5]),
            (["c", "a"], {"choices": ("a", "b", "c")}, (0, 2), [1, 0]),
            ([math.nan, math.nan], {}, (0, 1), [math.nan, math.nan]),
        ],
    )
    def test_shares_of_the_way(
        self,
        values: Sequence[Any] | pd.Series,
        searched: dict[str, Any],
        ends: tuple[float, float],
        shares: list[float],
    ) -> None:
        axis = self.axis(values, **searched)
        assert axis.range == ends
        np.testing.assert_allclose(axis.shares, shares)

    def test_values_of_every_type_are_told_apart(self) -> None:
        values = ["001", 1, "true", True, None, "null", "", "1.0", 2.5, "scale", math.nan]
        axis = self.axis(pd.Series(values, dtype=object), choices=("scale", 1, None))
        there = ["scale", "1", "null", '"001"', '"true"', "true", '"null"', '""', '"1.0"', "2.5"]
        assert set(axis.categories) == set(there)
        assert [axis.categories[int(place)] for place in axis.places[:-1]] == [
            *('"001"', "1", '"true"', "true", "null", '"null"', '""', '"1.0"', "2.5", "scale")
        ]
        assert axis.active.tolist() == [True] * 10 + [False]

    def test_a_parameter_nobody_has(self) -> None:
        assert not parameter_axis(pd.DataFrame({"trial": ["0000"]}), "other").active.any()


class TestMetricVsParameter:
    def test_scores_are_those_of_the_best_step_with_spread_and_train(self) -> None:
        info = metric_vs_parameter(replicated(), "C")
        assert (info.metric, info.goal, info.best, info.axis.scale) == ("val/accuracy", "maximize", "a", "log")
        assert info.score.tolist() == [0.7, 0.6]
        assert info.spread.tolist() == [0.02, 0.02]
        assert (info.train_metric, info.train.tolist()) == ("train/accuracy", pytest.approx([0.3, 0.4]))

    def test_any_pair(self) -> None:
        info = metric_vs_parameter(replicated(), "C", "train/accuracy")
        assert (info.score.tolist(), info.goal) == (pytest.approx([0.3, 0.4]), "maximize")
        assert (info.train_metric, bool(np.isnan(info.train).all())) == (None, True)

    def test_a_metric_nobody_has(self) -> None:
        assert np.isnan(metric_vs_parameter(scored([1.0], [1]), "p", "other").score).all()

    def test_drawn_with_train_and_error_bars(self) -> None:
        axes = plot_metric_vs_parameter(replicated(), "C").axes[0]
        assert axes.get_legend_handles_labels()[1] == ["train/accuracy", "done", "best"]
        bars = next(c for c in axes.collections if isinstance(c, LineCollection))
        assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [
            pytest.approx([0.68, 0.72]),
            pytest.approx([0.58, 0.62]),
        ]

    def test_drawn_marks_by_status(self) -> None:
        statuses = ["done", "stopped", "failed", "failed", "done"]
        sweep = scored([1.0, 2, 3, 4, 5], [1, 2, 3, math.nan, 5], statuses, "maximize")
        axes = plot_metric_vs_parameter(sweep, "p").axes[0]
        assert axes.get_legend_handles_labels()[1] == ["done", "stopped", "failed", "best"]
        assert axes.get_ylabel() == "m (higher is better)"
        assert np.asarray(axes.collections[-1].get_offsets()).tolist() == [[4.0, 0.02]]

    @pytest.mark.parametrize(("distribution", "bounds"), [("uniform", (0, 50)), ("log_uniform_values", (1e-3, 1e3))])
    def test_drawn_over_all_that_was_searched(self, distribution: str, bounds: tuple[float, float]) -> None:
        low, high = bounds
        axes = plot_metric_vs_parameter(
            scored([2.0, 3.0], [1.0, 2.0], distribution=distribution, min=low, max=high), "p"
        ).axes[0]
        left, right = axes.get_xlim()
        assert left < low
        assert right > high
        assert axes.get_ylim() == pytest.approx((0.95, 2.05), abs=0.02)

    def test_drawn_medians_of_categories(self) -> None:
        axes = plot_metric_vs_parameter(scored(["a", "a", "a", "b"], [1, 2, 9, 5]), "p").axes[0]
        (medians,) = (c for c in axes.collections if isinstance(c, LineCollection))
        assert medians.get_segments()[0][:, 1].tolist() == [2, 2]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]

    def test_drawn_without_a_trial(self) -> None:
        assert plot_metric_vs_parameter(scored([], []), "p").axes[0].get_legend() is None


class TestHistory:
    def test_the_best_so_far_is_of_trials_that_are_done(self) -> None:
        statuses = ["done", "stopped", "failed", "done", "done"]
        info = history(scored([0] * 5, [3.0, 1.0, 0.5, math.nan, 2.0], statuses))
        assert info.best_so_far.tolist() == [3, 3, 3, 3, 2]
        assert info.best == "0004"

    def test_the_best_so_far_follows_the_goal_and_starts_with_the_first_score(self) -> None:
        info = history(scored([0] * 4, [math.nan, 1.0, 0.5, 2.0], goal="maximize"))
        np.testing.assert_array_equal(info.best_so_far, [math.nan, 1, 1, 2])

    def test_while_none_is_done_those_that_run_count(self) -> None:
        assert history(scored([0, 0], [3.0, 2.0], ["running", "failed"])).best_so_far.tolist() == [3, 3]

    def test_drawn(self) -> None:
        axes = plot_history(scored([0] * 3, [3.0, 1.0, 2.0], ["done", "stopped", "done"])).axes[0]
        assert np.asarray(axes.get_lines()[0].get_ydata()).tolist() == [3, 3, 2]
        assert axes.get_legend_handles_labels()[1] == ["best so far", "done", "stopped", "best"]


class TestStyle:
    @pytest.mark.parametrize(
        ("values", "goal", "scale"),
        [
            ([1, 2, 3], "minimize", "linear"),
            ([0.01, 5], "minimize", "log"),
            ([0.001, 0.9], "maximize", "linear"),
            ([-1, 0, 1, 2, *[0] * 50, 9999], None, "symlog"),
            ([-1, 1], None, "linear"),
            ([0.1, 0.95, 0.97, 0.98], "maximize", "near_one"),
            ([0.1, 0.95, 0.97, 1.5], "maximize", "linear"),
            ([0.5, 0.6, 0.7, 0.95], "maximize", "linear"),
            ([5], None, "linear"),
            ([], None, "linear"),
        ],
    )
    def test_scale(self, values: Sequence[Any] | pd.Series, goal: Goal | None, scale: scales.Scale) -> None:
        assert scales.value_scale(np.array(values, dtype=float), goal) == scale

    @pytest.mark.parametrize("scale", ["linear", "log", "symlog", "near_one"])
    def test_every_scale_draws(self, scale: scales.Scale) -> None:
        figure, axes = style.new_axes()
        values = np.array([0.1, 0.98, 1.0] if scale == "near_one" else [1.0, 2.0, 1e6])
        axes.plot(values)
        scales.set_y_scale(axes, scale, values)
        assert style.render(figure, "png").startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("scale", "values", "middle"),
        [
            ("linear", [1, 3, 5], 0.5),
            ("log", [1, 10, 100], 0.5),
            ("linear", [2, 2, 2], 0.5),
            ("symlog", [0, 1, 2], 0.5),
        ],
    )
    def test_shares_of_the_way_along_a_scale(self, scale: scales.Scale, values: list[int], middle: float) -> None:
        shares = scales.shares(np.array(values, dtype=float), scale)
        assert shares[1] == pytest.approx(middle, abs=0.1)
        if values[0] < values[2]:
            assert shares[[0, 2]].tolist() == [0, 1]

    def test_accuracies_are_stretched_towards_one_and_back(self) -> None:
        values = np.array([0, 0.5, 0.9, 0.99, 1.0])
        stretched = scales.towards_one(values)
        assert (np.diff(stretched) > 0.29).all()
        np.testing.assert_allclose(scales.away_from_one(stretched), values, atol=1e-12)

    @pytest.mark.parametrize("values", [[0.5, 0.97, 1.0], [0.955, 0.98, 0.9826], [0.981, 0.9826]])
    def test_accuracies_have_ticks_however_near_they_lie(self, values: list[float]) -> None:
        _, axes = style.new_axes()
        axes.plot(values)
        scales.set_y_scale(axes, "near_one", np.array(values))
        low, high = axes.get_ylim()
        assert 2 <= sum(low <= tick <= high for tick in axes.get_yticks()) <= 8

    @pytest.mark.parametrize("name", ["$x_{", r"a\$b", "<b>&amp;", "two\nlines", "x" * 500, "学习率", "", "a%s{}"])
    def test_any_name_can_be_a_label(self, name: str) -> None:
        figure, axes = style.new_axes()
        style.set_labels(axes, name, style.with_goal(name, "maximize"))
        assert b"</svg>" in style.render(figure, "svg")

    @pytest.mark.parametrize("name", ["../../etc/passwd", "<script>", "a b/c", "", "..", "学习率"])
    def test_a_files_name_stays_in_its_folder(self, name: str) -> None:
        assert set(style.file_name(name)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
        assert style.file_name(name).strip("._")

    def test_a_picture_for_a_page_takes_its_colours_from_the_pages_mood(self) -> None:
        figure, _ = style.new_axes()
        light = style.render(figure, "svg")
        assert f"fill: {style.PAPER}".encode() in light
        head, rules, drawn = re.split(rb"<style>(.*?)</style>", style.themed(light), maxsplit=1)
        assert not any(color.encode() in head + drawn for color in style.DARK)
        before, dark = rules.split(b"@media(prefers-color-scheme:dark)")
        assert all(color.encode() in before for color in style.DARK)
        assert all(color.encode() in dark for color in style.DARK.values())

    def test_colours_and_partners_are_distinct(self) -> None:
        assert len({*style.DARK, *style.DARK.values()}) == 2 * len(style.DARK)


class TestPictures:
    def sweep(self, folder: Path, count: int = 3) -> SweepResults:
        made = [
            FakeTrial({"C": 10.0**i, "penalty": "l2"}, [{"val/accuracy": 0.1 * i, "train/loss": 1.0}])
            for i in range(count)
        ]
        return load(build_sweep(folder, made))

    def names(self, sweep: SweepResults) -> list[str]:
        return [picture.name for draw in PICTURES.values() for picture in draw(sweep)]

    def test_those_that_apply_and_no_others(self, tmp_path: Path) -> None:
        curves = ["curves_train_loss", "curves_val_accuracy"]
        parameters = ["parameter_00_C", "parameter_01_penalty"]
        assert self.names(self.sweep(tmp_path / "a")) == ["history", "parallel", "map", *curves, *parameters]
        assert self.names(self.sweep(tmp_path / "b", count=1)) == curves

    def test_the_same_bytes_every_time_also_from_a_thread(self, tmp_path: Path) -> None:
        sweep, found = self.sweep(tmp_path), []

        def draw() -> None:
            pictures = [picture for draw in PICTURES.values() for picture in draw(sweep)]
            found.append([style.render(picture.figure(), "svg") for picture in pictures])

        draw()
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join()
        assert found[0] == found[1]


class TestGrid:
    def test_every_pixel_becomes_a_square_of_its_grey(self) -> None:
        image = np.array([[-1, 0], [1, np.nan]], dtype=np.float32).reshape(1, 1, 2, 2)
        got = pixels(encode_grid(image))
        assert got.shape == (2 * 2 + 48, 2 * 2 + 48)
        assert [got[3, 3], got[3, -4], got[-4, 3], got[-4, -4]] == [0, 128, 255, 0]

    def test_order_is_by_row_and_missing_tiles_are_white(self) -> None:
        levels = np.linspace(-1, 0.5, 5, dtype=np.float32).reshape(5, 1, 1, 1) * np.ones((1, 1, 48, 48), np.float32)
        got = pixels(encode_grid(levels))[26::50, 26::50]
        assert got.tolist() == [[0, 48, 96], [143, 191, 255]]

    def test_columns(self) -> None:
        assert pixels(encode_grid(np.zeros((6, 1, 48, 48)), columns=6)).shape == (52, 302)

    def test_colour(self) -> None:
        red = np.full((1, 3, 48, 48), -1, dtype=np.float32)
        red[:, 0] = 1
        assert pixels(encode_grid(red))[10, 10].tolist() == [255, 0, 0]

    def test_out_of_range_is_cut(self) -> None:
        assert pixels(encode_grid(np.full((1, 1, 48, 48), np.inf)))[10, 10] == 255

    @pytest.mark.parametrize("shape", [(0, 1, 8, 8), (4, 2, 8, 8), (8, 8), (4, 8, 8)])
    def test_no_images(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="shape"):
            encode_grid(np.zeros(shape))


class TestDecode:
    @pytest.mark.parametrize(("shape", "columns"), [((7, 1, 5, 8), 3), ((6, 3, 48, 48), None), ((1, 1, 60, 50), 4)])
    def test_what_was_encoded(self, shape: tuple[int, ...], columns: int | None) -> None:
        images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
        grid = decode_grid(encode_grid(images, columns, ["a", "b"]))
        factor = grid.tiles.shape[1] // shape[2]
        assert grid.names == ("a", "b")
        assert len(grid.tiles) == shape[0]
        assert grid.rows * grid.columns >= shape[0]
        small = grid.tiles[:, ::factor, ::factor].transpose(0, 3, 1, 2)
        np.testing.assert_array_equal(small, np.round((images + 1) * 127.5))

    def test_any_other_picture_is_one_tile(self) -> None:
        grid = decode_grid(encode_weight_maps(np.ones((3, 1, 8, 8)), ["a", "b", "c"]))
        assert (len(grid.tiles), grid.columns, grid.tiles.shape[3]) == (1, 1, 3)

    def test_no_picture(self) -> None:
        with pytest.raises(ValueError, match="no picture"):
            decode_grid(b"torn")


class TestWeightMaps:
    def test_blue_below_zero_white_at_zero_red_above(self) -> None:
        maps = np.zeros((3, 1, 84, 84))
        maps[0], maps[2] = -2, 2
        got = pixels(encode_weight_maps(maps, ["a", "b", "c"])).astype(int)
        below, zero, above = (got[60, 6 + i * 90 + 40] for i in range(3))
        assert below[2] > below[0] + 50
        assert zero.tolist() == [247, 247, 247]
        assert above[0] > above[2] + 50

    def test_scale_is_shared_by_all_classes(self) -> None:
        maps = np.stack([np.full((1, 84, 84), 0.1), np.full((1, 84, 84), 1.0)])
        got = pixels(encode_weight_maps(maps, ["weak", "strong"])).astype(int)
        assert got[60, 46].sum() > got[60, 136].sum() + 100

    @pytest.mark.parametrize(
        "maps", [np.zeros((2, 1, 8, 8)), np.full((2, 3, 8, 8), np.nan), np.full((2, 1, 1, 1), 1e9)]
    )
    def test_degenerate_weights_are_still_a_picture(self, maps: np.ndarray) -> None:
        assert pixels(encode_weight_maps(maps, ["a very long name of a class", ""])).ndim == 3

    def test_one_name_a_class(self) -> None:
        with pytest.raises(ValueError, match="2 weight maps need as many names, not 1"):
            encode_weight_maps(np.zeros((2, 1, 8, 8)), ["a"])
