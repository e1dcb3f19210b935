"""Metrics against hand-worked figures, closed forms, reference code, and the properties a distance has."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from sklearn import metrics as reference

from analysis.metrics import METRICS, PER_CLASS, Metric, PerClass, default_objective, goal_of, is_share
from analysis.metrics import classification as c
from analysis.metrics import generative as g

CLASSIFIERS = {name: row.function for name, row in METRICS.items() if row.kind == "classifier" and row.function}
GENERATIVES = {name: row.function for name, row in METRICS.items() if row.kind == "generative" and row.function}
Case = tuple[np.ndarray, np.ndarray]
LABELS = np.array([0, 1, 2, 1])
PROBA = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.0, 0.1, 0.9], [0.2, 0.7, 0.1]])


def images(seed: int, n: int = 60, shape: tuple[int, int, int] = (1, 8, 8)) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, *shape)).astype(np.float32)


@st.composite
def predictions(draw: st.DrawFn) -> Case:
    """Labels and probabilities of a few classes, each class a label at least once."""
    classes, extra = draw(st.integers(2, 6)), draw(st.integers(0, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=extra)])
    return labels, rng.dirichlet(np.full(classes, 0.5), size=len(labels))


class TestTable:
    def test_an_objective_has_a_goal_and_is_of_its_kind(self) -> None:
        for kind, of in {"classifier": "classifier", "generative": "judged", "modes": "modes"}.items():
            row = METRICS[default_objective(kind)]
            assert row.kind == of
            assert row.goal is not None

    def test_only_our_own_functions_and_what_a_step_returns(self) -> None:
        for name, row in METRICS.items():
            assert (row.function is None) == (row.kind == "training" or name == "gen/severity"), name
            assert row.description
            assert name == "seconds" or name.split("/")[0] in ("train", "val", "gen", "cv")

    def test_goals(self) -> None:
        assert goal_of("val/accuracy") == "maximize"
        assert goal_of("train/loss_g") == "minimize"
        assert goal_of("train/d_real") is None
        assert goal_of("val/acuracy") is None
        assert goal_of("val/recall/T-shirt/top") == "maximize"
        assert goal_of("val/recall") is None

    @pytest.mark.parametrize(
        "name",
        [
            "val/accuracy",
            "test/accuracy",
            "val/recall/T-shirt/top",
            "gen/coverage@inception-0cc3",
            "val/ood_auroc_permuted",
            "test/tstr_accuracy_10000",
            "gen/path_smoothness",
            "train/oscillation",
            "train/late_d_accuracy",
        ],
    )
    def test_shares_lie_between_0_and_1(self, name: str) -> None:
        assert is_share(name)

    @pytest.mark.parametrize(
        "name",
        ["val/log_loss", "val/brier", "cv/accuracy_std", "val/accuracy_gap", "gen/density", "train/d_real", "seconds"],
    )
    def test_other_numbers_have_other_bounds(self, name: str) -> None:
        assert not is_share(name)

    def test_what_is_called_the_same_of_two_parts_of_the_data_is_a_share_of_both_or_neither(self) -> None:
        rows: dict[str, Metric | PerClass] = {**METRICS, **PER_CLASS}
        assert [name for name, row in rows.items() if is_share(name) != row.share] == []

    def test_nothing_can_change_the_table(self) -> None:
        with pytest.raises(TypeError):
            METRICS["val/accuracy"] = METRICS["train/loss"]  # type: ignore[index]  # it is refused


class TestClassification:
    def test_by_hand(self) -> None:
        assert c.accuracy(LABELS, PROBA) == 3 / 4
        assert c.balanced_accuracy(LABELS, PROBA) == pytest.approx((1 + 1 / 2 + 1) / 3)
        assert c.macro_f1(LABELS, PROBA) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
        assert c.log_loss(LABELS, PROBA) == pytest.approx(-np.log([0.7, 0.4, 0.9, 0.7]).mean())
        assert c.brier(LABELS, PROBA) == pytest.approx((0.14 + 0.62 + 0.02 + 0.14) / 4)

    def test_per_class_by_hand(self) -> None:
        assert c.confusion_matrix(LABELS, PROBA).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
        assert c.recall_per_class(LABELS, PROBA).tolist() == [1, 1 / 2, 1]
        assert c.f1_per_class(LABELS, PROBA) == pytest.approx([2 / 3, 2 / 3, 1])

    def test_a_class_that_is_not_there_has_no_recall(self) -> None:
        proba = np.eye(4)[[0, 1, 3]]
        assert np.array_equal(np.isnan(c.recall_per_class(np.array([0, 1, 1]), proba)), [False, False, True, True])
        assert np.array_equal(np.isnan(c.f1_per_class(np.array([0, 1, 1]), proba)), [False, False, True, False])

    @given(predictions())
    @settings(deadline=None)
    def test_classes_suffice_where_the_table_says_so(self, case: Case) -> None:
        labels, proba = case
        one_hot = np.eye(proba.shape[1])[proba.argmax(axis=1)]
        for name, function in CLASSIFIERS.items():
            if METRICS[name].classes_suffice:
                assert function(labels, one_hot) == function(labels, proba), name

    def test_calibration_error_by_hand(self) -> None:
        # 0.7 and 0.7 share a bin with accuracy 1; 0.5 is wrong; 0.9 is right.
        assert c.calibration_error(LABELS, PROBA) == pytest.approx((2 * 0.3 + 0.5 + 0.1) / 4)

    def test_confidence_on_the_edge_of_a_bin_belongs_below(self) -> None:
        # 0.45 and 7/15 are both in (6/15, 7/15], where the right one and the wrong one partly cancel.
        proba = np.array([[7 / 15, 4 / 15, 4 / 15], [0.45, 0.3, 0.25]])
        assert c.calibration_error(np.array([0, 1]), proba) == pytest.approx(abs(1 - 7 / 15 - 0.45) / 2)

    @given(predictions())
    @settings(deadline=None)
    def test_against_scikit_learn(self, case: Case) -> None:
        labels, proba = case
        predicted = proba.argmax(axis=1)
        assert c.accuracy(labels, proba) == pytest.approx(reference.accuracy_score(labels, predicted))
        assert c.balanced_accuracy(labels, proba) == pytest.approx(reference.balanced_accuracy_score(labels, predicted))
        assert c.macro_f1(labels, proba) == pytest.approx(reference.f1_score(labels, predicted, average="macro"))
        assert c.log_loss(labels, proba) == pytest.approx(reference.log_loss(labels, proba))

    @given(predictions())
    @settings(deadline=None)
    def test_bounds(self, case: Case) -> None:
        values = {name: function(*case) for name, function in CLASSIFIERS.items()}
        assert all(value >= 0 for value in values.values())
        assert all(value <= 1 for name, value in values.items() if name not in ("val/log_loss", "val/brier"))
        assert values["val/brier"] <= 2

    def test_perfect_certainty(self) -> None:
        certain = np.eye(3)[LABELS]
        got = {name: function(LABELS, certain) for name, function in CLASSIFIERS.items()}
        assert got == {name: 1.0 if METRICS[name].goal == "maximize" else 0.0 for name in CLASSIFIERS}

    def test_certainly_wrong_is_finite(self) -> None:
        assert c.log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(36.04, abs=0.01)

    def test_float32_probabilities_do_as_well(self) -> None:
        for name, function in CLASSIFIERS.items():
            assert function(LABELS, PROBA.astype(np.float32)) == pytest.approx(function(LABELS, PROBA), rel=1e-6), name

    @pytest.mark.parametrize("name", CLASSIFIERS)
    def test_nan_is_no_value(self, name: str) -> None:
        proba = PROBA.copy()
        proba[0, 0] = np.nan
        assert math.isnan(CLASSIFIERS[name](LABELS, proba))

    @pytest.mark.parametrize("name", CLASSIFIERS)
    @pytest.mark.parametrize(
        ("labels", "proba"),
        [(LABELS[:3], PROBA), (LABELS, PROBA[:, 0]), (LABELS[:0], PROBA[:0]), (LABELS + 1, PROBA), (LABELS - 1, PROBA)],
    )
    def test_arrays_that_do_not_fit(self, name: str, labels: np.ndarray, proba: np.ndarray) -> None:
        with pytest.raises(ValueError, match="labels"):
            CLASSIFIERS[name](labels, proba)


class TestFrechetDistance:
    @given(*(st.floats(-5, 5) for _ in range(2)), *(st.floats(0, 5) for _ in range(2)))
    @settings(deadline=None)
    def test_in_one_dimension(self, mean_a: float, mean_b: float, sd_a: float, sd_b: float) -> None:
        got = g.frechet_distance(*_1d(mean_a, sd_a), *_1d(mean_b, sd_b))
        assert got == pytest.approx((mean_a - mean_b) ** 2 + (sd_a - sd_b) ** 2, abs=1e-9)

    def test_of_covariances_that_do_not_commute(self) -> None:
        rng = np.random.default_rng(3)
        a, b = (x @ x.T for x in rng.normal(size=(2, 5, 5)))
        mean = rng.normal(size=(2, 5))
        root = np.real(linalg.sqrtm(a @ b))
        expected = np.square(mean[0] - mean[1]).sum() + np.trace(a + b - 2 * root)
        assert g.frechet_distance(mean[0], a, mean[1], b) == pytest.approx(expected, rel=1e-8)

    def test_of_singular_covariances(self) -> None:
        # Rank 1 along orthogonal axes: the overlap is 0 and the product of both has no usable root.
        a, b = np.diag([4.0, 0.0]), np.diag([0.0, 9.0])
        assert g.frechet_distance(np.zeros(2), a, np.zeros(2), b) == pytest.approx(13)


def _1d(mean: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([mean]), np.array([[sd**2]])


class TestFrechetPixels:
    def test_equal_sets_are_at_zero(self) -> None:
        assert g.frechet_pixels(images(0), images(0)) == pytest.approx(0, abs=1e-9)

    @pytest.mark.parametrize("n", [5, 400])
    def test_symmetric_also_with_fewer_images_than_dimensions(self, n: int) -> None:
        a, b = images(1, n), images(2, n) * 0.5
        assert g.frechet_pixels(a, b) == pytest.approx(g.frechet_pixels(b, a), rel=1e-9)
        assert g.frechet_pixels(a, b) > 0

    def test_a_shift_costs_its_square_in_every_pixel(self) -> None:
        assert g.frechet_pixels(images(0), images(0) + 0.5) == pytest.approx(0.25 * 64, rel=1e-6)

    def test_grows_with_noise(self) -> None:
        real, noise = images(0, 300) * 0.5, images(1, 300)
        distances = [g.frechet_pixels(real, real + level * noise) for level in (0.1, 0.3, 0.9)]
        assert distances == sorted(distances)

    def test_grows_as_modes_are_lost(self) -> None:
        real = np.concatenate([images(mode, 40) * 0.2 + level for mode, level in enumerate((-0.6, -0.2, 0.2, 0.6))])
        kept = [g.frechet_pixels(real, np.tile(real[: 40 * modes], (4 // modes, 1, 1, 1))) for modes in (4, 2, 1)]
        assert kept[0] < kept[1] < kept[2]

    @pytest.mark.parametrize(
        ("shape", "numbers"), [((1, 8, 8), 64), ((1, 28, 28), 196), ((3, 32, 32), 192), ((1, 31, 17), 196)]
    )
    def test_pooling_keeps_the_mean_in_few_numbers(self, shape: tuple[int, int, int], numbers: int) -> None:
        x = images(0, 3, shape)
        assert g.pooled(x).shape == (3, numbers)
        assert g.pooled(x).mean(axis=1) == pytest.approx(x.reshape(3, -1).mean(axis=1), abs=1e-6)

    def test_pooling_of_28_by_28_averages_squares_of_two(self) -> None:
        x = images(0, 2, (1, 28, 28))
        expected = x.reshape(2, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(2, -1)
        assert g.pooled(x) == pytest.approx(expected, abs=1e-6)


class TestSpread:
    def test_diversity_is_the_ratio_of_distances_between_pairs(self) -> None:
        real, fake = images(0, 20), images(1, 15) * 0.3

        def pairwise(x: np.ndarray) -> float:
            flat = x.reshape(len(x), -1)
            squares = np.square(flat[:, None] - flat[None]).sum(axis=-1)
            return float(np.sqrt(squares[~np.eye(len(x), dtype=bool)].mean()))

        assert g.pixel_diversity(real, fake) == pytest.approx(pairwise(fake) / pairwise(real), rel=1e-5)

    def test_diversity_of_one_repeated_image_is_zero(self) -> None:
        assert g.pixel_diversity(images(0), np.repeat(images(1)[:1], 30, axis=0)) == pytest.approx(0, abs=1e-6)

    def test_diversity_without_a_spread_to_compare_with(self) -> None:
        alike, level = np.zeros((5, 1, 4, 4)), 1 / 127.5
        assert g.pixel_diversity(alike, alike) == 1
        assert g.pixel_diversity(alike, alike + 0.5) == 1
        deviates = level * np.array([-2.0, 0, 2]).reshape(3, 1, 1, 1) * np.ones((1, 1, 4, 4))
        assert g.pixel_diversity(alike, deviates) == pytest.approx(2)

    def test_mean_image_error_by_hand(self) -> None:
        real, fake = np.zeros((2, 1, 1, 2)), np.array([[[[0.3, 0.4]]], [[[0.5, 0.4]]]])
        assert g.mean_image_error(real, fake) == pytest.approx(0.4)


class TestGenerativeInput:
    @pytest.mark.parametrize("name", GENERATIVES)
    def test_nan_is_no_value(self, name: str) -> None:
        fake = images(1)
        fake[0, 0, 0, 0] = np.nan
        assert math.isnan(GENERATIVES[name](images(0), fake))

    @pytest.mark.parametrize("name", GENERATIVES)
    @pytest.mark.parametrize(
        "fake", [images(0)[:1], images(0)[:, :, :4], images(0)[:, 0]], ids=["one", "other size", "no channel"]
    )
    def test_images_that_do_not_fit(self, name: str, fake: np.ndarray) -> None:
        with pytest.raises(ValueError, match="real"):
            GENERATIVES[name](images(0), fake)

    @pytest.mark.parametrize("name", GENERATIVES)
    def test_order_does_not_matter(self, name: str) -> None:
        real, fake = images(0), images(1)
        assert GENERATIVES[name](real[::-1], fake[::-1]) == pytest.approx(GENERATIVES[name](real, fake), rel=1e-6)
