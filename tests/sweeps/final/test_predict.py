"""A saved model asked from the command line: samples, and the classes of images from files of every kind."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.command import sweeps
from helpers.contract import MANY_STEPS, TINY, ModelUnderTest, advance
from PIL import Image

import trainables
from basics.errors import RequestError
from sweeps.final.predict import predict, sample
from trainables.data import load_dataset
from trainables.saving.save import save_model

MODELS = {
    "mlp": TINY["mlp"],
    "svm": TINY["svm"],
    "gmm": TINY["gmm"],
    "gan": TINY["gan"],
    "damaged": ModelUnderTest("gaussian_nb"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saved models, and digits to ask about as files."""
    root = tmp_path_factory.mktemp("asked")
    for name, case in MODELS.items():
        model = case.build(3)
        advance(model, MANY_STEPS)
        save_model(root / name, model, case.model, case.config, case.data(), seed=3)
    x = load_dataset("digits").val.x[:20]
    pixels = np.round((x + 1) * 127.5).astype(np.uint8)
    np.save(root / "x.npy", x)
    np.savez(root / "x.npz", images=pixels[:, 0])
    (root / "pictures").mkdir()
    for number, image in enumerate(pixels[:, 0]):
        Image.fromarray(image).save(root / "pictures" / f"{number:02d}.png")
    return root


def classes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["class"] for row in rows]


def test_the_same_images_have_the_same_classes_from_every_kind_of_file(folder: Path) -> None:
    model, x = trainables.load(folder / "mlp"), np.load(folder / "x.npy")
    expected = [str(label) for label in model.predict(x)]
    for images in ("x.npy", "x.npz", "pictures"):
        assert classes(predict(folder / "mlp", folder / images)) == expected
    assert classes(predict(folder / "mlp", folder / "pictures" / "03.png")) == expected[3:4]


def test_probabilities_are_those_of_the_model(folder: Path) -> None:
    rows = predict(folder / "mlp", folder / "pictures")
    assert [row["image"] for row in rows] == [f"{number:02d}.png" for number in range(20)]
    proba = trainables.load(folder / "mlp").predict_proba(np.load(folder / "x.npy"))
    said = [[row[f"p({name})"] for name in map(str, range(10))] for row in rows]
    assert np.allclose(said, proba, atol=1e-3)  # the pictures' pixels are rounded to 8 bits
    assert predict(folder / "mlp", folder / "x.npy")[7]["image"] == 7


def test_a_machine_without_probabilities_tells_classes_alone(folder: Path) -> None:
    rows = predict(folder / "svm", folder / "x.npy")
    assert {name for row in rows for name in row} == {"image", "class", "label"}
    assert [row["label"] for row in rows] == trainables.load(folder / "svm").predict(np.load(folder / "x.npy")).tolist()


def test_a_conditional_generative_model_does_both(folder: Path) -> None:
    assert len(classes(predict(folder / "gmm", folder / "x.npy"))) == 20
    sample(folder / "gmm", 8, "3, 9", folder / "s.npy", seed=4)
    drawn = np.load(folder / "s.npy")
    labels = np.array([3, 9] * 4)
    assert np.array_equal(drawn, trainables.load(folder / "gmm").sample(8, seed=4, labels=labels))


def test_samples_are_a_grid_or_an_array(folder: Path) -> None:
    sample(folder / "gan", 9, None, folder / "grid.png", seed=0)
    assert Image.open(folder / "grid.png").size[0] == Image.open(folder / "grid.png").size[1]
    sample(folder / "gan", 5, None, folder / "five.npy", seed=0)
    drawn = np.load(folder / "five.npy")
    assert (drawn.shape, drawn.dtype) == ((5, 1, 8, 8), np.float32)
    assert np.array_equal(drawn, trainables.load(folder / "gan").sample(5, seed=0))


SAMPLES = {
    "no sampler": (("mlp", None, "x.png"), "mlp does not sample; it tells classes"),
    "labels of no condition": (("gan", "3", "x.png"), "--labels 3: this gan is not conditional"),
    "no such class": (("gmm", "3,12", "x.png"), "--labels 12: no such class; valid: 0 to 9"),
    "no such format": (("gmm", None, "x.jpg"), "x.jpg: cannot be written as .jpg; valid: .png, .npy"),
    "no such place": (("gmm", None, "no/where.png"), "where.png cannot be written: No such file"),
    "no folder": (("nowhere", None, "x.png"), "nowhere: no such folder"),
}
IMAGES = {
    "no classifier": (("gan", "x.npy"), "gan tells no classes; it samples"),
    "no model": (("pictures", "x.npy"), "pictures: no saved model, it has no model.json"),
    "no images": (("mlp", "gone.npy"), "gone.npy: no such file"),
    "other images": (("mlp", "other.npy"), "other.npy: shape (3, 1, 7, 7); valid for digits"),
}


@pytest.mark.parametrize("what", SAMPLES)
def test_what_cannot_be_sampled_is_said(what: str, folder: Path) -> None:
    (model, labels, out), said = SAMPLES[what]
    with pytest.raises(RequestError, match=re.escape(said)):
        sample(folder / model, 4, labels, folder / out, seed=0)


@pytest.mark.parametrize("what", IMAGES)
def test_what_cannot_be_classified_is_said(what: str, folder: Path) -> None:
    np.save(folder / "other.npy", np.zeros((3, 1, 7, 7), np.float32))
    (model, images), said = IMAGES[what]
    with pytest.raises(RequestError, match=re.escape(said)):
        predict(folder / model, folder / images)


def test_the_commands(folder: Path) -> None:
    done = sweeps("predict", "mlp", "x.npy", folder=folder)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["class"] for row in rows] == classes(predict(folder / "mlp", folder / "x.npy"))
    assert json.loads(sweeps("predict", "svm", "pictures", "--json", folder=folder).stdout)[3]["image"] == "03.png"
    drawn = sweeps("sample", "gmm", "--n", "4", "--labels", "3,9", "--out", "four.png", folder=folder)
    assert (drawn.returncode, drawn.stderr) == (0, "sweeps: 4 samples of gmm as png: four.png\n")
    wrong = sweeps("sample", "gmm", "--labels", "x", folder=folder)
    assert (wrong.returncode, wrong.stderr.count("\n"), wrong.stdout) == (2, 1, "")


def test_a_damaged_model_is_one_line(folder: Path) -> None:
    path = folder / "damaged" / "estimator.skops"
    path.write_bytes(path.read_bytes()[:-10])
    done = sweeps("predict", "damaged", "x.npy", folder=folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "estimator.skops: not the file that model.json was written with" in done.stderr
