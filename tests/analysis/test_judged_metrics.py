"""Metrics in features and pixels: published figures, reference code, closed forms and the properties they must have."""

import math

import numpy as np
import pytest
from helpers.made_images import CLASSES, extracted, reference_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from sklearn.metrics.pairwise import polynomial_kernel

from analysis.judge.extracted_features import ExtractedFeatures, Reference, TrainingImages, once
from analysis.metrics import METRICS, game, histogram, memorisation, neighbours, paths, pixels, similarity, synthetic
from analysis.metrics import distances as d

OF_SAMPLES = ("judged", "path", "history")
FUNCTIONS = {name: row.function for name, row in METRICS.items() if row.kind in OF_SAMPLES and row.function}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of()


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """`kid` of vectors (n, d) and (m, d); it looks at nothing else."""

    def part(vectors: np.ndarray) -> ExtractedFeatures:
        return ExtractedFeatures(
            np.zeros((len(vectors), 1, 1, 1), np.float32), vectors, np.ones((len(vectors), 1), np.float32)
        )

    nothing = TrainingImages(np.zeros((0, 1, 1, 1), np.float32), np.zeros(0, np.int64))
    return d.kid(Reference(nothing, part(real), ("all",), "none"), part(fake))


class TestOnce:
    def test_computed_once_per_arguments(self) -> None:
        calls = []

        @once
        def both(reference: Reference, fake: ExtractedFeatures) -> int:
            calls.append((reference, fake))
            return len(calls)

        one, other = (reference_of(4, 4) for _ in range(2))
        a, b = extracted(8, 2), extracted(8, 3)
        assert [both(one, a), both(one, a), both(one, b), both(one, a), both(other, a)] == [1, 1, 2, 1, 3]


class TestPrdc:
    @pytest.mark.slow
    def test_the_published_figures(self) -> None:
        # github.com/clovaai/generative-evaluation-prdc, README: one draw of n = 10,000 of N(0, I) in 1,000 dimensions.
        # In so many dimensions a few hubs decide, so that draws differ: these are within what ours spread over.
        real, fake = (np.random.default_rng(seed).normal(size=(10_000, 1000)).astype(np.float32) for seed in (0, 1))
        found = neighbours.prdc(real, fake)
        assert (found.precision, found.recall) == pytest.approx((0.4772, 0.4705), abs=0.04)
        assert found.density == pytest.approx(1.0555, abs=0.2)
        assert found.coverage == pytest.approx(0.9735, abs=0.02)

    @given(st.integers(0, 2**32 - 1), st.integers(8, 60), st.integers(8, 60), st.integers(1, 5))
    @settings(deadline=None)
    def test_against_the_reference_code(self, seed: int, n: int, m: int, k: int) -> None:
        from prdc import compute_prdc

        rng = np.random.default_rng(seed)
        real, fake = rng.normal(size=(n, 3)), rng.normal(0.5, 1.5, size=(m, 3))
        assert vars(neighbours.prdc(real, fake, k)) == pytest.approx(compute_prdc(real, fake, nearest_k=k))

    def test_a_tight_cluster_beside_a_wide_one(self) -> None:
        rng = np.random.default_rng(0)
        tight, wide = 0.1 * rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
        found = neighbours.prdc(wide, tight)
        assert found.precision > 0.95
        assert found.recall < 0.15
        turned = neighbours.prdc(tight, wide)
        assert (turned.precision, turned.recall) == (found.recall, found.precision)

    def test_a_set_against_itself(self) -> None:
        same = np.random.default_rng(0).normal(size=(100, 3))
        found = neighbours.prdc(same, same)
        assert (found.precision, found.recall, found.coverage) == (1, 1, 1)

    @pytest.mark.parametrize(("n", "m"), [(200, 200), (300, 60), (60, 300)])
    def test_coverage_of_the_same_distribution_is_known(self, n: int, m: int) -> None:
        rng = np.random.default_rng(0)
        found = [neighbours.prdc(rng.normal(size=(n, 2)), rng.normal(size=(m, 2))).coverage for _ in range(40)]
        assert np.mean(found) == pytest.approx(neighbours.expected_coverage(n, m), abs=0.02)

    def test_modes_lost_are_coverage_lost(self, reference: Reference) -> None:
        kept = [neighbours.coverage(reference, extracted(400, 5, classes=classes)) for classes in (4, 3, 2, 1)]
        assert kept == sorted(kept, reverse=True)
        assert kept[0] > 0.9
        assert kept[-1] < 0.4

    def test_too_few(self) -> None:
        with pytest.raises(ValueError, match="5 neighbours need 6"):
            neighbours.prdc(np.zeros((5, 2)), np.zeros((9, 2)))


