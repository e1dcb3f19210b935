"""A user's own model with modules beside it: all of them reach the workers, also what is imported late."""

import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from helpers.command import rows_of, sweeps
from helpers.repository import REPOSITORY

from sweeps.driver.cluster.shipped_modules import PickledOwnModel, with_code
from trainables import find_model

MINE = """
from beside_helpers import half
class Model:
    finished = False
    SPACE = {"x": {"min": 0.0, "max": 1.0}}
    def __init__(self, config, data, *, seed, device="cpu"):
        self.x, self.classes = config["x"], data.n_classes
    def step(self):
        from beside_package.late import double
        self.finished = True
        return {"train/score": double(half(self.x))}
    def state(self): return {}
    def load_state(self, state): pass
    def predict_proba(self, x):
        import numpy as np
        return np.full((len(x), self.classes), 1 / self.classes)
"""


def model_in(folder: Path) -> str:
    """A model, a module beside it that it imports at once and a package of which it imports a part in its step."""
    (folder / "beside_package").mkdir(parents=True)
    (folder / f"own_{folder.name}.py").write_text(MINE)
    (folder / "beside_helpers.py").write_text("def half(x): return x / 2\n")
    (folder / "beside_package" / "__init__.py").write_text("")
    (folder / "beside_package" / "late.py").write_text("def double(x): return x * 2\n")
    return f"own_{folder.name}:Model"


def test_what_lies_beside_a_model_travels_and_what_is_no_module_does_not(tmp_path: Path) -> None:
    name = model_in(tmp_path / "code")
    (tmp_path / "code" / "data.npz").write_bytes(b"1")
    (tmp_path / "code" / "other").mkdir()
    (tmp_path / "code" / "other" / "notes.py").write_text("")
    sent = with_code(name, find_model(name, [tmp_path / "code"]))
    assert isinstance(sent, PickledOwnModel)
    assert set(dict(sent.files)) == {
        "own_code.py",
        "beside_helpers.py",
        "beside_package/__init__.py",
        "beside_package/late.py",
    }


def test_it_is_a_model_again_where_nothing_of_it_lies(tmp_path: Path) -> None:
    name = model_in(tmp_path / "sent")
    (tmp_path / "parcel").write_bytes(pickle.dumps(with_code(name, find_model(name, [tmp_path / "sent"]))))
    shutil.rmtree(tmp_path / "sent")
    code = """
        import pickle, sys, types
        entry = pickle.load(open(sys.argv[1], "rb"))
        again = pickle.load(open(sys.argv[1], "rb"))
        assert again.cls is entry.cls
        print(entry.cls({"x": 0.5}, types.SimpleNamespace(n_classes=2), seed=0).step())
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "parcel")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.stdout.strip() == "{'train/score': 0.5}", done.stderr


def test_a_model_of_ours_needs_no_files() -> None:
    entry = find_model("gan")
    assert with_code("gan", entry) is entry


@pytest.mark.ray
def test_trials_import_what_lies_beside_their_model(tmp_path: Path, cluster: tuple[str, str]) -> None:
    lines = {"model": model_in(tmp_path / "code"), "dataset": "digits", "method": "random", "run_cap": 2}
    metric = {"metric": {"name": "train/score", "goal": "maximize"}}
    (tmp_path / "code" / "spec.yaml").write_text(yaml.safe_dump({**lines, **metric}))
    (tmp_path / "elsewhere").mkdir()
    done = sweeps(
        "run",
        "../code/spec.yaml",
        "--wandb",
        "off",
        "--no-report",
        "--out",
        "out",
        *cluster,
        folder=tmp_path / "elsewhere",
    )
    assert done.returncode == 0, done.stderr
    assert [row["step"] for row in rows_of(tmp_path / "elsewhere" / "out")] == [1, 1]
