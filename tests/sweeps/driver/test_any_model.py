"""Sweeps of models that know nothing of us, on real Ray: a class that takes any names, and one of scikit-learn."""

import json
from pathlib import Path

import pytest
import yaml
from helpers.command import rows_of, sweeps, table
from optuna.trial import FrozenTrial

from analysis.folder import load
from sweeps.search.journal import JOURNAL, storage

pytestmark = pytest.mark.ray
Shared = tuple[str, str]  # arguments: the address of the cluster that all tests share
# What it is given must be as W&B's `config` has it, or the trial fails.
ANY_NAMES = """
import numpy as np

class Any:
    finished = False

    def __init__(self, config, data, *, seed, device="cpu"):
        assert config["optim"] == {"lr": config["optim"]["lr"], "schedule": {"steps": [1, 2]}}, config
        assert config["layers"] in ([8, 8], [16]) and config["width.of"] % 4 == 0
        self.classes, self.lr = data.n_classes, config["optim"]["lr"]

    def step(self):
        self.finished = True
        return {"train/score": 1 / (1 + self.lr)}

    def predict_proba(self, x):
        return np.full((len(x), self.classes), 1 / self.classes)

    def state(self):
        return {}

    def load_state(self, state):
        self.finished = True
"""
ANY_SPEC = {
    "model": "any_names:Any",
    "method": "bayes",
    "metric": {"name": "train/score", "goal": "maximize"},
    "run_cap": 6,
    "seed": 1,
    "parameters": {
        "optim": {
            "parameters": {
                "lr": {"distribution": "log_normal", "mu": -3, "sigma": 1},
                "schedule": {"parameters": {"steps": {"value": [1, 2]}}},
            }
        },
        "layers": {"values": [[8, 8], [16]]},
        "width.of": {"distribution": "q_log_uniform_values", "min": 8, "max": 64, "q": 4},
        "act": {"values": ["relu", "tanh"], "probabilities": [0.9, 0.1]},
    },
}


def test_a_sweep_in_the_whole_vocabulary_of_wandb(tmp_path: Path, cluster: Shared) -> None:
    (tmp_path / "any_names.py").write_text(ANY_NAMES)
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(ANY_SPEC))
    done = sweeps("run", "sweep.yaml", "--out", "it", "--wandb", "off", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 done" in done.stderr
    assert "Traceback" not in done.stderr
    sweep = load(tmp_path / "it")
    assert sweep.damage == ()
    for config in sweep.configs.values():
        assert config.keys() == {"optim.schedule.steps", "optim.lr", "layers", "width.of", "act"}
        assert config["layers"] in ([8, 8], [16])
    assert set(table(tmp_path / "it")["config/layers"]) <= {"[8, 8]", "[16]"}
    trials: list[FrozenTrial] = storage(tmp_path / "it" / JOURNAL).get_all_trials(0)
    for trial, config in zip(trials, sweep.configs.values(), strict=True):
        assert trial.user_attrs["config"]["optim.lr"] == config["optim.lr"]  # beside the quantile that was drawn
        assert 0 < trial.params["optim.lr"] < 1
    written = sweeps("best", "it", "--out", "best.yaml", folder=tmp_path)
    assert written.returncode == 0, written.stderr
    best = yaml.safe_load((tmp_path / "best.yaml").read_text())["parameters"]
    assert best["optim"]["parameters"]["schedule"] == {"parameters": {"steps": {"value": [1, 2]}}}
    assert best["optim"]["parameters"]["lr"]["value"] == min(c["optim.lr"] for c in sweep.configs.values())


def test_a_class_of_scikit_learn_is_swept_without_a_line_of_code(tmp_path: Path, cluster: Shared) -> None:
    spec = {
        "model": "sklearn.ensemble:RandomForestClassifier",
        "method": "grid",
        "train_size": 300,
        "parameters": {"max_depth": {"values": [2, 8]}, "n_estimators": {"value": 8}},
    }
    (tmp_path / "forest.yaml").write_text(yaml.safe_dump(spec))
    line = ("run", "forest.yaml", "--out", "it", "--wandb", "off", "--no-report")
    done = sweeps(*line, *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    flat, deep = rows_of(tmp_path / "it")
    assert deep["val/accuracy"] > flat["val/accuracy"] > 0.5
    assert {"val/log_loss", "train/accuracy"} <= deep.keys()
    shown = sweeps("spaces", "sklearn.svm:LinearSVC", "--json", folder=tmp_path)
    assert {"parameter": "C", "default": 1.0} in json.loads(shown.stdout)
    refused = sweeps("run", "forest.yaml", "--set", "max_dept=3", folder=tmp_path)
    assert refused.returncode == 2
    assert "did you mean max_depth?" in refused.stderr