class TestDistances:
    def test_frechet_of_diagonal_gaussians(self, reference: Reference) -> None:
        # The same cloud moved by (3, 4): the covariances are equal, so the squared shift is all.
        held_out = reference.held_out
        shift = np.zeros(12, np.float32)
        shift[:2] = 3, 4
        moved = ExtractedFeatures(held_out.images, held_out.vectors + shift, held_out.probabilities)
        assert d.frechet(reference, moved) == pytest.approx(25, rel=1e-4)
        assert d.frechet(reference, held_out) == pytest.approx(0, abs=1e-6)

    def test_frechet_against_the_root_of_the_product(self, reference: Reference) -> None:
        fake = extracted(300, 7, spread=0.5)
        (mean_a, cov_a), (mean_b, cov_b) = (
            (x.mean(axis=0), np.cov(x, rowvar=False))
            for x in (reference.held_out.vectors.astype(float), fake.vectors.astype(float))
        )
        root = np.real(linalg.sqrtm(cov_a @ cov_b))
        expected = np.square(mean_a - mean_b).sum() + np.trace(cov_a + cov_b - 2 * root)
        assert d.frechet(reference, fake) == pytest.approx(expected, rel=1e-5)

    def test_kid_against_scikit_learn_and_by_hand(self) -> None:
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(30, 4)), rng.normal(1, 1, size=(20, 4))
        aa, bb, ab = (polynomial_kernel(*pair, degree=3, gamma=1 / 4, coef0=1) for pair in ((a, a), (b, b), (a, b)))
        inside = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (aa, bb)]
        assert kernel_distance(a, b) == pytest.approx(sum(inside) - 2 * ab.mean())
        assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a))

    def test_kid_is_unbiased(self) -> None:
        rng = np.random.default_rng(0)
        draws = [kernel_distance(rng.normal(size=(25, 3)), rng.normal(size=(25, 3))) for _ in range(300)]
        assert np.mean(draws) == pytest.approx(0, abs=3 * np.std(draws) / np.sqrt(300))

    @pytest.mark.parametrize("name", ["gen/frechet", "gen/kid"])
    def test_grows_with_what_is_wrong(self, reference: Reference, name: str) -> None:
        far = [FUNCTIONS[name](reference, extracted(300, 3, spread=spread)) for spread in (0.25, 0.6, 1.2)]
        assert far == sorted(far)


