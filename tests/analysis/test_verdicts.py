"""The verdict: each of the ten from samples that were made to deserve it, and what a judgement is made of."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.made_images import CLASSES, extracted, reference_of
from helpers.repository import REPOSITORY

from analysis.judge.definitions import BORDERLINE, borderline_table, definition_table
from analysis.judge.extracted_features import ExtractedFeatures, Reference, TrainingImages
from analysis.judge.judgement import FEWEST, HOLDS, VERDICTS, Judgement, judge
from analysis.metrics import METRICS
from analysis.metrics.histogram import real_shares
from analysis.ranking import HOPELESS


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of()


def looked_at(images: np.ndarray, seed: int = 5) -> ExtractedFeatures:
    """Images as the extractor of `extracted` has them, taken for each class in turn."""
    axes = np.random.default_rng(98).normal(size=(64, 12)).astype(np.float32)
    return ExtractedFeatures(images, images.reshape(len(images), -1) @ axes, extracted(len(images), seed).probabilities)


def noise(n: int = 300) -> ExtractedFeatures:
    return looked_at(np.random.default_rng(0).uniform(-1, 1, (n, 1, 8, 8)).astype(np.float32))


def game(accuracy: float, rows: int = 8) -> list[dict[str, float]]:
    return [{"train/d_accuracy": accuracy, "train/loss_g": 1.0, "train/loss_d": 0.5}] * rows


def test_the_ten() -> None:
    assert set(VERDICTS) == {
        "healthy", "mode_collapse", "low_diversity", "noise", "blurred", "discriminator_wins", "generator_wins",
        "frozen", "diverged", "memorised",
    }  # fmt: skip
    assert list(VERDICTS)[-1] == "healthy"


@pytest.mark.parametrize("n", [100, 300, 1000])
def test_real_images_are_healthy(reference: Reference, n: int) -> None:
    found = judge(reference, extracted(n, 5))
    assert found.verdict == "healthy", found.evidence
    assert found.severity < HOLDS
    assert (found.n, found.extractor) == (n, "axes")


def test_held_out_images_themselves_are_healthy(reference: Reference) -> None:
    assert judge(reference, reference.held_out).verdict == "healthy"


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_few_classes(reference: Reference, classes: int) -> None:
    found = judge(reference, extracted(300, 5, classes=classes))
    assert found.verdict == "mode_collapse", found.evidence
    assert f"{classes} of 4 classes cover 97 % of 300 samples" in found.evidence[0]


def test_fewer_classes_are_more_severe(reference: Reference) -> None:
    severity = [judge(reference, extracted(300, 5, classes=classes)).severity for classes in (1, 2, 3)]
    assert severity == sorted(severity, reverse=True)
    assert severity[0] == pytest.approx(1, abs=0.05)


ONE = extracted(400, 1).images[3]  # a held-out image


@pytest.mark.parametrize("image", [np.full_like(ONE, v) for v in (-1, 0, 0.3, 1)] + [ONE, noise(1).images[0]])
@pytest.mark.parametrize("deviation", [0, 0.005])
def test_one_image_is_a_collapse_whatever_it_shows(reference: Reference, image: np.ndarray, deviation: float) -> None:
    jitter = deviation * np.random.default_rng(0).normal(size=(300, *image.shape))
    found = judge(reference, looked_at((image + jitter).clip(-1, 1).astype(np.float32)))
    assert (found.verdict, found.severity) == ("mode_collapse", 1)
    assert found.evidence[0].startswith("100% of the samples are one and the same image")
    assert found.verdict in HOPELESS


def test_images_of_one_colour_each_are_a_collapse(reference: Reference) -> None:
    levels = np.random.default_rng(0).uniform(-1, 1, (300, 1, 1, 1)).repeat(8, 2).repeat(8, 3)
    assert judge(reference, looked_at(levels.astype(np.float32))).verdict == "mode_collapse"


@pytest.mark.parametrize("level", [-1, 0, 1])
def test_half_of_the_samples_dead(reference: Reference, level: float) -> None:
    images = extracted(300, 5).images.copy()
    images[::2] = level
    assert judge(reference, looked_at(images)).verdict == "mode_collapse"
    images = extracted(300, 5).images.copy()
    images[::10] = level
    assert judge(reference, replace(extracted(300, 5), images=images)).verdict == "healthy"


def spoiled(originals: ExtractedFeatures, n: int, spoil: Callable[[np.ndarray, np.random.Generator], Any]) -> Any:
    """`n` samples that are a few images in turn, each spoiled in its own way; of the classes that the images have."""
    rng = np.random.default_rng(3)
    repeated = originals.at(np.arange(n) % len(originals))
    images = np.stack([spoil(image, rng) for image in repeated.images]).clip(-1, 1).astype(np.float32)
    return replace(repeated, images=images, vectors=looked_at(images).vectors, labels=None)


SPOILS: dict[str, Callable[[np.ndarray, np.random.Generator], Any]] = {
    "as they are": lambda image, rng: image,
    "under a little noise": lambda image, rng: image + 0.03 * rng.standard_normal(image.shape),
    "under a little shift": lambda image, rng: np.roll(image, rng.integers(-1, 2, 2), (1, 2)),
    "darker or brighter": lambda image, rng: image + rng.uniform(-0.05, 0.05),
}


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("images", [1, 2, 3])
def test_a_few_images_repeated_are_a_collapse_also_when_they_differ_a_little(
    reference: Reference, images: int, spoil: str
) -> None:
    found = judge(reference, spoiled(reference.held_out.at(np.arange(images)), 300, SPOILS[spoil]))
    # Of four classes three are there with three images, which is few of each.
    assert found.verdict == ("mode_collapse" if images < 3 else "low_diversity"), found.evidence


@pytest.mark.parametrize("spoil", SPOILS)
def test_half_alive_and_half_one_image(reference: Reference, spoil: str) -> None:
    dead, alive = spoiled(reference.held_out.at(np.arange(1)), 150, SPOILS[spoil]), extracted(150, 5)
    parts = zip(*((part.images, part.vectors, part.probabilities) for part in (dead, alive)), strict=True)
    found = judge(reference, ExtractedFeatures(*(np.concatenate(part) for part in parts)))
    assert found.verdict == "mode_collapse", found.evidence


def test_equal_images_have_a_verdict_where_real_ones_are_equal(reference: Reference) -> None:
    def equal(part: Any) -> Any:
        return replace(part, images=np.broadcast_to(ONE, part.images.shape))

    alike = equal(reference.held_out)
    same = replace(alike, vectors=np.broadcast_to(alike.vectors[:1], alike.vectors.shape))
    real = replace(reference, train=equal(reference.train), held_out=same)
    found = judge(real, same.at(np.arange(200)))
    assert found.verdict != "mode_collapse"
    assert np.isfinite(list(found.metrics.values())).all()


def test_few_images_of_each_class(reference: Reference) -> None:
    found = judge(reference, extracted(400, 5, per_class=2))
    assert found.verdict == "low_diversity", found.evidence


def test_training_images(reference: Reference) -> None:
    found = judge(reference, extracted(len(reference.train), 0).some(300))
    assert found.verdict == "memorised", found.evidence
    assert found.severity == pytest.approx(1)


def test_noise(reference: Reference) -> None:
    assert judge(reference, noise()).verdict == "noise"


def test_blur(reference: Reference) -> None:
    images = extracted(300, 5).images
    for axis in (2, 3):
        images = (np.roll(images, 1, axis) + 2 * images + np.roll(images, -1, axis)) / np.float32(4)
    found = judge(reference, looked_at(images))
    assert found.verdict == "blurred", found.evidence


class TestHistory:
    def test_the_cause_is_named_before_the_symptom(self, reference: Reference) -> None:
        assert judge(reference, noise(), game(0.999)).verdict == "discriminator_wins"
        assert judge(reference, noise(), game(0.5)).verdict == "generator_wins"
        assert judge(reference, noise(), game(0.8)).verdict == "noise"

    def test_samples_on_grey_are_not_real_however_near_their_features(self, reference: Reference) -> None:
        def on_black(part: Any) -> Any:
            return replace(part, images=np.where(part.images > 0.3, part.images, np.float32(-1)))

        black = replace(reference, train=on_black(reference.train), held_out=on_black(reference.held_out))
        alike = on_black(extracted(400, 5, per_class=2))
        on_grey = replace(alike, images=np.maximum(alike.images, np.float32(-0.6)))
        assert judge(black, alike, game(0.999)).verdict == "low_diversity"
        assert judge(black, on_grey, game(0.999)).verdict == "discriminator_wins"
        assert judge(black, on_grey, game(0.8)).verdict == "low_diversity"

    def test_a_game_that_looks_lost_is_no_failure_of_good_samples(self, reference: Reference) -> None:
        assert judge(reference, extracted(300, 5), game(0.999)).verdict == "healthy"
        assert judge(reference, extracted(300, 5), game(0.5)).verdict == "healthy"

    def test_a_collapse_behind_balanced_losses(self, reference: Reference) -> None:
        found = judge(reference, extracted(300, 5, classes=1), game(0.75))
        assert found.verdict == "mode_collapse"
        assert "losses look balanced" in found.evidence[-1]

    def test_nothing_changes(self, reference: Reference) -> None:
        first = judge(reference, noise())
        rows = [first.metrics] * 2
        assert judge(reference, noise(), rows).verdict == "frozen"
        assert judge(reference, noise(), rows[:1]).verdict == "noise"
        moved = [{name: 1.01 * value for name, value in first.metrics.items()}, first.metrics]
        assert judge(reference, noise(), moved).verdict == "noise"

    def test_a_model_that_is_done_learning_is_not_frozen(self, reference: Reference) -> None:
        rows = [judge(reference, extracted(300, 5)).metrics] * 4
        assert judge(reference, extracted(300, 5), rows).verdict == "healthy"

    def test_numbers_that_are_none(self, reference: Reference) -> None:
        assert judge(reference, extracted(300, 5), [{"train/loss_g": float("nan")}]).verdict == "diverged"
        broken = extracted(300, 5)
        broken.images[3, 0, 2, 2] = np.nan
        found = judge(reference, broken)
        assert (found.verdict, found.severity) == ("diverged", 1)


class TestJudgement:
    def test_metrics_have_rows(self, reference: Reference) -> None:
        found = judge(reference, extracted(300, 5))
        assert isinstance(found, Judgement)
        assert set(found.metrics) <= set(METRICS)
        assert {"gen/frechet", "gen/coverage", "gen/tstr_accuracy", "gen/copies"} <= set(found.metrics)
        assert all(isinstance(value, float) for value in found.metrics.values())

    def test_it_is_the_same_again_with_another_reference(self, reference: Reference) -> None:
        fake = extracted(250, 7)
        assert judge(reference, fake) == judge(reference_of(), fake)

    def test_too_few(self, reference: Reference) -> None:
        with pytest.raises(ValueError, match="99 samples are too few"):
            judge(reference, extracted(FEWEST - 1, 5))

    def test_another_shape(self, reference: Reference) -> None:
        images = np.zeros((200, 1, 9, 9), np.float32)
        with pytest.raises(ValueError, match="differ in shape"):
            judge(
                reference, ExtractedFeatures(images, np.zeros((200, 12), np.float32), extracted(200, 5).probabilities)
            )


def test_points_are_judged_too() -> None:
    """A ring of modes: no pixels, so no noise and no blur, but classes and repetition."""
    angles = 2 * np.pi * np.arange(CLASSES) / CLASSES
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def points(n: int, modes: int, seed: int) -> ExtractedFeatures:
        labels = np.arange(n) % modes
        at = (centres[labels] + 0.05 * np.random.default_rng(seed).normal(size=(n, 2))).astype(np.float32)
        return ExtractedFeatures(at, at, np.eye(CLASSES, dtype=np.float32)[labels], labels)

    learnt = points(800, 4, 0)
    assert learnt.labels is not None
    reference = Reference(TrainingImages(learnt.images, learnt.labels), points(400, 4, 1), tuple("abcd"), "points")
    assert judge(reference, points(300, 4, 2)).verdict == "healthy"
    assert judge(reference, points(300, 2, 2)).verdict == "mode_collapse"
    assert judge(reference, learnt.some(300)).verdict == "memorised"
    strewn = np.random.default_rng(3).uniform(-1.2, 1.2, (300, 2)).astype(np.float32)
    taken = np.square(strewn[:, None] - centres).sum(axis=2).argmin(axis=1)
    assert (
        judge(reference, ExtractedFeatures(strewn, strewn, np.eye(CLASSES, dtype=np.float32)[taken])).verdict == "noise"
    )


@pytest.mark.parametrize("held_out", [1, 2, 5])
@pytest.mark.parametrize("train", [1, 2, 200])
def test_few_real_images_raise_no_alarm(reference: Reference, held_out: int, train: int) -> None:
    few = replace(
        reference, held_out=reference.held_out.at(np.arange(held_out)), train=reference.train.at(np.arange(train))
    )
    found = judge(few, extracted(300, 5))
    assert all(np.isfinite(value) for value in found.metrics.values())
    if train == 200:
        assert found.verdict == "healthy", found.evidence


def test_shares_are_those_of_all_real_images(reference: Reference) -> None:
    one = replace(reference, held_out=reference.held_out.at(np.arange(1)))
    assert real_shares(one) == pytest.approx(real_shares(reference), abs=0.01)


def test_a_healthy_model_without_a_fault_is_near_none(reference: Reference) -> None:
    found = judge(reference, reference.held_out)
    assert ("nearest to" in " ".join(found.evidence)) == (found.severity > 0)


def test_the_guide_has_the_definitions_as_they_are() -> None:
    page = (REPOSITORY / "docs" / "collapse.md").read_text()
    for name, table in (("definition", definition_table()), ("borderline", borderline_table())):
        assert f"<!-- {name} -->\n{table}\n<!-- end -->" in page, "python benchmarks/collapse.py --tables writes them"


def test_labels_on_the_border_are_verdicts() -> None:
    assert set(BORDERLINE.values()) <= set(VERDICTS)
