"""Pictures of what trials made, by their numbers: films, grids, collapse, confusion, games and their losses."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.sweep_folder import CLASSIFIER_SPEC, FakeTrial, build_sweep
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image, ImageSequence

from analysis import plots
from analysis.folder import load
from analysis.media import encode_grid, encode_weight_maps
from analysis.plots.curves.game_curves import game_curves
from analysis.plots.images import film_strip as film_file
from analysis.plots.images.class_grid import class_grid
from analysis.plots.images.collapse import collapse
from analysis.plots.images.confusion import confusion
from analysis.plots.images.film_strip import film, film_strip
from analysis.plots.images.interpolation import interpolation
from analysis.plots.images.reconstructions import reconstructions
from analysis.plots.images.weight_maps import weight_maps
from analysis.plots.parameters.final_losses import final_losses
from analysis.results import SweepResults

SCORE = "gen/frechet_pixels"
GAN_SPEC = {
    "model": "gan",
    "metric": {"name": SCORE, "goal": "minimize"},
    "parameters": {
        "lr_g": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
        "batch_size": {"values": [32, 64]},
    },
}
DATA = {"classes": ["cat", "dog"], "class_shares": [0.5, 0.5]}


def grid(level: float, n: int = 64, columns: int | None = None, names: tuple[str, ...] = ()) -> bytes:
    return encode_grid(np.full((n, 1, 8, 8), level, dtype=np.float32), columns, names)


def game(score: float, verdict: str = "", *, steps: int = 3, severity: float = 0.0, **trial: Any) -> FakeTrial:
    """A trial of a GAN that got better with every step."""
    row = {"train/loss_g": 2.0, "train/loss_d": 0.5, "train/d_real": 0.75, "train/d_fake": 0.25}
    judged = {"verdict": verdict, "evidence": ["one", "two"], "gen/severity": severity, "class_histogram": [0.9, 0.1]}
    rows = [{SCORE: score + steps - step, **row, **(judged if verdict else {})} for step in range(1, steps + 1)]
    samples = [grid(-1 + step / steps) for step in range(1, steps + 1)]
    media = {"samples": samples, "neighbours": grid(0.0, 40, 10), "interpolation": samples}
    return FakeTrial({"lr_g": 1e-3, "batch_size": 32}, rows, **{"media": media, **trial})


def gan_sweep(folder: Path, *trials: FakeTrial) -> SweepResults:
    return load(build_sweep(folder, trials, GAN_SPEC, data=DATA))


class TestFilmStrip:
    def test_an_even_choice_of_steps_with_both_ends(self, tmp_path: Path) -> None:
        info = film_strip(gan_sweep(tmp_path, game(1.0, steps=11)), count=3)
        assert (info.trial, [frame.step for frame in info.frames]) == ("0000", [1, 6, 11])
        assert info.frames[0].grid.tiles.shape == (25, 48, 48, 1)

    def test_any_trial_by_name(self, tmp_path: Path) -> None:
        sweep = gan_sweep(tmp_path, game(1.0), game(2.0, steps=2))
        assert [frame.step for frame in film_strip(sweep, "0001").frames] == [1, 2]
        assert film_strip(sweep, "9999").frames == ()

    def test_a_damaged_picture_is_left_out(self, tmp_path: Path) -> None:
        info = film_strip(gan_sweep(tmp_path, game(1.0, media={"samples": [grid(0.0), b"torn"]})))
        assert [frame.step for frame in info.frames] == [1]

    def test_drawn_under_their_steps(self, tmp_path: Path) -> None:
        figure = plots.plot_film_strip(gan_sweep(tmp_path, game(1.0)))
        assert [axes.get_title(loc="left") for axes in figure.axes] == ["step 1", "step 2", "step 3"]
        levels = [float(np.asarray(axes.images[0].get_array())[3, 3]) for axes in figure.axes]
        assert levels == sorted(set(levels))

    def test_the_film_has_every_frame_and_waits_at_the_end(self, tmp_path: Path) -> None:
        with Image.open(io.BytesIO(film(film_strip(gan_sweep(tmp_path, game(1.0)))))) as gif:
            assert gif.info["loop"] == 0
            durations = [frame.info["duration"] for frame in ImageSequence.Iterator(gif)]
        assert durations == [film_file.FRAME_MS, film_file.FRAME_MS, film_file.LAST_MS]

    def test_there_is_no_film_of_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no samples"):
            film(film_strip(gan_sweep(tmp_path, FakeTrial())))


class TestOtherImages:
    def test_a_figure_is_as_high_as_its_images_are(self, tmp_path: Path) -> None:
        flat = plots.plot_interpolation(
            gan_sweep(tmp_path / "a", game(1.0, media={"interpolation": grid(0.0, 20, 10)}))
        )
        high = plots.plot_interpolation(
            gan_sweep(tmp_path / "b", game(1.0, media={"interpolation": grid(0.0, 30, 10)}))
        )
        tile = high.get_figwidth() / 10
        assert high.get_figheight() - flat.get_figheight() == pytest.approx(tile, rel=0.05)

    def test_interpolations_first_and_last(self, tmp_path: Path) -> None:
        info = interpolation(gan_sweep(tmp_path, game(1.0, steps=9)))
        assert [frame.step for frame in info.frames] == [1, 5, 9]
        assert info.frames[0].grid.rows == 3

    def test_reconstructions_at_the_first_and_the_last_step(self, tmp_path: Path) -> None:
        made = [grid(step / 10, 60, 10) for step in range(5)]
        info = reconstructions(gan_sweep(tmp_path, game(1.0, steps=5, media={"reconstructions": made})))
        assert [frame.step for frame in info.frames] == [1, 5]
        assert info.frames[0].grid.columns == 10

    def test_the_classes_that_were_asked_for(self, tmp_path: Path) -> None:
        named = game(1.0, media={"samples": grid(0.0, 20, 2, ("cat", "dog"))})
        figure = plots.plot_class_grid(gan_sweep(tmp_path / "a", named))
        assert [text.get_text() for text in figure.axes[0].texts] == ["cat", "dog"]
        assert class_grid(gan_sweep(tmp_path / "b", game(1.0))).frame is None

    def test_weight_maps_as_of_the_best_step(self, tmp_path: Path) -> None:
        maps = [encode_weight_maps(np.full((2, 1, 8, 8), w), ["a", "b"]) for w in (1.0, -1.0, 1.0)]
        rows = [{"val/accuracy": value} for value in (0.1, 0.9, 0.5)]
        trial = FakeTrial({"C": 1.0}, rows, media={"weight_maps": maps})
        info = weight_maps(load(build_sweep(tmp_path, [trial])))
        assert info.frame is not None
        assert info.frame.step == 2
        red, _, blue = info.frame.grid.sheet[60, 30].astype(int)
        assert blue > red  # the second version alone is negative

    @pytest.mark.parametrize(
        "draw",
        [
            plots.plot_film_strip,
            plots.plot_interpolation,
            plots.plot_reconstructions,
            plots.plot_class_grid,
            plots.plot_weight_maps,
            plots.plot_confusion,
            plots.plot_collapse,
            plots.plot_game_curves,
            plots.plot_final_losses,
        ],
    )
    def test_a_sweep_that_left_nothing_has_an_empty_figure(
        self, tmp_path: Path, draw: Callable[[SweepResults], Figure]
    ) -> None:
        axes = draw(gan_sweep(tmp_path, FakeTrial())).axes[0]
        assert (len(axes.lines), len(axes.images), sum(len(drawn.get_paths()) for drawn in axes.collections)) == (
            0,
            0,
            0,
        )


class TestCollapse:
    def test_the_last_verdict_and_what_it_rests_on(self, tmp_path: Path) -> None:
        info = collapse(gan_sweep(tmp_path, game(1.0, "mode_collapse", severity=0.75)))
        assert (info.trial, info.step, info.verdict, info.severity) == ("0000", 3, "mode_collapse", 0.75)
        assert info.evidence == "one; two"
        assert info.classes == ("cat", "dog")
        assert np.asarray(info.shares).tolist() == [0.9, 0.1]
        assert np.asarray(info.real).tolist() == [0.5, 0.5]
        assert [frame and frame.step for frame in (info.samples, info.neighbours)] == [3, 3]

    def test_real_shares_of_other_classes_are_not_shown(self, tmp_path: Path) -> None:
        folder = build_sweep(tmp_path, [game(1.0, "noise")], GAN_SPEC, data={**DATA, "class_shares": [1.0]})
        assert collapse(load(folder)).real is None

    def test_drawn(self, tmp_path: Path) -> None:
        figure = plots.plot_collapse(gan_sweep(tmp_path, game(1.0, "mode_collapse")))
        samples, histogram, neighbours = figure.axes
        assert [bar.get_height() for bar in histogram.patches if isinstance(bar, Rectangle)] == [0.9, 0.1]
        assert histogram.get_legend_handles_labels()[1] == ["real", "samples"]
        assert [label.get_text() for label in histogram.get_xticklabels()] == ["cat", "dog"]
        assert samples.images
        assert neighbours.images

    def test_before_the_judge_only_the_images_are_drawn(self, tmp_path: Path) -> None:
        assert len(plots.plot_collapse(gan_sweep(tmp_path, game(1.0))).axes) == 2

    def test_the_page_shows_the_best_and_the_worst(self, tmp_path: Path) -> None:
        trials = [game(1.0, "healthy"), game(2.0, "noise", severity=0.5), game(3.0, "frozen", severity=0.9)]
        found = {picture.name: picture for picture in plots.PICTURES["Judgement"](gan_sweep(tmp_path, *trials))}
        assert found["collapse_best"].info.trial == "0000"
        assert found["collapse_worst"].info.trial == "0002"
        assert found["collapse_worst"].title == "Has it collapsed? Trial 0002 at its last step: frozen"
        assert "One; two" in found["collapse_worst"].caption

    def test_a_best_trial_that_is_the_worst_is_shown_once(self, tmp_path: Path) -> None:
        pictures = plots.PICTURES["Judgement"](gan_sweep(tmp_path, game(1.0, "noise", severity=0.5)))
        assert [picture.name for picture in pictures] == ["collapse_best"]


class TestConfusion:
    def sweep(self, folder: Path, counts: list[list[int]]) -> SweepResults:
        trial = FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}, {"val/accuracy": 0.6, "confusion": counts}])
        return load(build_sweep(folder, [trial], CLASSIFIER_SPEC, data=DATA))

    def test_counts_and_shares_of_the_true_class(self, tmp_path: Path) -> None:
        info = confusion(self.sweep(tmp_path, [[3, 1], [0, 0]]))
        assert info.classes == ("cat", "dog")
        assert np.asarray(info.counts).tolist() == [[3, 1], [0, 0]]
        assert info.shares.tolist() == [[0.75, 0.25], [0, 0]]

    def test_the_commonest_mistake_is_named(self, tmp_path: Path) -> None:
        (picture,) = plots.PICTURES["Judgement"](self.sweep(tmp_path / "a", [[3, 1], [2, 4]]))
        assert "10 validation images, most often dog is taken for cat (2 times)" in picture.caption
        (perfect,) = plots.PICTURES["Judgement"](self.sweep(tmp_path / "b", [[3, 0], [0, 4]]))
        assert "no mistake" in perfect.caption

    def test_drawn_with_rows_of_true_classes(self, tmp_path: Path) -> None:
        axes = plots.plot_confusion(self.sweep(tmp_path, [[3, 1], [0, 5]])).axes[0]
        assert [(*text.get_position(), text.get_text()) for text in axes.texts] == [
            (0, 0, "3"),
            (1, 0, "1"),
            (1, 1, "5"),
        ]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")

    def test_of_many_classes_the_counts_are_not_written(self, tmp_path: Path) -> None:
        axes = plots.plot_confusion(self.sweep(tmp_path, np.eye(40, dtype=int).tolist())).axes[0]
        assert not axes.texts
        assert len(axes.get_xticks()) <= 15


class TestGame:
    def test_losses_and_scores_of_the_best_trial(self, tmp_path: Path) -> None:
        info = game_curves(gan_sweep(tmp_path, game(2.0), game(1.0, "healthy", steps=4)))
        assert (info.trial, info.verdict, info.steps.tolist()) == ("0001", "healthy", [1, 2, 3, 4])
        assert {line.metric: line.values[0] for line in info.losses} == {"train/loss_g": 2.0, "train/loss_d": 0.5}
        assert [line.metric for line in info.scores] == ["train/d_real", "train/d_fake"]
        assert info.balance == 0.5

    def test_a_critics_scores_have_no_balance(self, tmp_path: Path) -> None:
        rows = [{SCORE: 1.0, "train/loss_g": 1.0, "train/d_real": 17.0, "train/d_fake": -3.0}]
        info = game_curves(gan_sweep(tmp_path, FakeTrial({}, rows)))
        assert (len(info.losses), len(info.scores), info.balance) == (1, 2, None)

    def test_drawn_losses_above_scores(self, tmp_path: Path) -> None:
        losses, scores = plots.plot_game_curves(gan_sweep(tmp_path, game(1.0))).axes
        assert losses.get_legend_handles_labels()[1] == ["G loss", "D loss"]
        assert scores.get_legend_handles_labels()[1] == ["D(x), real", "D(G(z)), fake"]
        assert scores.get_ylim() == (-0.03, 1.03)

    def test_a_classifier_plays_no_game(self, tmp_path: Path) -> None:
        sweep = load(build_sweep(tmp_path, [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5, "train/loss": 1.0}])]))
        assert game_curves(sweep).losses == ()
        assert not [p for p in plots.PICTURES["Training"](sweep) if p.name == "game"]


class TestFinalLosses:
    def test_the_last_losses_of_every_trial_that_reported_both(self, tmp_path: Path) -> None:
        rows = [{"train/loss_g": 9.0, "train/loss_d": 9.0}, {"train/loss_g": 7.0, "train/loss_d": 0.25}]
        other = FakeTrial({"lr_g": 1e-2, "batch_size": 64}, rows, "failed", "diverged: loss")
        alone = FakeTrial({"lr_g": 1e-2}, [{"train/loss_g": 1.0, "train/loss_d": math.nan}])
        info = final_losses(gan_sweep(tmp_path, game(1.0, "healthy"), other, alone))
        assert (info.trials, info.verdicts) == (("0000", "0001"), ("healthy", "diverged"))
        assert (info.loss_g.tolist(), info.loss_d.tolist()) == ([2.0, 7.0], [0.5, 0.25])
        assert [axis.parameter for axis in info.axes] == ["lr_g", "batch_size"]
        assert info.axes[0].places.tolist() == [1e-3, 1e-2]

    def test_drawn_coloured_by_verdict(self, tmp_path: Path) -> None:
        sweep = gan_sweep(tmp_path, game(1.0, "noise"), game(2.0, "healthy"), game(3.0, "noise"))
        header, *panels = plots.plot_final_losses(sweep).axes
        assert [axes.get_xlabel() for axes in panels] == ["lr_g", "batch_size"]
        legend = header.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()] == ["healthy", "noise", "G loss", "D loss"]
        joined = panels[0].collections[0]
        assert isinstance(joined, LineCollection)
        assert [segment[:, 1].tolist() for segment in joined.get_segments()] == [[0.5, 2.0]] * 3


def test_everything_a_game_left_is_on_the_page(tmp_path: Path) -> None:
    trials = [game(1.0 + n, "healthy" if n else "noise", severity=0.5 - n / 10) for n in range(4)]
    sweep = gan_sweep(tmp_path, *trials)
    names = {picture.name for draw in plots.PICTURES.values() for picture in draw(sweep)}
    assert {"map", "collapse_best", "final_losses", "film", "interpolation", "game", "history", "parallel"} <= names