class TestHistogram:
    def test_shares_by_hand(self, reference: Reference) -> None:
        fake = extracted(200, 2).at(np.r_[0:200:4, 0:200:4, 1:200:4])  # a, a, b in equal parts
        assert histogram.class_shares(reference, fake) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=0.01)
        assert histogram.modes_covered(reference, fake) == 2
        expected = 2 / 3 * math.log(8 / 3) + 1 / 3 * math.log(4 / 3)
        assert histogram.class_kl(reference, fake) == pytest.approx(expected, abs=0.02)
        entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)) / math.log(4)
        assert histogram.class_entropy(reference, fake) == pytest.approx(entropy, abs=0.02)

    def test_one_class_is_the_worst(self, reference: Reference) -> None:
        fake = extracted(400, 2).at(np.arange(0, 400, 4))
        assert histogram.class_kl(reference, fake) == pytest.approx(math.log(4), abs=0.02)
        assert histogram.class_entropy(reference, fake) == pytest.approx(0, abs=0.02)

    def test_mistakes_of_the_extractor_are_taken_out(self) -> None:
        confused = np.array([[0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [0.0, 0.1, 0.9]])
        truth = np.array([0.0, 0.4, 0.6])
        assert histogram.unmixed(1e6 * truth @ confused, confused) == pytest.approx(truth, abs=1e-3)

    @given(st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any))
    @settings(deadline=None)
    def test_without_mistakes_shares_are_counts(self, counts: list[int]) -> None:
        assert histogram.unmixed(np.array(counts), np.eye(3)) == pytest.approx(np.array(counts) / sum(counts))

    def test_conditional_accuracy(self, reference: Reference) -> None:
        fake = extracted(100, 2)
        assert fake.labels is not None
        wrong = np.where(np.arange(100) < 25, (fake.labels + 1) % CLASSES, fake.labels)
        asked = ExtractedFeatures(fake.images, fake.vectors, fake.probabilities, wrong)
        assert histogram.conditional_accuracy(reference, asked) == 0.75
        nobody = ExtractedFeatures(fake.images, fake.vectors, fake.probabilities)
        assert math.isnan(histogram.conditional_accuracy(reference, nobody))


class TestRepetition:
    def test_real_images_repeat_as_usual(self, reference: Reference) -> None:
        assert neighbours.duplicates(reference, extracted(400, 5)) == pytest.approx(0.05, abs=0.05)
        assert neighbours.class_diversity(reference, extracted(400, 5)) == pytest.approx(1, abs=0.1)

    def test_a_few_images_a_class_repeat(self, reference: Reference) -> None:
        few = [neighbours.duplicates(reference, extracted(400, 5, per_class=k)) for k in (1, 10, 90)]
        assert few[0] == 1
        assert few == sorted(few, reverse=True)
        assert neighbours.class_diversity(reference, extracted(400, 5, per_class=1)) == pytest.approx(0, abs=1e-3)

    def test_training_images_are_copies_also_with_noise(self, reference: Reference) -> None:
        train = extracted(len(reference.train), 0).some(300)
        noise = np.random.default_rng(3).normal(scale=0.02, size=train.images.shape).astype(np.float32)
        for images in (train.images, train.images + noise):
            copied = ExtractedFeatures(images, train.vectors, train.probabilities)
            assert memorisation.copies(reference, copied) > 0.99
            assert memorisation.train_distance(reference, copied) < 0.2

    def test_other_real_images_are_not(self, reference: Reference) -> None:
        assert memorisation.copies(reference, extracted(300, 5)) < 0.02
        assert memorisation.train_distance(reference, extracted(300, 5)) == pytest.approx(1, abs=0.1)
        assert memorisation.copies(reference, reference.held_out) == 0

    def test_half_of_them_is_half(self, reference: Reference) -> None:
        images = np.concatenate([reference.train.images[:150], extracted(150, 5).images])
        vectors = images.reshape(300, -1)
        half = ExtractedFeatures(images, vectors, np.full((300, 4), 0.25, np.float32))
        assert memorisation.copies(reference, half) == pytest.approx(0.5, abs=0.02)


