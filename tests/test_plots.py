"""Pictures by their numbers, and by what the drawn axes say."""

import io
import math
import threading

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sweep_folder import FakeTrial, build_sweep

from analysis.media import encode_grid, encode_weight_maps
from analysis.plots import PICTURES, style
from analysis.plots.loss_curves import MAX_CURVES, MAX_POINTS, draw_loss_curves, loss_curves
from analysis.plots.metric_vs_parameter import draw_metric_vs_parameter, metric_vs_parameter
from analysis.results import load
from analysis.searched import Searched


def rows(**trials: list[float]) -> pd.DataFrame:
    """Rows of metric "loss", one list of values a trial."""
    table = [(name, step, value) for name, values in trials.items() for step, value in enumerate(values, start=1)]
    return pd.DataFrame(table, columns=["trial", "step", "loss"])


def trials(values: list, scores: list[float], statuses: list[str] | None = None) -> pd.DataFrame:
    """A table of trials with one parameter p and its metric."""
    return pd.DataFrame(
        {
            "trial": [f"{i:04d}" for i in range(len(values))],
            "status": statuses or ["done"] * len(values),
            "config/p": values,
            "best/m": scores,
        }
    )


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


class TestLossCurves:
    def test_one_curve_a_trial_with_its_gaps(self):
        info = loss_curves(rows(a=[3, math.nan, 1], b=[2]), "loss", statuses={"b": "failed"}, best="a")
        assert [(curve.trial, curve.status) for curve in info.curves] == [("a", "done"), ("b", "failed")]
        np.testing.assert_array_equal(info.curves[0].values, [3, math.nan, 1])
        np.testing.assert_array_equal(info.curves[0].steps, [1, 2, 3])
        assert (info.best, info.omitted) == ("a", 0)

    def test_a_trial_without_a_finite_value_has_no_curve(self):
        info = loss_curves(rows(a=[math.nan], b=[1.0]), "loss", best="a")
        assert [curve.trial for curve in info.curves] == ["b"]
        assert info.best is None

    def test_a_metric_nobody_reported(self):
        assert loss_curves(rows(a=[1.0]), "other").curves == ()

    def test_many_trials_are_thinned_and_the_best_is_kept(self):
        info = loss_curves(rows(**{f"t{i:04d}": [1.0] for i in range(1000)}), "loss", best="t0777")
        assert len(info.curves) <= MAX_CURVES
        assert info.omitted == 1000 - len(info.curves)
        assert info.best == "t0777"

    def test_long_curves_are_thinned_and_keep_both_ends(self):
        curve = loss_curves(rows(a=list(range(5000))), "loss").curves[0]
        assert len(curve.steps) == MAX_POINTS
        assert (curve.steps[0], curve.steps[-1]) == (1, 5000)

    def test_drawn(self):
        statuses = {"b": "failed", "c": "stopped"}
        info = loss_curves(rows(a=[3.0, 1.0], b=[2.0], c=[1.0, 5000.0]), "loss", statuses=statuses, best="a")
        _, axes = style.new_axes()
        draw_loss_curves(axes, info)
        assert axes.get_yscale() == "log"
        assert axes.get_legend_handles_labels()[1] == ["best", "stopped", "failed"]
        assert [len(line.get_xdata()) for line in axes.get_lines()] == [1, 2, 2]  # the best is drawn last, on top

    def test_drawn_without_a_curve(self):
        _, axes = style.new_axes()
        draw_loss_curves(axes, loss_curves(rows(), "loss"))
        assert axes.get_lines() == []


