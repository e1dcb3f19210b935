"""Points in the plane from data set to sweep: what they are, which models take them, what is measured and drawn."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.command import rows_of, sweeps
from helpers.contract import (
    FEW_UPDATES,
    MANY_STEPS,
    TINY_MLP,
    ModelContract,
    ModelUnderTest,
    advance,
    answer,
    check_answers,
    slow,
)
from helpers.spec_cases import refused
from helpers.untrained import Untrained
from PIL import Image

import trainables
from analysis.media import FAINT, VIVID, encode_scatter
from analysis.metrics.modes import high_quality, mode_counts, modes_captured
from sweeps.evaluation.evaluator import Evaluator, evaluator_on_test
from sweeps.evaluation.extractors import RealFeatures, real_features_of
from sweeps.spec import load_spec
from trainables import MODELS
from trainables.base import ConfigError
from trainables.data import DATASETS, STACKED, DataError, Dataset, Split, load_dataset, load_test, unstacked
from trainables.saving.save import save_model

TINY_VAE = {"width": 16, "latent_dim": 2, **FEW_UPDATES}
TINY = {
    "gan": ModelUnderTest("gan", TINY_MLP, dataset="ring"),
    "cgan": ModelUnderTest("cgan", {**TINY_MLP, "instance_noise": 0.1}, dataset="ring"),
    "lsgan": ModelUnderTest("lsgan", TINY_MLP, dataset="ring"),
    "wgan": ModelUnderTest("wgan", TINY_MLP, dataset="ring"),
    "wgan_gp": ModelUnderTest("wgan_gp", TINY_MLP, dataset="grid"),
    "sngan": ModelUnderTest("sngan", {**TINY_MLP, "ema": 0.9}, dataset="ring"),
    "vae": ModelUnderTest("vae", TINY_VAE, dataset="ring"),
    "cvae": ModelUnderTest("cvae", {**TINY_VAE, "importance_samples": 3}, dataset="ring"),
    "flow": ModelUnderTest("flow", {"transforms": 2, "width": 8, **FEW_UPDATES}, dataset="ring"),
    "gmm": ModelUnderTest("gmm", {"conditional": False, "iterations_per_step": 2, "tol": 1e-9}, dataset="ring"),
    "gaussian_nb": ModelUnderTest("gaussian_nb", dataset="ring", draws=False),
    "mlp": ModelUnderTest("mlp", {"depth": 1, "width_1": 16, **FEW_UPDATES}, dataset="ring"),
    "decision_tree": ModelUnderTest("decision_tree", {"min_samples_leaf": 20}, dataset="grid"),
    "logistic_regression": ModelUnderTest("logistic_regression", {"solver": "saga", "max_iter": 160}, dataset="ring"),
    "svm": ModelUnderTest("svm", {"backend": "sklearn"}, dataset="ring", draws=False),
}


class TestContract(ModelContract):
    """Of those that have code of their own for points, or are put together of other parts than those are."""

    SLOW = ("wgan_gp", "sngan", "gmm")

    @pytest.fixture(params=["cgan", "cvae", "flow", "logistic_regression", *map(slow, SLOW)])
    def case(self, request: pytest.FixtureRequest) -> ModelUnderTest:
        return TINY[request.param]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_takes_points_or_refuses_them_before_training(name: str) -> None:
    if name not in TINY:
        with pytest.raises(ConfigError, match=r"^dataset: ring holds points, .* such as gan, gmm or mlp$"):
            MODELS[name].build({}, load_dataset("ring", train_size=100), seed=0)
        return
    model, data = TINY[name].build(), TINY[name].data()
    model.step()
    check_answers(model, data)


@pytest.mark.parametrize(
    ("model", "config", "words"),
    [
        ("wgan_gp", {"net": "conv"}, "net: conv is for images, and ring holds points; valid: mlp"),
        ("vae", {"likelihood": "bernoulli"}, "likelihood: bernoulli is for images, .*; valid: gaussian"),
    ],
)
def test_a_config_that_is_for_images_is_refused(model: str, config: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        MODELS[model].build(config, load_dataset("ring", train_size=100), seed=0)


class TestData:
    @pytest.mark.parametrize(("name", "modes", "deviation"), [("ring", 8, 0.008), ("grid", 25, 0.01)])
    def test_points_are_the_mixture_that_the_papers_have(self, name: str, modes: int, deviation: float) -> None:
        data, test = load_dataset(name), load_test(name)
        source = DATASETS[name]
        assert (len(data.train), len(data.val), len(test)) == (source.train, source.val, source.test)
        assert data.image_shape == source.image_shape == (2,)
        assert data.modes is not None
        assert data.n_classes == len(data.modes.centres) == modes
        assert data.modes.deviation == pytest.approx(deviation)
        for split in (data.train, data.val, test):
            assert split.x.dtype == np.float32
            assert np.abs(split.x).max() < 1
            gaps = split.x - data.modes.centres[split.y]
            assert gaps.mean(axis=0) == pytest.approx([0, 0], abs=5 * deviation / np.sqrt(len(split)))
            assert gaps.std(axis=0) == pytest.approx([deviation] * 2, rel=0.03)
            assert len(set(np.bincount(split.y))) == 1
            counts = mode_counts(split.x, data.modes.centres, data.modes.deviation)
            assert modes_captured(*counts) == modes
            assert high_quality(*counts) == pytest.approx(0.9889, abs=0.003)

    def test_distances_are_the_papers_up_to_scale(self) -> None:
        ring, grid = DATASETS["ring"].modes, DATASETS["grid"].modes
        assert ring is not None
        assert grid is not None
        assert np.linalg.norm(ring.centres, axis=1) / ring.deviation == pytest.approx(np.full(8, 1 / 0.01))
        assert np.abs(np.diff(np.unique(grid.centres.round(9)))) / grid.deviation == pytest.approx(np.full(4, 2 / 0.05))

    @pytest.mark.parametrize(("name", "begin"), [("ring", "433e9bd416aa"), ("grid", "57bf7c02997a")])
    def test_they_are_generated_alike_for_good(self, name: str, begin: str) -> None:
        assert load_dataset(name).content_hash.startswith(begin)

    def test_parts_share_no_point(self) -> None:
        data, test = load_dataset("ring"), load_test("ring")
        parts = [set(map(bytes, split.x)) for split in (data.train, data.val, test)]
        assert not parts[0] & parts[1]
        assert not parts[2] & (parts[0] | parts[1])

    def test_modes_of_some_classes(self) -> None:
        data = load_dataset("grid", classes=[24, "0"], train_size=50)
        assert data.modes is not None
        assert data.modes.centres.tolist() == [[-0.8, -0.8], [0.8, 0.8]]
        assert np.abs(data.train.x - data.modes.centres[data.train.y]).max() < 0.1


class TestStackedMnist:
    def test_channels_are_digits_of_the_class(self, shared_data: Path) -> None:
        data, mnist = load_dataset("stacked_mnist", data_dir=shared_data), load_dataset("mnist", data_dir=shared_data)
        source = DATASETS["stacked_mnist"]
        assert (len(data.train), len(data.val)) == (source.train, source.val)
        assert data.image_shape == source.image_shape
        assert data.classes[7] == "007"
        assert set(np.bincount(data.train.y)) == {20}
        assert set(np.bincount(data.val.y)) == {2}
        digit_of = {
            image.tobytes(): label
            for part in (mnist.train, mnist.val)
            for image, label in zip(part.x[:, 0], part.y, strict=True)
        }
        for image, label in zip(data.val.x[:200], data.val.y[:200], strict=True):
            assert data.classes[label] == "".join(str(digit_of[channel.tobytes()]) for channel in image)

    def test_test_images_are_made_of_test_digits(self, shared_data: Path) -> None:
        mnist = {image.tobytes() for image in load_test("mnist", data_dir=shared_data).x[:, 0]}
        test = load_test("stacked_mnist", data_dir=shared_data)
        assert len(test) == DATASETS["stacked_mnist"].test
        assert all(channel.tobytes() in mnist for image in test.x[:100] for channel in image)

    def test_without_mnist_one_line_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from torchvision.datasets import MNIST

        monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])
        with pytest.raises(DataError, match=r"^stacked_mnist is made of mnist: .*MNIST/raw: .*--data-dir"):
            load_dataset("stacked_mnist", data_dir=tmp_path)


class TestEvaluation:
    def test_points_have_counts_of_modes_and_no_metrics_of_images(self) -> None:
        data = load_dataset("ring", train_size=2000)
        model: Any = MODELS["gmm"].build({"reg_covar": 1e-6}, data, seed=0)
        while not model.finished:
            model.step()
        row = Evaluator(data).metrics(model)
        assert row["gen/modes_captured"] == 8
        assert row["gen/high_quality"] > 0.97
        assert row["gen/reverse_kl"] < 0.01
        assert row["gen/mode_divergence"] < 0.02
        # The entropy of the mixture is that of a Gaussian and of the choice among modes that do not overlap.
        entropy = 1 + np.log(2 * np.pi * 0.008**2) + np.log(8)
        assert row["val/log_density"] == pytest.approx(-entropy, abs=0.1)
        assert row["val/bayes_accuracy"] == 1
        assert not {name for name in row if "frechet" in name or "impute" in name or "denoise" in name}
        test = evaluator_on_test(data, "ring")(model)
        assert test["test/modes_captured"] == 8

    def test_images_have_no_modes_to_count(self) -> None:
        data = load_dataset("digits", train_size=200)
        model: Any = MODELS["gaussian_nb"].build({}, data, seed=0)
        model.step()
        row = Evaluator(data).metrics(model)
        assert "gen/frechet_pixels" in row
        assert "gen/modes_captured" not in row

    def test_of_very_many_classes_none_has_numbers_of_its_own(self) -> None:
        data = load_dataset("digits", train_size=200)
        model: Any = MODELS["gaussian_nb"].build({}, data, seed=0)
        model.step()
        many = replace(data, classes=tuple(map(str, range(101))))
        rows = [Evaluator(each).row(model) for each in (data, many)]
        assert [any(name.startswith(("val/recall/", "confusion")) for name in row) for row in rows] == [True, False]
        assert rows[0]["val/accuracy"] == rows[1]["val/accuracy"]

    def test_a_collapsed_model_is_counted_as_one(self) -> None:
        class OnePlace(Untrained):
            def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
                return np.full((n, 2), [0.8, 0.0], np.float32)

        row = Evaluator(load_dataset("ring", train_size=100)).metrics(OnePlace())
        assert row["gen/modes_captured"] == 1
        assert row["gen/high_quality"] == 1
        assert row["gen/reverse_kl"] == pytest.approx(np.log(8))

    def test_the_picture_is_a_scatter(self) -> None:
        data = load_dataset("ring", train_size=400)
        pictures = Evaluator(data).media(TINY["cvae"].build(data=data))
        assert set(pictures) == {"samples"}
        assert Evaluator(data).media(TINY["logistic_regression"].build(data=data)) == {}


@pytest.fixture(scope="module")
def threefold() -> Dataset:
    """Small ones: scikit-learn's, three to an image."""
    digits = load_dataset("digits")

    def stacked(part: Split, n: int) -> Split:
        rows = np.random.default_rng(n).integers(len(part), size=(n, 3))
        return Split(part.x[rows, 0], part.y[rows] @ np.array([100, 10, 1]))

    classes = tuple(f"{label:03d}" for label in range(1000))
    train, val = stacked(digits.train, 900), stacked(digits.val, 300)
    return replace(digits, name=STACKED, train=train, val=val, classes=classes, content_hash="stacked digits")


