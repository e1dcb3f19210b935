"""Hidden Markov chains against the sum over every path, and against hmmlearn."""

import itertools
from typing import Any

import numpy as np
import pytest
from helpers.contract import coloured, digits
from hmmlearn.hmm import GaussianHMM
from scipy.stats import norm

from trainables import MODELS
from trainables.base import ConfigError
from trainables.density.chains import Chain
from trainables.density.hmm import HmmConfig, _baum_welch

RNG = np.random.default_rng(0)
CHAIN = Chain(
    np.array([0.6, 0.4, 0.0]),
    np.array([[0.5, 0.3, 0.2], [0.0, 0.7, 0.3], [0.0, 0.0, 1.0]]),
    RNG.normal(size=(3, 2)),
    RNG.uniform(0.2, 1, size=(3, 2)),
)
ROWS = RNG.normal(size=(6, 4, 2))


def by_paths(known: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """log p(known values) and E[clean rows | known values], by summing over all 81 paths."""
    total, clean = np.zeros(len(ROWS)), np.zeros_like(ROWS)
    for path in itertools.product(range(3), repeat=4):
        means, variances = CHAIN.means[list(path)], CHAIN.variances[list(path)]
        steps = [CHAIN.start[path[0]], *(CHAIN.transitions[a, b] for a, b in itertools.pairwise(path))]
        density = np.where(known, norm.pdf(ROWS, means, np.sqrt(variances + noise**2)), 1).prod(axis=(1, 2))
        weight = np.prod(steps) * density
        trust = np.where(known, variances / (variances + noise**2), 0)
        total += weight
        clean += weight[:, None, None] * (means + trust * (ROWS - means))
    return np.log(total), clean / total[:, None, None]


def test_log_density_is_the_sum_over_all_paths() -> None:
    everything = np.ones(ROWS.shape, bool)
    assert CHAIN.log_density(ROWS) == pytest.approx(by_paths(everything, 0.0)[0])


@pytest.mark.parametrize("noise", [0.0, 0.8])
def test_expectation_given_some_of_the_pixels(noise: float) -> None:
    known = RNG.random(ROWS.shape) < 0.5
    scores, clean = CHAIN.expected(np.where(known, ROWS, 0), known.astype(float), noise)
    expected_scores, expected_clean = by_paths(known, noise)
    assert scores == pytest.approx(expected_scores)
    assert clean[known] == pytest.approx(expected_clean[known])
    assert clean[~known] == pytest.approx(expected_clean[~known])


def test_log_density_is_hmmlearns() -> None:
    reference = GaussianHMM(3, "diag")
    reference.startprob_, reference.transmat_, reference.means_ = CHAIN.start, CHAIN.transitions, CHAIN.means
    reference.n_features, reference.covars_ = 2, CHAIN.variances
    assert CHAIN.log_density(ROWS) == pytest.approx([reference.score(rows) for rows in ROWS])


def test_rows_far_from_every_reachable_state_do_not_underflow() -> None:
    assert np.isfinite(CHAIN.log_density(ROWS + 1e4)).all()


def test_draws_follow_the_chain() -> None:
    drawn = CHAIN.draw(40_000, 2, np.random.default_rng(1))
    assert drawn[:, 0].mean(axis=0) == pytest.approx(CHAIN.start @ CHAIN.means, abs=0.02)
    assert drawn[:, 1].mean(axis=0) == pytest.approx(CHAIN.start @ CHAIN.transitions @ CHAIN.means, abs=0.02)


def test_baum_welch_does_not_lose_likelihood() -> None:
    rows, chain, scores = RNG.normal(size=(50, 4, 2)), CHAIN, []
    for _ in range(6):
        chain, score = _baum_welch(chain, rows, HmmConfig(min_covar=1e-6))
        scores.append(score)
    assert scores[0] == pytest.approx(CHAIN.log_density(rows).sum())
    assert scores == sorted(scores)
    assert (np.tril(chain.transitions, -1) == 0).all()  # what lies behind stays behind


def test_variances_stay_over_their_floor() -> None:
    rows = np.repeat(RNG.normal(size=(1, 4, 2)), 20, axis=0)
    chain, _ = _baum_welch(CHAIN, rows, HmmConfig(min_covar=0.05))
    assert chain.variances.min() >= 0.05


@pytest.fixture(scope="module")
def model() -> Any:
    model = MODELS["hmm"].build({"n_states": 8, "max_iter": 4}, digits(200), seed=0)
    while not model.finished:
        model.step()
    return model


def test_it_classifies_by_bayes_rule(model: Any) -> None:
    val = digits(200).val
    assert np.mean(model.predict_proba(val.x).argmax(axis=1) == val.y) > 0.75


def test_imputing_keeps_what_is_known_and_does_not_look_at_the_rest(model: Any) -> None:
    x, mask = digits(200).val.x[:6], np.zeros((6, 1, 8, 8), bool)
    mask[:, :, :4] = True
    filled = model.impute(np.where(mask, x, np.nan).astype(np.float32), mask)
    assert np.array_equal(filled[mask], x[mask])
    assert np.isfinite(filled).all()


def test_images_become_rows_of_all_channels_and_come_back() -> None:
    data = coloured()
    model: Any = MODELS["hmm"].build({"n_states": 3}, data, seed=0)
    rows = model._rows(data.val.x)
    assert rows.shape == (30, 5, 21)
    assert rows[2, 1, 7 * 2 + 3] == data.val.x[2, 2, 1, 3]
    assert np.array_equal(model._images(rows), data.val.x)


def test_more_states_than_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^n_states: 500 is over the"):
        MODELS["hmm"].build({"n_states": 500}, digits(200), seed=0)