class TestPixels:
    @given(st.floats(0.01, 1), st.integers(0, 1000))
    @settings(deadline=None)
    def test_white_noise_is_all_grain_whatever_its_contrast(self, scale: float, seed: int) -> None:
        noise = scale * np.random.default_rng(seed).normal(size=(20, 1, 28, 28))
        assert pixels.grain(noise).mean() == pytest.approx(1, abs=0.05)

    def test_flat_images_and_single_pixels_have_none(self) -> None:
        assert pixels.grain(np.full((3, 1, 8, 8), 0.3)).tolist() == [0, 0, 0]
        assert pixels.grain(np.ones((2, 3, 1, 5))).tolist() == [0, 0]

    def test_a_chessboard_is_four_times_white(self) -> None:
        board = (np.indices((8, 8)).sum(axis=0) % 2 * 2.0 - 1)[None, None]
        assert pixels.grain(board) == pytest.approx([4.0])

    def test_noise_raises_and_blur_lowers_it(self, reference: Reference) -> None:
        real = extracted(200, 5)
        noise = np.random.default_rng(0).normal(size=real.images.shape).astype(np.float32)
        level = [real.images + np.float32(s) * noise for s in (0, 0.5, 1.0)]
        rising = [
            pixels.high_frequency(reference, ExtractedFeatures(x, real.vectors, real.probabilities)) for x in level
        ]
        assert rising == sorted(rising)
        soft = (real.images + np.roll(real.images, 1, 2) + np.roll(real.images, 1, 3)) / np.float32(3)
        assert (
            pixels.high_frequency(reference, ExtractedFeatures(soft, real.vectors, real.probabilities))
            < 0.7 * rising[0]
        )

    def test_background(self) -> None:
        black = np.full((50, 1, 8, 8), -1, np.float32)
        black[:, :, 2:6, 2:6] = np.random.default_rng(0).uniform(-0.5, 1, (50, 1, 4, 4))
        real = ExtractedFeatures(black, black.reshape(50, -1), np.ones((50, 1), np.float32))
        dirty = black.copy()
        dirty[:, :, :2] = -0.5
        reference = Reference(TrainingImages(real.images, np.zeros(50, np.int64)), real, ("one",), "pixels")
        assert pixels.background(reference, real) == 1
        expected = (64 - 16 - 16) / (64 - 16)
        assert pixels.background(
            reference, ExtractedFeatures(dirty, real.vectors, real.probabilities)
        ) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("shape", "off", "expected"),
        [
            ((3, 9, 9), 0, 0.7),
            ((3, 9, 9), 1 / 127.5, 0.7),
            ((3, 9, 9), 3 / 127.5, 0.4),
            ((2,), 0, 0.7),
            ((2,), 1e-6, 0.4),
        ],
    )
    def test_one_image_many_times(self, shape: tuple[int, ...], off: float, expected: float) -> None:
        images = np.random.default_rng(0).uniform(-0.9, 0.9, (200, *shape)).astype(np.float32)
        images[:80], images[80:140] = images[0], images[0] + np.float32(off)
        assert (
            pixels.one_image(ExtractedFeatures(images, images.reshape(200, -1), np.ones((200, 1), np.float32)))
            == expected
        )


class TestSimilarity:
    def test_shift_and_contrast_do_not_count(self, reference: Reference) -> None:
        train = extracted(len(reference.train), 0).some(200)
        assert similarity.similarity(reference, train).correlation.min() > 0.999
        assert (similarity.similarity(reference, train).label == train.labels).all()
        shifted = ExtractedFeatures(np.roll(train.images, 1, 3), train.vectors, train.probabilities)
        assert similarity.similarity(reference, shifted).correlation.min() > 0.99
        assert (similarity.similarity(reference, shifted).label == train.labels).mean() > 0.99

    def test_noise_is_like_nothing(self, reference: Reference) -> None:
        noise = np.random.default_rng(0).uniform(-1, 1, (200, 1, 8, 8)).astype(np.float32)
        found = similarity.similarity(
            reference, ExtractedFeatures(noise, noise.reshape(200, -1), np.full((200, 4), 0.25, np.float32))
        )
        assert np.median(found.correlation) < np.quantile(similarity.held_out_similarity(reference).correlation, 0.01)


