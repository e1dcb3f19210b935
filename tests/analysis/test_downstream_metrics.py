"""Downstream metrics against hand-worked figures and scikit-learn; hidden blocks, noise and permuted pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from analysis.metrics import downstream

scores = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30)


def images(n: int = 50, shape: tuple[int, int, int] = (3, 6, 9)) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (n, *shape)).astype(np.float32)


class TestPermuted:
    @given(scores, scores)
    @settings(deadline=None)
    def test_against_scikit_learn(self, inside: list[float], outside: list[float]) -> None:
        labels = [1] * len(inside) + [0] * len(outside)
        got = downstream.ood_auroc(np.array(inside), np.array(outside))
        assert got == pytest.approx(roc_auc_score(labels, inside + outside))

    @given(scores, scores)
    @settings(deadline=None)
    def test_exchanged_sides_add_up_to_one(self, inside: list[float], outside: list[float]) -> None:
        a, b = np.array(inside), np.array(outside)
        assert downstream.ood_auroc(a, b) + downstream.ood_auroc(b, a) == pytest.approx(1)

    def test_by_hand(self) -> None:
        assert downstream.ood_auroc(np.array([3.0, 1.0]), np.array([2.0, 0.0])) == 3 / 4
        assert downstream.ood_auroc(np.array([1.0]), np.array([1.0])) == 1 / 2
        assert downstream.ood_auroc(np.array([-5.0, 1e9]), np.array([-math.inf])) == 1

    def test_nan_is_no_value(self) -> None:
        assert math.isnan(downstream.ood_auroc(np.array([1.0, math.nan]), np.array([0.0])))

    @pytest.mark.parametrize("shape", [(0,), (2, 1)])
    def test_scores_that_do_not_fit(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="scores"):
            downstream.ood_auroc(np.zeros(shape), np.zeros(3))

    def test_permuted_images_have_the_same_pixels_in_other_places(self) -> None:
        x = images()
        permuted = downstream.permuted(x)
        assert np.array_equal(np.sort(permuted.reshape(50, 3, -1)), np.sort(x.reshape(50, 3, -1)))
        assert (permuted != x).mean() > 0.8
        # One exchange for all: what was equal before is equal after.
        assert np.array_equal(downstream.permuted(x[:, :1].repeat(3, axis=1))[:, 0], permuted[:, 0])


class TestRepairs:
    def test_error_by_hand_of_hidden_pixels_alone(self) -> None:
        true, repaired = np.zeros((1, 1, 1, 3)), np.array([[[[3.0, 4.0, 100.0]]]])
        hidden = np.array([[[[True, True, False]]]])
        assert downstream.repair_error(true, repaired, hidden) == pytest.approx(math.sqrt(12.5))

    def test_a_mask_holds_for_all_channels(self) -> None:
        x = images()
        known = downstream.block_mask(x)
        worse = np.where(known, x, x + 0.5)
        assert downstream.repair_error(x, worse, ~known) == pytest.approx(0.5, abs=1e-6)

    def test_ratio_to_the_simple_repair(self) -> None:
        x = images()
        assert downstream.error_ratio(x, x + 0.1, x + 0.4) == pytest.approx(0.25, rel=1e-4)
        assert downstream.error_ratio(x, x, x + 0.4) == 0
        assert math.isnan(downstream.error_ratio(x, x + 0.1, x))

    def test_mean_filling(self) -> None:
        x = images()
        known, mean = downstream.block_mask(x), x.mean(axis=0)
        filled = downstream.mean_filled(np.where(known, x, np.float32(np.nan)), known, mean)
        everywhere = np.broadcast_to(known, x.shape)
        assert np.array_equal(filled[everywhere], x[everywhere])
        assert np.array_equal(filled[~everywhere], np.broadcast_to(mean, x.shape)[~everywhere])

    def test_nothing_to_repair(self) -> None:
        with pytest.raises(ValueError, match="nothing to repair"):
            downstream.repair_error(images(), images(), np.zeros((50, 1, 6, 9), bool))

    def test_shapes_that_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match="repaired"):
            downstream.repair_error(images(), images(10))


class TestDamage:
    @pytest.mark.parametrize(("shape", "hidden"), [((1, 8, 8), 16), ((3, 5, 7), 12), ((1, 1, 1), 1)])
    def test_a_block_is_hidden_somewhere_in_every_image(self, shape: tuple[int, int, int], hidden: int) -> None:
        mask = downstream.block_mask(images(200, shape), seed=1)
        assert mask.shape == (200, 1, *shape[1:])
        assert ((~mask).sum(axis=(1, 2, 3)) == hidden).all()
        assert np.array_equal(mask, downstream.block_mask(images(200, shape), seed=1))
        if shape[1] > 1:
            assert not (mask == mask[:1]).all()

    def test_noise_has_its_strength_and_its_seed(self) -> None:
        x = images(400)
        assert (downstream.noisy(x, 0.5, seed=1) - x).std() == pytest.approx(0.5, rel=0.01)
        assert downstream.noisy(x).dtype == np.float32
        assert np.array_equal(downstream.noisy(x, seed=1), downstream.noisy(x, seed=1))
        assert not np.array_equal(downstream.noisy(x, seed=1), downstream.noisy(x, seed=2))