class TestMetricVsParameter:
    def test_numbers_keep_their_values(self):
        info = metric_vs_parameter(trials([0.1, 10.0], [1.0, 2.0]), "p", "m", best="0001")
        assert (info.categories, info.x_scale, info.best) == ((), "linear", "0001")
        assert info.x.tolist() == [0.1, 10.0]
        assert info.score.tolist() == [1.0, 2.0]

    def test_log_where_searched_in_log(self):
        assert metric_vs_parameter(trials([0.1, 10.0], [1, 2]), Searched("p", log=True), "m").x_scale == "log"

    def test_a_zero_in_a_log_parameter_is_not_hidden(self):
        assert metric_vs_parameter(trials([0.0, 10.0], [1, 2]), Searched("p", log=True), "m").x_scale == "linear"

    def test_categories_in_the_order_of_the_spec_also_when_never_tried(self):
        searched = Searched("p", choices=("l2", "l1", "none"))
        info = metric_vs_parameter(trials(["none", "l2"], [1, 2]), searched, "m")
        assert info.categories == ("l2", "l1", "none")
        assert info.x.tolist() == [2, 0]

    def test_words_without_a_spec_are_categories(self):
        info = metric_vs_parameter(trials(["b", "a", "b"], [1, 2, 3]), "p", "m")
        assert info.categories == ("a", "b")
        assert info.x.tolist() == [1, 0, 1]

    def test_a_list_of_numbers_is_categories_in_order_of_size(self):
        info = metric_vs_parameter(trials([128.0, 32.0, None], [1, 2, 3]), Searched("p", choices=(128, 32, 64)), "m")
        assert info.categories == ("32", "64", "128")
        assert info.x.tolist() == [2, 0]
        assert info.inactive == 1

    def test_a_long_list_of_numbers_is_a_range(self):
        choices = tuple(range(100))
        assert metric_vs_parameter(trials([5, 7], [1, 2]), Searched("p", choices=choices), "m").categories == ()

    @pytest.mark.parametrize("values", [[True, False], ["True", "False"]])
    def test_booleans(self, values):
        info = metric_vs_parameter(trials(values, [1, 2]), Searched("p", choices=(False, True)), "m")
        assert info.categories == ("false", "true")
        assert info.x.tolist() == [1, 0]

    def test_null_that_may_be_chosen_is_a_category(self):
        info = metric_vs_parameter(trials(["balanced", None], [1, 2]), Searched("p", choices=(None, "balanced")), "m")
        assert info.categories == ("null", "balanced")
        assert (info.x.tolist(), info.inactive) == ([1, 0], 0)

    def test_trials_without_the_parameter_are_counted_not_drawn(self):
        info = metric_vs_parameter(trials([1.0, None, 3.0], [1, 2, 3]), "p", "m", best="0001")
        assert (info.trials, info.inactive, info.best) == (("0000", "0002"), 1, None)

    def test_a_parameter_or_metric_nobody_has(self):
        assert metric_vs_parameter(trials([1.0], [1]), "other", "m").trials == ()
        assert np.isnan(metric_vs_parameter(trials([1.0], [1]), "p", "other").score).all()

    def test_drawn_marks_by_status(self):
        table = trials([1.0, 2, 3, 4, 5], [1, 2, 3, math.nan, 5], ["done", "stopped", "failed", "failed", "done"])
        _, axes = style.new_axes()
        draw_metric_vs_parameter(axes, metric_vs_parameter(table, "p", "m", goal="maximize", best="0004"))
        assert axes.get_legend_handles_labels()[1] == ["done", "stopped", "failed", "best"]
        assert axes.get_ylabel() == "m (higher is better)"
        floor = axes.collections[-1].get_offsets()
        assert floor.tolist() == [[4.0, 0.02]]

    @pytest.mark.parametrize(("log", "bounds"), [(False, (0, 50)), (True, (1e-3, 1e3))])
    def test_drawn_over_all_that_was_searched(self, log, bounds):
        _, axes = style.new_axes()
        searched = Searched("p", log=log, bounds=bounds)
        draw_metric_vs_parameter(axes, metric_vs_parameter(trials([2.0, 3.0], [1.0, 2.0]), searched, "m"))
        low, high = axes.get_xlim()
        assert low < bounds[0]
        assert high > bounds[1]
        assert axes.get_ylim() == pytest.approx((0.95, 2.05), abs=0.02)

    def test_drawn_medians_of_categories(self):
        table = trials(["a", "a", "a", "b"], [1, 2, 9, 5])
        _, axes = style.new_axes()
        draw_metric_vs_parameter(axes, metric_vs_parameter(table, "p", "m"))
        assert axes.collections[0].get_segments()[0][:, 1].tolist() == [2, 2]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]

    def test_drawn_without_a_trial(self):
        _, axes = style.new_axes()
        draw_metric_vs_parameter(axes, metric_vs_parameter(trials([], []), "p", "m"))
        assert axes.get_legend() is None


