"""A model before the judge: rows with a verdict, at every evaluation; what survives a checkpoint; points."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import TINY
from helpers.untrained import Untrained

from analysis.judge.judgement import VERDICTS
from analysis.metrics import METRICS
from analysis.ranking import HOPELESS
from analysis.results import HEALTHY, NO_NUMBERS
from analysis.rows import Row
from sweeps.evaluation.evaluator import SAMPLES, Evaluator
from sweeps.evaluation.extractors import RealFeatures, real_features_of
from sweeps.spec import load_spec
from sweeps.stopping.rules import rules_of
from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import MODELS
from trainables.base import DivergedError
from trainables.data import Dataset, load_dataset

DIGITS = load_dataset("digits")
GENERATIVE = [name for name in TINY if name in MODELS and MODELS[name].kind == "generative"]


@cache
def real_features() -> RealFeatures:
    return real_features_of(DIGITS, say=lambda line: None)


def evaluator(*wanted: str) -> Evaluator:
    return Evaluator(DIGITS, *wanted, real_features=real_features())


class Copying(Untrained):
    """A model of the user's own that draws from these images."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
        drawn: np.ndarray = self.images[np.random.default_rng(seed).integers(len(self.images), size=n)]
        return drawn


@pytest.fixture
def running() -> Running:
    config = {**TINY["gan"].config, "updates": 40, "updates_per_step": 10}
    running = Running(Work("0000", config, (3, 4), None), MODELS["gan"], DIGITS, "cpu")
    running.start()
    return running


@pytest.mark.parametrize("name", GENERATIVE)
def test_every_generative_model_gets_a_verdict_with_reasons(name: str) -> None:
    model = TINY[name].build()
    trained = model.step()
    row = evaluator().row(model, last=False, history=[trained])
    assert row["verdict"] in VERDICTS
    assert row["evidence"]
    assert all(type(sentence) is str for sentence in row["evidence"])
    assert 0 <= row["gen/severity"] <= 1
    assert row["extractor"] == real_features().extractor.name
    assert len(row["class_histogram"]) == 10
    assert sum(row["class_histogram"]) == pytest.approx(1, abs=0.01)
    assert row["gen/frechet"] > 0
    assert all(key in METRICS or key in NO_NUMBERS for key in row)
    conditional = getattr(model, "conditional", False)
    assert ("gen/conditional_accuracy" in row) is conditional


def test_real_images_are_healthy_threes_are_a_collapse_and_training_images_are_learnt_by_heart() -> None:
    val = DIGITS.val
    assert evaluator().row(Copying(DIGITS.train.x))["verdict"] == "memorised"
    assert evaluator().row(Copying(val.x[val.y == 3]))["verdict"] == "mode_collapse"
    healthy = evaluator()._sample_metrics.row(val.x)  # type: ignore[union-attr]  # None only of classifiers
    assert healthy["verdict"] == HEALTHY


def test_of_less_training_data_only_what_was_seen_can_be_learnt_by_heart() -> None:
    part = DIGITS.limited(200)
    copying = Copying(part.train.x)
    assert evaluator().row(copying, part.train)["verdict"] == "memorised"
    others = DIGITS.train.x[~(DIGITS.train.x[:, None] == part.train.x[None]).all(axis=(2, 3, 4)).any(axis=1)]
    assert len(others) > 900
    assert evaluator().row(Copying(others), part.train)["gen/copies"] < 0.1


def test_what_is_near_in_pixels_is_told_at_the_last_step_or_when_wanted() -> None:
    model = TINY["gan"].build()
    assert "gen/frechet_pixels" not in evaluator("gen/frechet").row(model, last=False)
    assert "gen/frechet_pixels" in evaluator("gen/frechet_pixels").row(model, last=False)
    assert "gen/frechet_pixels" in evaluator().row(model, last=True)
    assert "gen/frechet_pixels" in Evaluator(DIGITS).row(model, last=False)
    assert "verdict" not in Evaluator(DIGITS).row(model)


def test_the_last_step_tells_of_the_game_and_of_the_ways_between_samples() -> None:
    model = TINY["gan"].build()
    history = [model.step() for _ in range(4)]
    last = evaluator().row(model, history=history)
    assert {"gen/path_smoothness", "gen/path_realism", "train/late_d_accuracy", "train/oscillation"} <= set(last)
    assert not {"gen/path_realism", "train/oscillation"} & set(evaluator().row(model, last=False, history=history))


def test_conditional_samples_are_asked_for_as_often_as_in_training() -> None:
    class Named(Untrained):
        conditional = True

        def sample(self, n: int, *, seed: int = 0, labels: Any = None) -> np.ndarray:
            self.asked = labels
            return DIGITS.train.x[:n]

    model = Named()
    evaluator().row(model, last=False)
    counts = np.bincount(model.asked, minlength=10)
    assert counts.sum() == SAMPLES
    assert np.allclose(counts / SAMPLES, np.bincount(DIGITS.train.y) / len(DIGITS.train), atol=0.03)


