"""Inception as the judge's eyes: with random weights, for real ones are nobody's to ship."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from helpers.command import rows_of, sweeps
from helpers.contract import coloured

from sweeps.evaluation.extractors import real_features_of
from sweeps.evaluation.inception import real_features_with_inception
from trainables.base import ConfigError
from trainables.data import load_dataset
from trainables.inception import FEATURES, Inception


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from torchvision.models import inception_v3  # takes seconds, which whoever only collects tests need not wait

    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.manual_seed(0)
    torch.save(inception_v3(weights=None, init_weights=False).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def inception(weights: Path) -> Inception:
    return Inception(weights)


def quiet(line: str) -> None:
    pass


@pytest.mark.slow
def test_features_are_inceptions_and_classes_the_small_nets(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sweeps.evaluation.extractors.MOST_UPDATES", 20)
    data = coloured(9, 6)  # Inception takes its time with each
    small = real_features_of(data, say=quiet)
    real_features = real_features_with_inception(weights, data, say=quiet)
    assert real_features.extractor.name.startswith("inception-")
    assert real_features.extractor.name.endswith(f"+{small.extractor.name}")
    reference, extracted = real_features.reference(data), real_features.extractor.extract(data.val.x[:3])
    assert reference.held_out.vectors.shape == (len(data.val), FEATURES)
    assert np.allclose(extracted.vectors, reference.held_out.vectors[:3], atol=1e-4)
    assert np.array_equal(reference.held_out.predicted, small.reference(data).held_out.predicted)
    assert len(list((tmp_path / "gdsweeps" / "judge").glob("held-out-*.npz"))) == 2


def test_grey_images_are_repeated_for_each_colour(inception: Inception) -> None:
    grey = load_dataset("digits").val.x[:2]
    once, thrice = inception.features(grey), inception.features(np.repeat(grey, 3, axis=1))
    assert np.array_equal(once, thrice)
    assert not np.allclose(once[0], once[1])


def test_other_weights_have_another_name(weights: Path, inception: Inception, tmp_path: Path) -> None:
    state = torch.load(weights, weights_only=True)
    state["fc.bias"] = state["fc.bias"] + 1
    torch.save(state, tmp_path / "other.pth")
    assert inception.name != Inception(tmp_path / "other.pth").name


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no such file; Inception is never downloaded"), (b"no weights", "cannot be read")]
)
def test_weights_that_are_none(content: bytes | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/w.pth: {words}"):
        Inception(tmp_path / "w.pth")


def test_weights_of_another_net(tmp_path: Path) -> None:
    torch.save({"layer": torch.zeros(3)}, tmp_path / "w.pth")
    with pytest.raises(ConfigError, match="holds other weights; valid: the state dict of torchvision's inception_v3"):
        Inception(tmp_path / "w.pth")


@pytest.mark.slow
def test_from_the_command_line_missing_weights_are_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "samples.npy", load_dataset("digits").val.x)
    done = sweeps("judge", "samples.npy", "--dataset", "digits", "--inception", "none.pth", folder=tmp_path)
    assert done.returncode == 2
    assert "none.pth: no such file; Inception is never downloaded" in done.stderr
    assert "Traceback" not in done.stderr


TINY = ("width=4", "sample_steps=3", "updates=2", "updates_per_step=2", "classes=[0, 1]")


@pytest.mark.ray
@pytest.mark.slow
def test_a_sweep_is_judged_through_it_and_told_apart_from_one_that_is_not(
    weights: Path, tmp_path: Path, cluster: tuple[str, str]
) -> None:
    settings = [part for pair in TINY for part in ("--set", pair)]
    command = ("run", "diffusion", "--trials", "1", *settings, "--wandb", "off", "--no-report")
    for out, more in {"own": (), "through": ("--set", f"inception={weights}")}.items():
        done = sweeps(*command, *more, *cluster, "--out", out, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    own, through = (rows_of(tmp_path / out)[0] for out in ("own", "through"))
    assert through["extractor"].startswith("inception-")
    assert through["extractor"].endswith(f"+{own['extractor']}")
    assert through["class_histogram"] == own["class_histogram"]
    assert through["gen/frechet"] != own["gen/frechet"]
    assert yaml.safe_load((tmp_path / "through" / "spec.yaml").read_text())["inception"] == str(weights)
    done = sweeps("compare", "own", "through", "--json", folder=tmp_path)
    metrics = [row["metric"] for row in json.loads(done.stdout)]
    assert metrics == [f"gen/frechet@{row['extractor']}" for row in (own, through)]