@pytest.fixture(scope="module")
def real_features(threefold: Dataset, tmp_path_factory: pytest.TempPathFactory) -> RealFeatures:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return real_features_of(threefold)


class TestStackedDigits:
    def test_each_channel_is_an_image_of_one_digit(self, threefold: Dataset) -> None:
        single = unstacked(threefold)
        assert single.train.x.shape == (2700, 1, 8, 8)
        assert single.train.y[:3].tolist() == [int(digit) for digit in threefold.classes[threefold.train.y[0]]]
        assert (single.train.x[:3, 0] == threefold.train.x[0]).all()
        assert single.content_hash != threefold.content_hash

    def test_it_is_taken_for_the_digits_of_its_channels(self, threefold: Dataset, real_features: RealFeatures) -> None:
        reference = real_features.reference(threefold)
        assert (reference.held_out.predicted == threefold.val.y).mean() > 0.9
        extracted = real_features.extractor.extract(threefold.val.x)
        assert np.allclose(extracted.vectors, reference.held_out.vectors, atol=1e-4)
        assert np.allclose(extracted.probabilities.sum(axis=1), 1, atol=1e-4)

    def test_modes_are_counted_and_a_collapse_is_seen(self, threefold: Dataset, real_features: RealFeatures) -> None:
        class Some:
            def __init__(self, images: np.ndarray) -> None:
                self._images = images

            def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
                return np.resize(self._images, (n, *self._images.shape[1:]))

        evaluator = Evaluator(threefold, real_features=real_features)
        models: list[Any] = [Some(threefold.val.x), Some(threefold.val.x[:1])]
        real, one = (evaluator.row(model) for model in models)
        assert real["gen/modes_captured"] > 0.9 * len(np.unique(threefold.val.y))
        assert (one["gen/modes_captured"], one["verdict"]) == (1, "mode_collapse")
        assert one["gen/reverse_kl"] == pytest.approx(np.log(1000))
        assert "gen/high_quality" not in real
        assert "gen/modes_captured" not in Evaluator(threefold).row(models[0])