def test_samples_that_are_not_finite_are_a_divergence() -> None:
    with pytest.raises(DivergedError, match="not finite"):
        evaluator().row(Copying(np.full((2, 1, 8, 8), np.nan, np.float32)))


def test_hopeless_verdicts_are_verdicts() -> None:
    assert set(VERDICTS) - {HEALTHY} > HOPELESS


class TestHistory:
    def test_it_is_all_rows_before_and_the_training_of_this_step(self, running: Running) -> None:
        judge, seen = evaluator(), []
        while not running.finished:
            running.advance()
            seen.append([len(history) for history in running.histories])
            found = [
                judge.row(m, last=False, history=h) for m, h in zip(running.models, running.histories, strict=True)
            ]
            running.rows = [
                {**t, **{name: v for name, v in f.items() if name not in NO_NUMBERS}}
                for t, f in zip(running.trained, found, strict=True)
            ]
        assert seen == [[1, 1], [2, 2], [3, 3], [4, 4]]
        assert "gen/frechet" in running.histories[0][0]
        assert "gen/frechet" not in running.histories[0][-1]

    def test_a_checkpoint_carries_it(self, running: Running) -> None:
        for _ in range(2):
            running.advance()
            running.rows = [{**row, "gen/severity": 0.5} for row in running.trained]
        work = Work("0000", running.work.config, (3, 4), None, resumed=True)
        again = Running(work, MODELS["gan"], DIGITS, "cpu", running.checkpoint())
        again.start()
        for one in (running, again):
            one.advance()
        assert again.histories == running.histories
        assert torch.load(io.BytesIO(again.checkpoint()), weights_only=True)["step"] == 3

    def test_an_evaluation_that_is_repeated_sees_what_the_first_saw(self, running: Running) -> None:
        while not running.finished:
            running.advance()
            running.rows = [{**row, "gen/severity": 0.5} for row in running.trained]
        before = running.histories
        running.advance()  # nothing is left to train
        assert running.histories == before
        assert running.step == 4


class TestPoints:
    @pytest.mark.parametrize("name", ["ring", "grid"])
    def test_modes_that_are_missing_are_a_collapse(self, name: str) -> None:
        data = load_dataset(name)
        judge = Evaluator(data, real_features=real_features_of(data))
        half = data.val.x[data.val.y < data.n_classes // 2]
        row = judge.row(Copying(half))
        assert row["verdict"] == "mode_collapse"
        assert row["extractor"] == "points"
        assert row["gen/modes_captured"] == data.n_classes // 2
        assert judge._sample_metrics.row(data.val.x[:500])["verdict"] == HEALTHY  # type: ignore[union-attr]


def test_a_judge_of_other_images_of_the_kind(tmp_path: Path) -> None:
    half = Dataset(DIGITS.name, DIGITS.val, DIGITS.train, DIGITS.classes, "", 0)
    turned = real_features().on(half)
    seen = real_features().extractor.extract(DIGITS.train.x)
    assert np.allclose(turned.real["vectors"], seen.vectors, atol=1e-5)
    assert turned.extractor is real_features().extractor


def test_a_gan_of_images_that_are_all_the_same_has_finite_numbers_and_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)  # there is nothing to tell apart
    images = np.repeat(DIGITS.train.x[:1], 120, axis=0)
    labels = np.arange(120) % 2
    np.savez(tmp_path / "same.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    same = load_dataset(tmp_path / "same.npz")
    config = {**TINY["gan"].config, "updates": 20, "updates_per_step": 10}
    running = Running(Work("0000", config, (3,), None), MODELS["gan"], same, "cpu")
    running.start()
    judged = Evaluator(same, real_features=real_features_of(same, say=lambda line: None))
    rows = []
    while not running.finished:
        running.advance()
        rows.append(judged.row(running.models[0], last=running.finished, history=running.histories[0]))
    assert len(rows) == 2
    assert all(row["verdict"] in VERDICTS for row in rows)
    numbers = [v for row in rows for name, v in row.items() if name not in NO_NUMBERS and isinstance(v, float)]
    assert numbers
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0])
def test_a_generator_of_one_colour_is_stopped_as_collapsed(level: float) -> None:
    model = Copying(np.full((4, 1, 8, 8), level, np.float32))
    (rule,) = rules_of(load_spec("gan", {"early_terminate": {"type": "collapse", "patience": 2}}))
    reasons = []
    for step in (1, 2):
        row = evaluator().row(model, last=False, history=[{}])
        reasons.append(rule.report(Row.of({**row, "trial": "0000", "step": step})))
    assert reasons[0] is None
    assert "mode_collapse" in str(reasons[1])