class TestSynthetic:
    def test_real_images_teach_and_noise_does_not(self, reference: Reference) -> None:
        noise = np.random.default_rng(0).uniform(-1, 1, (400, 1, 8, 8)).astype(np.float32)
        fake = ExtractedFeatures(noise, noise.reshape(400, -1), extracted(400, 5).probabilities)
        assert synthetic.tstr_accuracy(reference, extracted(400, 5)) > 0.95
        assert synthetic.trts_accuracy(reference, extracted(400, 5)) > 0.95
        assert synthetic.tstr_accuracy(reference, fake) < 0.6
        assert synthetic.trts_accuracy(reference, fake) < 0.5

    def test_one_label_alone(self, reference: Reference) -> None:
        assert synthetic.tstr_accuracy(reference, extracted(400, 2).at(np.arange(0, 400, 4))) == pytest.approx(
            1 / CLASSES
        )


class TestPaths:
    def frames(self, vectors: np.ndarray) -> ExtractedFeatures:
        flat = vectors.reshape(-1, vectors.shape[-1]).astype(np.float32)
        return ExtractedFeatures(np.zeros((len(flat), 1, 2, 2), np.float32), flat, np.ones((len(flat), 1), np.float32))

    def test_pace_by_hand(self, reference: Reference) -> None:
        even = np.stack([np.linspace(0, 1, 6)] * 2, axis=-1)[None]
        jump = np.array([0, 0, 0, 1, 1, 1])[None, :, None]
        still = np.zeros((1, 6, 1))
        assert paths.path_smoothness(reference, self.frames(even), 1) == pytest.approx(1)
        assert paths.path_smoothness(reference, self.frames(jump), 1) == pytest.approx(1 / 5)
        both = np.concatenate([jump, still])
        assert paths.path_smoothness(reference, self.frames(both), 2) == pytest.approx(1 / 5)
        assert math.isnan(paths.path_smoothness(reference, self.frames(still), 1))

    def test_realism_looks_between_the_ends(self, reference: Reference) -> None:
        real = reference.held_out.vectors
        way = np.stack([real[0] + 100, real[1], real[2] + 100, real[3] + 100])[None]
        assert paths.path_realism(reference, self.frames(way), 1) == 0.5

    def test_frames_that_are_no_paths(self, reference: Reference) -> None:
        with pytest.raises(ValueError, match="7 frames are not 2 paths"):
            paths.path_realism(reference, self.frames(np.zeros((1, 7, 2))), 2)


class TestGame:
    def test_late_is_the_last_quarter(self) -> None:
        rows = [{"train/d_real": float(t)} for t in range(20)]
        assert game.late(rows, "train/d_real") == np.mean([15, 16, 17, 18, 19])
        assert game.late(rows[:2], "train/d_real") == 0.5
        assert math.isnan(game.late(rows, "train/d_fake"))

    def test_oscillation(self) -> None:
        rows = [{"train/loss_g": value} for value in (1.0, 2.0, 1.0, 2.0, 1.0)]
        assert game.oscillation(rows) == 1
        assert game.oscillation([{"train/loss_g": float(t)} for t in range(9)]) == 0
        noise = np.random.default_rng(0).normal(size=4000)
        assert game.oscillation([{"train/loss_g": v} for v in noise]) == pytest.approx(2 / 3, abs=0.03)


class TestTable:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_a_row_says_what_it_takes_and_who_proposed_it(self, name: str) -> None:
        assert METRICS[name].shapes
        assert METRICS[name].source
        assert METRICS[name].kind != "judged" or name.startswith("gen/")

    @pytest.mark.parametrize("name", [name for name in FUNCTIONS if METRICS[name].kind == "judged"])
    def test_the_order_of_samples_does_not_matter(self, reference: Reference, name: str) -> None:
        fake = extracted(301, 4)
        function = FUNCTIONS[name]
        assert function(reference, fake.at(np.arange(300, -1, -1))) == pytest.approx(
            function(reference, fake), rel=1e-3, nan_ok=True
        )