class TestScatter:
    def test_points_are_where_they_belong(self) -> None:
        real, fake = np.array([[-1.0, 1.0]]), np.array([[1.0, -1.0], [np.nan, 0.0], [0.0, -7.0]])
        picture = np.asarray(Image.open(io.BytesIO(encode_scatter(real, fake))))
        side = len(picture)
        assert tuple(picture[0, 0]) == FAINT
        assert tuple(picture[side - 1, side - 1]) == VIVID
        assert tuple(picture[side - 1, side // 2]) == VIVID
        assert (picture[: side - 5, 5:] == 255).all()

    def test_samples_lie_on_real_points(self) -> None:
        centre = np.zeros((1, 2))
        picture = np.asarray(Image.open(io.BytesIO(encode_scatter(centre, centre))))
        colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        assert {tuple(colour) for colour in colours} == {FAINT, VIVID, (255, 255, 255)}
        assert counts.min() >= 5

    @pytest.mark.parametrize("shape", [(4, 3), (4,), (4, 1, 2, 2)])
    def test_what_are_no_points_is_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="a scatter needs points"):
            encode_scatter(np.zeros(shape), np.zeros((1, 2)))


class TestSpec:
    def test_nets_and_objective_are_what_points_need(self) -> None:
        spec = load_spec({"model": "wgan_gp", "dataset": "ring", "run_cap": 3})
        assert spec.fixed == {"net": "mlp"}
        assert {"g_width_1", "gp_weight"} <= set(spec.space)
        assert not {"g_channels", "d_norm", "net"} & set(spec.space)
        assert (spec.metric.name, spec.metric.goal) == ("gen/mode_divergence", "minimize")
        assert load_spec(spec.document()) == spec

    def test_a_classifier_keeps_its_own_objective(self) -> None:
        assert load_spec({"model": "mlp", "dataset": "grid", "run_cap": 1}).metric.name == "val/accuracy"

    def test_images_keep_both_kinds_of_nets(self) -> None:
        spec = load_spec({"model": "wgan_gp", "run_cap": 3})
        assert {"net", "g_channels", "g_width_1"} <= set(spec.space)
        assert spec.metric.name == "gen/frechet"

    def test_what_is_fixed_may_be_said(self) -> None:
        lines = {"model": "vae", "dataset": "ring", "run_cap": 1, "parameters": {"net": {"value": "mlp"}}}
        assert load_spec(lines).fixed == {"net": "mlp", "likelihood": "gaussian"}

    @pytest.mark.parametrize(
        ("lines", "start", "words"),
        [
            ({"model": "dcgan"}, "dataset: ring holds points, and dcgan is for images", "one of the models "),
            ({"model": "cnn"}, "dataset: ring holds points, and cnn is for images", "mlp"),
            (
                {"model": "wgan_gp", "parameters": {"net": {"values": ["conv", "mlp"]}}},
                "parameters.net: ring holds points",
                "valid: 'mlp', or leave it out",
            ),
            (
                {"model": "gan", "metric": {"name": "gen/frechet_pixels"}},
                "metric.name: gen/frechet_pixels is no metric of a generative model on ring",
                "gen/mode_divergence",
            ),
            (
                {"model": "gan", "dataset": "digits", "metric": {"name": "gen/reverse_kl"}},
                "metric.name: gen/reverse_kl is no metric of a generative model on digits",
                "gen/frechet_pixels",
            ),
        ],
    )
    def test_what_points_cannot_have_is_said_in_one_line(self, lines: dict[str, Any], start: str, words: str) -> None:
        message = refused(load_spec, {"dataset": "ring", "run_cap": 1, **lines})
        assert message.startswith(f"spec: {start}")
        assert words in message


@pytest.mark.slow
@pytest.mark.ray
def test_a_sweep_on_ring_from_the_command_line(tmp_path: Path, cluster: tuple[str, str]) -> None:
    settings = [part for pair in ("train_size=2000", "updates=20", "updates_per_step=10") for part in ("--set", pair)]
    run = ("run", "wgan_gp", "--dataset", "ring", "--trials", "2", *settings, "--out", "it", "--wandb", "off")
    done = sweeps(*run, *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 done" in done.stderr
    rows = rows_of(tmp_path / "it")
    assert len(rows) == 4
    assert all({"gen/modes_captured", "gen/high_quality", "gen/mode_divergence"} <= set(row) for row in rows)
    assert list(tmp_path.glob("it/media/0000/*_samples.png"))
    assert json.loads((tmp_path / "it" / "manifest.json").read_text())["data"]["image_shape"] == [2]
    refusal = sweeps("run", "dcgan", "--dataset", "ring", folder=tmp_path)
    assert refusal.returncode == 2
    assert refusal.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["wgan_gp", "cvae", "gmm", "decision_tree"])
def test_a_saved_model_of_points_answers_as_before(name: str, tmp_path: Path) -> None:
    case = TINY[name]
    model, data = case.build(), case.data()
    advance(model, MANY_STEPS)
    save_model(tmp_path / "model", model, case.model, case.config, data, seed=0)
    assert np.array_equal(answer(trainables.load(tmp_path / "model"), data), answer(model, data))
