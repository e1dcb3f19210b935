"""A generative final model, whole: trained on real Ray, tested by what its samples teach, saved, and sampled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from helpers.command import sweeps
from PIL import Image

import trainables

CONFIGS: dict[str, dict[str, Any]] = {
    "gmm": {"n_components": 2, "pca_components": 20},
    "cvae": {"width": 64, "latent_dim": 8, "updates": 400, "updates_per_step": 200},
}


@pytest.mark.ray
@pytest.mark.parametrize("model", ["gmm", pytest.param("cvae", marks=pytest.mark.slow)])
def test_from_a_config_to_samples(model: str, tmp_path: Path, cluster: tuple[str, str]) -> None:
    parameters = {name: {"value": value} for name, value in CONFIGS[model].items()}
    metric = {"name": "gen/frechet_pixels", "goal": "minimize"}
    document = {"model": model, "dataset": "digits", "metric": metric, "parameters": parameters, "run_cap": 1}
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(document))
    done = sweeps("train", "best.yaml", "--seeds", "1", "--out", "fin", "--wandb", "off", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr

    found = json.loads((tmp_path / "fin" / "result.json").read_text())
    assert found["images"] == {"sweep": 1149, "final": 1437}
    # What chance gives is 0.1; a model that had mixed up its classes, or learnt noise, would be near it.
    assert 0.6 < found["test"]["test/tstr_accuracy_10000"]["mean"] < 1
    assert found["gap"]["replicates"]["mean"] > 0
    card = (tmp_path / "fin" / "model" / "README.md").read_text()
    assert "](samples.png)" in card
    assert "test/tstr_accuracy_10000" in card

    drawn = sweeps("sample", "fin/model", "--n", "20", "--labels", "3,9", "--out", "grid.png", folder=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert Image.open(tmp_path / "grid.png").size[0] >= 5 * 8
    kept = trainables.load(tmp_path / "fin" / "model")
    labels = np.array([3, 9] * 10)
    first, again, other = (kept.sample(20, labels=labels, seed=seed) for seed in (1, 1, 2))
    assert first.shape == (20, 1, 8, 8)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
