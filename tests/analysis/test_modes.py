"""Counts of modes: closed forms, and what holds for any samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics.modes import STRAY, high_quality, mode_counts, mode_divergence, modes_captured, reverse_kl

CENTRES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
counted = st.lists(st.integers(0, 50), min_size=2, max_size=12).map(np.array).filter(np.any)


def test_a_sample_lies_within_its_nearest_mode_up_to_three_deviations() -> None:
    points = np.array([[0.0, 0.0], [0.29, 0.0], [0.31, 0.0], [0.9, 0.1], [1.0, 1.31], [-9.0, 9.0]])
    nearest, within = mode_counts(points, CENTRES, 0.1)
    assert nearest.tolist() == [3, 1, 1, 1]
    assert within.tolist() == [2, 1, 0, 0]
    assert modes_captured(nearest, within) == 2
    assert high_quality(nearest, within) == 3 / 6


def test_real_points_are_all_that_can_be_wished() -> None:
    rng = np.random.default_rng(0)
    points = CENTRES[np.arange(40_000) % 4] + 0.01 * rng.standard_normal((40_000, 2))
    counts = mode_counts(points, CENTRES, 0.01)
    assert modes_captured(*counts) == 4
    # Within three deviations lies 1 - exp(-9 / 2) of a Gaussian in the plane (Rayleigh's distribution).
    assert high_quality(*counts) == pytest.approx(1 - math.exp(-4.5), abs=0.002)
    assert reverse_kl(*counts) == 0
    assert mode_divergence(*counts) < 1e-4


@given(k=st.integers(2, 30), captured=st.integers(1, 30))
def test_equal_shares_of_some_modes_have_the_log_of_how_many_times_fewer_they_are(k: int, captured: int) -> None:
    captured = min(k, captured)
    nearest = np.array([7] * captured + [0] * (k - captured))
    assert reverse_kl(nearest, nearest) == pytest.approx(math.log(k / captured), abs=1e-12)
    assert mode_divergence(nearest, nearest) == pytest.approx(math.log(k / captured) - math.log(1 - STRAY))


def test_unequal_shares_by_hand() -> None:
    counts = np.array([3, 1])
    assert reverse_kl(counts, counts) == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


def test_samples_that_stray_are_seen_by_the_divergence_alone() -> None:
    nearest, within = np.full(4, 100), np.zeros(4, int)
    assert reverse_kl(nearest, within) == 0
    assert high_quality(nearest, within) == modes_captured(nearest, within) == 0
    assert mode_divergence(nearest, within) == pytest.approx(-math.log(STRAY)) == 4.5


@given(counts=counted, times=st.integers(2, 9))
def test_what_holds_for_any_counts(counts: np.ndarray, times: int) -> None:
    k = len(counts)
    assert 0 <= reverse_kl(counts, counts) <= math.log(k) + 1e-9
    assert reverse_kl(counts, counts) == pytest.approx(reverse_kl(counts * times, counts * times))
    assert reverse_kl(counts, counts) == pytest.approx(reverse_kl(counts[::-1], counts[::-1]))
    assert 1 <= modes_captured(counts, counts) <= k
    assert high_quality(counts, counts) == 1


@given(counts=counted)
def test_losing_a_mode_to_another_never_helps(counts: np.ndarray) -> None:
    worse = counts.copy()
    worse[int(counts.argmax())] += worse[int(counts.argmin())]
    worse[int(counts.argmin())] = 0
    for metric in (reverse_kl, mode_divergence):
        assert metric(worse, worse) >= metric(counts, counts) - 1e-9


@pytest.mark.parametrize("points", [np.empty((0, 2)), np.array([[0.0, math.nan]]), np.array([[math.inf, 0.0]])])
def test_modes_of_nothing_or_of_what_is_not_finite_cannot_be_counted(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="samples that are finite, of one at least"):
        mode_counts(points, CENTRES, 0.1)