class TestStyle:
    @pytest.mark.parametrize(
        ("values", "goal", "scale"),
        [
            ([1, 2, 3], "minimize", "linear"),
            ([0.01, 5], "minimize", "log"),
            ([0.001, 0.9], "maximize", "linear"),
            ([-1, 0, 1, 2, *[0] * 50, 9999], None, "symlog"),
            ([-1, 1], None, "linear"),
            ([5], None, "linear"),
            ([], None, "linear"),
        ],
    )
    def test_scale(self, values, goal, scale):
        assert style.value_scale(np.array(values, dtype=float), goal) == scale

    @pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
    def test_every_scale_draws(self, scale):
        figure, axes = style.new_axes()
        values = np.array([1.0, 2.0, 1e6])
        axes.plot(values)
        style.set_scale(axes, scale, values)
        assert style.render(figure, "png").startswith(b"\x89PNG")

    @pytest.mark.parametrize("name", ["$x_{", r"a\$b", "<b>&amp;", "two\nlines", "x" * 500, "学习率", "", "a%s{}"])
    def test_any_name_can_be_a_label(self, name):
        figure, axes = style.new_axes()
        style.set_labels(axes, name, style.with_goal(name, "maximize"))
        assert b"</svg>" in style.render(figure, "svg")

    @pytest.mark.parametrize("name", ["../../etc/passwd", "<script>", "a b/c", "", "..", "学习率"])
    def test_a_files_name_stays_in_its_folder(self, name):
        assert set(style.file_name(name)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
        assert style.file_name(name).strip("._")

    def test_dark_has_no_light_colour_left(self):
        figure, _ = style.new_axes()
        light = style.render(figure, "svg")
        assert style.PAPER.encode() in light
        assert not any(colour.encode() in style.darkened(light) for colour in style.DARK)

    def test_colours_and_partners_are_distinct(self):
        assert len({*style.DARK, *style.DARK.values()}) == 2 * len(style.DARK)


class TestPictures:
    def sweep(self, folder, count=3):
        made = [
            FakeTrial({"C": 10.0**i, "penalty": "l2"}, [{"val/accuracy": 0.1 * i, "train/loss": 1.0}])
            for i in range(count)
        ]
        return load(build_sweep(folder, made))

    def test_names_are_unique_and_every_one_draws(self, tmp_path):
        sweep = self.sweep(tmp_path)
        pictures = [picture for draw in PICTURES.values() for picture in draw(sweep)]
        names = [picture.name for picture in pictures]
        assert names == ["curves_train_loss", "curves_val_accuracy", "parameter_00_C", "parameter_01_penalty"]
        assert all(picture.figure().axes[0].get_xlabel() for picture in pictures)

    def test_one_trial_has_curves_and_no_comparison(self, tmp_path):
        sweep = self.sweep(tmp_path, count=1)
        assert [len(list(draw(sweep))) for draw in PICTURES.values()] == [2, 0]

    def test_the_same_bytes_every_time_also_from_a_thread(self, tmp_path):
        sweep, found = self.sweep(tmp_path), []

        def draw():
            found.append([style.render(picture.figure(), "svg") for picture in PICTURES["Parameters"](sweep)])

        draw()
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join()
        assert found[0] == found[1]


class TestGrid:
    def test_every_pixel_becomes_a_square_of_its_grey(self):
        image = np.array([[-1, 0], [1, np.nan]], dtype=np.float32).reshape(1, 1, 2, 2)
        got = pixels(encode_grid(image))
        assert got.shape == (2 * 2 + 48, 2 * 2 + 48)
        assert [got[3, 3], got[3, -4], got[-4, 3], got[-4, -4]] == [0, 128, 255, 0]

    def test_order_is_by_row_and_missing_tiles_are_white(self):
        levels = np.linspace(-1, 0.5, 5, dtype=np.float32).reshape(5, 1, 1, 1) * np.ones((1, 1, 48, 48), np.float32)
        got = pixels(encode_grid(levels))[26::50, 26::50]
        assert got.tolist() == [[0, 48, 96], [143, 191, 255]]

    def test_columns(self):
        assert pixels(encode_grid(np.zeros((6, 1, 48, 48)), columns=6)).shape == (52, 302)

    def test_colour(self):
        red = np.full((1, 3, 48, 48), -1, dtype=np.float32)
        red[:, 0] = 1
        assert pixels(encode_grid(red))[10, 10].tolist() == [255, 0, 0]

    def test_out_of_range_is_cut(self):
        assert pixels(encode_grid(np.full((1, 1, 48, 48), np.inf)))[10, 10] == 255

    @pytest.mark.parametrize("shape", [(0, 1, 8, 8), (4, 2, 8, 8), (8, 8), (4, 8, 8)])
    def test_no_images(self, shape):
        with pytest.raises(ValueError, match="shape"):
            encode_grid(np.zeros(shape))


class TestWeightMaps:
    def test_blue_below_zero_white_at_zero_red_above(self):
        maps = np.zeros((3, 1, 84, 84))
        maps[0], maps[2] = -2, 2
        got = pixels(encode_weight_maps(maps, ["a", "b", "c"])).astype(int)
        below, zero, above = (got[60, 6 + i * 90 + 40] for i in range(3))
        assert below[2] > below[0] + 50
        assert zero.tolist() == [247, 247, 247]
        assert above[0] > above[2] + 50

    def test_scale_is_shared_by_all_classes(self):
        maps = np.stack([np.full((1, 84, 84), 0.1), np.full((1, 84, 84), 1.0)])
        got = pixels(encode_weight_maps(maps, ["weak", "strong"])).astype(int)
        assert got[60, 46].sum() > got[60, 136].sum() + 100

    @pytest.mark.parametrize(
        "maps", [np.zeros((2, 1, 8, 8)), np.full((2, 3, 8, 8), np.nan), np.full((2, 1, 1, 1), 1e9)]
    )
    def test_degenerate_weights_are_still_a_picture(self, maps):
        assert pixels(encode_weight_maps(maps, ["a very long name of a class", ""])).ndim == 3

    def test_one_name_a_class(self):
        with pytest.raises(ValueError, match="2 weight maps need as many names, not 1"):
            encode_weight_maps(np.zeros((2, 1, 8, 8)), ["a"])
