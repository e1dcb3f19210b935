"""What models are good for, measured on real digits with tiny models; the pictures; the test part."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.contract import TINY
from PIL import Image

from analysis.media import decode_grid
from analysis.metrics import METRICS, goal_of
from sweeps.evaluation import downstream
from sweeps.evaluation.evaluator import SAMPLES_COSTLY, Evaluator, evaluator_on_test, kind_of
from sweeps.evaluation.nearest_images import NearestTrainingImages
from sweeps.spec import load_spec
from trainables import MODELS
from trainables.data import Split, load_dataset, load_test, some_images

DATA = load_dataset("digits")
GENERATIVE = [name for name, entry in MODELS.items() if hasattr(entry.cls, "sample")]


@cache
def trained(name: str) -> Any:
    model = TINY[name].build(data=DATA)
    while not model.finished:
        model.step()
    return model


@cache
def judged(name: str) -> dict[str, float]:
    return Evaluator(DATA, ood={"mnist": np.ones((5, 1, 8, 8), np.float32)}).metrics(trained(name))


@pytest.mark.parametrize("name", GENERATIVE)
def test_every_number_has_a_row_that_says_what_it_is(name: str) -> None:
    row = judged(name)
    assert "gen/frechet_pixels" in row
    assert all(key in METRICS or goal_of(key) for key in row)
    assert all(np.isfinite(value) for value in row.values())


@pytest.mark.parametrize("metric", downstream.DOWNSTREAM_METRICS, ids=lambda metric: metric.ability)
def test_a_row_reports_what_the_table_says_and_only_of_models_that_can(metric: downstream.DownstreamMetric) -> None:
    damaged = downstream.DamagedImages(DATA, {"mnist": DATA.val.x[:5], "fashion_mnist": DATA.val.x[:5]}, 20)
    able = [name for name in GENERATIVE if hasattr(trained(name), metric.ability)]
    unable = set(GENERATIVE) - set(able)
    assert able
    assert unable
    assert metric.names <= set(metric.measure(trained(able[0]), damaged))
    assert all(METRICS[name].goal for name in metric.names)
    assert not any(metric.names & set(judged(name)) for name in unable)


def test_what_models_do_well_shows() -> None:
    gmm = judged("gmm")
    assert gmm["val/bayes_accuracy"] > 0.9
    assert gmm["val/ood_auroc_permuted"] > 0.95
    assert gmm["val/ood_auroc_mnist"] == 1
    assert gmm["val/impute_ratio"] < 0.8
    assert gmm["val/denoise_ratio"] < 0.8
    assert gmm["val/impute_accuracy_mean_fill"] < gmm["val/impute_accuracy"] <= gmm["val/impute_accuracy_whole"]
    assert gmm["val/denoise_accuracy_noisy"] < gmm["val/denoise_accuracy"]
    # As many logits on both sides: the features are coordinates of the same pixels.
    assert gmm["val/accuracy_100_labels"] == pytest.approx(gmm["val/accuracy_100_labels_pixels"], abs=0.1)
    assert gmm["val/accuracy_100_labels_pixels"] > 0.7


def test_a_bound_lies_below_what_it_bounds() -> None:
    vae = judged("vae")
    assert vae["val/elbo"] < vae["val/log_density"]


def test_naive_bayes_is_a_classifier_that_samples() -> None:
    row = judged("gaussian_nb")
    assert kind_of(trained("gaussian_nb")) == "classifier"
    assert {"val/accuracy", "val/log_density", "gen/frechet_pixels"} <= set(row)


@pytest.mark.parametrize("name", ["gmm", "cvae", "flow"])
def test_a_generative_model_with_probabilities_is_no_classifier(name: str) -> None:
    assert kind_of(trained(name)) == MODELS[name].kind == "generative"
    assert "val/accuracy" not in judged(name)
    assert load_spec(name).metric.name == "gen/frechet"


class TestCadence:
    def test_downstream_metrics_are_computed_at_the_last_step(self) -> None:
        evaluator = Evaluator(DATA, "gen/frechet_pixels")
        assert not any(name.startswith("val/") for name in evaluator.metrics(trained("gmm"), last=False))

    def test_bayes_rule_is_asked_of_more_images_when_it_is_searched_for(self) -> None:
        model = trained("gmm")
        right = model.predict_proba(DATA.val.x).argmax(axis=1) == DATA.val.y
        assert Evaluator(DATA, "val/bayes_accuracy").metrics(model)["val/bayes_accuracy"] == right.mean()
        assert Evaluator(DATA).metrics(model)["val/bayes_accuracy"] == right[: downstream.IMAGES_COSTLY].mean()
        assert len(DATA.val) > downstream.IMAGES_COSTLY

    def test_an_objective_among_them_is_measured_at_every_step(self) -> None:
        row = Evaluator(DATA, "val/bayes_accuracy").metrics(trained("gmm"), last=False)
        assert "val/bayes_accuracy" in row
        assert "val/impute_error" not in row

    def test_of_a_model_that_samples_slowly_fewer_are_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        model, asked = trained("diffusion"), list[int]()
        inner = model.sample

        def sample(n: int, **given: Any) -> Any:
            asked.append(n)
            return inner(n, **given)

        monkeypatch.setattr(model, "sample", sample)
        Evaluator(DATA).metrics(model, last=False)
        assert asked == [SAMPLES_COSTLY]

    @pytest.mark.parametrize(("name", "images"), [("vae", 300), ("gan", 300), ("cvae", 100), ("diffusion", 100)])
    def test_a_slow_model_is_evaluated_on_fewer_images(self, name: str, images: int) -> None:
        assert downstream.images_for(trained(name)) == images


class TestDamagedImages:
    def test_what_is_hidden_cannot_be_peeked_at(self) -> None:
        damaged = downstream.DamagedImages(DATA, {}, 30)
        places = np.broadcast_to(~damaged.known, damaged.x.shape)
        assert (damaged.hidden[places] == 0).all()
        assert (damaged.hidden[~places] == damaged.x[~places]).all()

    def test_few_labels_need_more_images_and_some_of_each_of_two_classes(self) -> None:
        assert downstream.DamagedImages(DATA.limited(150), {}, 30).few_labelled is None
        assert downstream.DamagedImages(load_dataset("digits", classes=[3]), {}, 30).few_labelled is None
        many = replace(DATA, classes=tuple(map(str, range(60))))
        assert downstream.DamagedImages(many, {}, 30).few_labelled is None

    def test_images_of_one_class_leave_nothing_to_recognise(self) -> None:
        threes = load_dataset("digits", classes=[3])
        model: Any = MODELS["gmm"].build({"n_components": 1, "pca_components": 5, "max_iter": 5}, threes, seed=0)
        model.step()
        row = Evaluator(threes).metrics(model)
        assert {"val/impute_error", "val/denoise_error"} <= set(row)
        assert not any("accuracy" in name for name in row if name != "val/bayes_accuracy")

    def test_features_come_from_images_without_labels(self) -> None:
        """A model whose features are the classes themselves needs a hundred labels to name them all."""

        class Knows:
            def features(self, x: np.ndarray) -> np.ndarray:
                lookup = {
                    image.tobytes(): label
                    for part in (DATA.train, DATA.val)
                    for image, label in zip(part.x, part.y, strict=True)
                }
                return np.eye(10)[[lookup[image.tobytes()] for image in x]].astype(np.float32)

        row = downstream.metrics(Knows(), downstream.DamagedImages(DATA, {}, 30))
        assert row["val/accuracy_100_labels"] == 1 > row["val/accuracy_100_labels_pixels"]


class TestOodImages:
    def test_each_of_the_two_is_the_others_ood_set(self, shared_data: Path) -> None:
        data = replace(DATA, name="mnist")
        found = downstream.ood_images(MODELS["vae"], data, shared_data)
        assert list(found) == ["fashion_mnist"]
        images = found["fashion_mnist"]
        assert images.shape == (downstream.IMAGES, 1, 28, 28)
        assert images.dtype == np.float32
        assert -1 == images.min() < images.max() <= 1

    @pytest.mark.parametrize(("model", "name"), [("gan", "mnist"), ("vae", "digits"), ("vae", "mnist")])
    def test_none_without_a_density_a_partner_or_its_files(self, model: str, name: str, tmp_path: Path) -> None:
        assert downstream.ood_images(MODELS[model], replace(DATA, name=name), tmp_path) == {}
        assert list(tmp_path.iterdir()) == []

    def test_digits_are_always_there(self, tmp_path: Path) -> None:
        images = some_images("digits", 7, tmp_path)
        assert images is not None
        assert images.shape == (7, 1, 8, 8)


class TestPictures:
    def test_columns_of_a_conditional_model_are_classes(self) -> None:
        model = trained("gmm")
        grid = decode_grid(Evaluator(DATA).media(model)["samples"])
        assert (grid.columns, grid.rows, grid.names) == (10, 6, DATA.classes)
        labels = np.tile(np.arange(10), 6)
        again = model.sample(60, seed=0, labels=labels)
        assert (model.predict_proba(again).argmax(1) == labels).mean() > 0.9

    def test_nearest_training_images_lie_below_samples(self) -> None:
        train = DATA.train.x
        pictures = NearestTrainingImages(train).with_neighbours(train[[3, 70]] + np.float32(0.01))
        assert pictures.shape == (2 + 3 * 2, *train.shape[1:])
        np.testing.assert_array_equal(pictures[2:4], train[[3, 70]])
        gaps = [((pictures[i] - pictures[0]) ** 2).sum() for i in (2, 4, 6)]
        assert gaps == sorted(gaps)
        assert gaps[2] <= np.sort(((train - pictures[0]) ** 2).sum(axis=(1, 2, 3)))[2] + 1e-4

    def test_reconstructions_lie_below_the_images(self) -> None:
        pictures = Evaluator(DATA).media(trained("vae"))
        assert set(pictures) == {"samples", "neighbours", "interpolation", "reconstructions"}
        assert set(Evaluator(DATA).media(trained("vae"), costly=False)) == {"samples", "reconstructions"}
        assert set(Evaluator(DATA).media(trained("mlp"))) == set()
        sheet = Image.open(io.BytesIO(pictures["reconstructions"]))
        assert sheet.size[1] // 50 == 6

    def test_of_fewer_images_than_a_row(self) -> None:
        few = replace(DATA, val=Split(DATA.val.x[:4], DATA.val.y[:4]))
        assert "reconstructions" in Evaluator(few).media(trained("vae"))


class TestTheTestPart:
    def test_it_is_what_a_model_is_judged_on(self) -> None:
        model = trained("mlp")
        row = evaluator_on_test(DATA, "digits")(model)
        test = load_test("digits")
        assert row["test/accuracy"] == (model.predict_proba(test.x).argmax(1) == test.y).mean()
        assert row["test/recall/3"] == (model.predict_proba(test.x[test.y == 3]).argmax(1) == 3).mean()
        assert not any(name.startswith(("val/", "train/")) for name in row)

    def test_of_generative_models(self) -> None:
        row = evaluator_on_test(DATA, "digits", ood={"mnist": DATA.val.x})(trained("gmm"))
        assert {"test/frechet_pixels", "test/bayes_accuracy", "test/log_density", "test/ood_auroc_mnist"} <= set(row)

    def test_classes_and_division_are_kept(self) -> None:
        data = load_dataset("digits", classes=[3, 8], split_seed=5)
        model: Any = MODELS["logistic_regression"].build({}, data, seed=0)
        model.step()
        test = load_test("digits", classes=[3, 8], split_seed=5)
        row = evaluator_on_test(data, "digits")(model)
        assert row["test/accuracy"] == (model.predict_proba(test.x).argmax(1) == test.y).mean() > 0.9
        assert {name for name in row if "recall" in name} >= {"test/recall/3", "test/recall/8"}
