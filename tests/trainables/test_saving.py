"""Every model as a folder of plain files, and back in an interpreter that knows nothing of the run."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.contract import MANY_STEPS, TINY, ModelUnderTest, advance, answer, coloured, digits
from helpers.repository import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st

import trainables
from trainables import MODELS
from trainables.base import ConfigError
from trainables.classifiers.cross_validation import predicted
from trainables.entry import ModelError
from trainables.saving.save import save_model
from trainables.saving.saved_model import SavedModelError, read_facts
from trainables.saving.state_file import TreeError, from_bytes, to_bytes

SAVED = {name: case for name, case in TINY.items() if "cv_folds" not in case.config}
RUN = ("ray", "optuna", "wandb", "sweeps", "pydantic")
ASK = f"""
import sys
import numpy as np
import trainables
sys.path.append("tests")  # last: its folders are called like the packages
from helpers.contract import answer, digits
for folder in sys.argv[1:]:
    model = trainables.load(folder)
    np.save(folder + "/answer.npy", answer(model, digits(200)))
print([name for name in {RUN} if name in sys.modules])
"""
OWN = """
import torch
class Mean:
    SPACE = {"shade": {"min": 0.0, "max": 1.0}}
    def __init__(self, config, data, *, seed, device="cpu"):
        self.shade, self.x, self.classes, self.mean = config["shade"], data.train.x, data.n_classes, 0.0
    finished = property(lambda self: self.mean != 0.0)
    def step(self):
        self.mean = float(self.x.mean())
        return {"train/mean": self.mean}
    def predict_proba(self, x):
        import numpy as np
        first = 1 / (1 + np.exp(x.mean((1, 2, 3)) - self.mean * self.shade)).astype(np.float64)
        rest = (1 - first) / (self.classes - 1)
        return np.stack([first, *[rest] * (self.classes - 1)], axis=1)
    def state(self):
        return {"mean": self.mean}
    def load_state(self, state):
        self.mean = state["mean"]
class Forgetful(Mean):
    def state(self):
        return {}
    def load_state(self, state):
        pass
"""


def trained(case: ModelUnderTest, seed: int = 3) -> Any:
    model = case.build(seed)
    advance(model, MANY_STEPS)
    return model


def saved(folder: Path, name: str, model: Any = None) -> Path:
    case = SAVED[name]
    save_model(folder, model or trained(case), case.model, case.config, case.data(), seed=3)
    return folder


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[np.ndarray, Path]]:
    """What each model answered before it was saved, and the folder where another interpreter left its answer."""
    root = tmp_path_factory.mktemp("models")
    before = {}
    for name, case in SAVED.items():
        model = trained(case)
        before[name] = answer(model, digits(200))
        saved(root / name, name, model)
    command = [sys.executable, "-c", ASK, *(str(root / name) for name in SAVED)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    return {name: (before[name], root / name) for name in SAVED}


@pytest.mark.parametrize("name", SAVED)
def test_answers_bit_for_bit_in_an_interpreter_without_the_run(name: str, answered: dict[str, Any]) -> None:
    before, folder = answered[name]
    after = np.load(folder / "answer.npy")
    assert after.dtype == before.dtype
    assert np.array_equal(after, before)


def test_every_model_is_among_them() -> None:
    assert {case.model for case in SAVED.values()} == set(MODELS)


@pytest.mark.parametrize("name", SAVED)
def test_the_files_are_plain_and_say_what_they_are(name: str, answered: dict[str, Any]) -> None:
    _, folder = answered[name]
    facts = read_facts(folder)
    assert {path.name for path in folder.iterdir()} == {"model.json", facts.file, "answer.npy"}
    assert facts.model == SAVED[name].model
    assert facts.config.items() >= dict(SAVED[name].config).items()
    assert sum(facts.train) == SAVED[name].train_size
    assert facts.classes == SAVED[name].data().classes
    assert torch.__version__.startswith(facts.versions["torch"])
    scikit = {"decision_tree", "gaussian_nb", "logistic_regression", "svm"}
    assert facts.file == ("estimator.skops" if facts.model in scikit else "weights.safetensors")


ALONE = """
import json, sys
import numpy as np, skops.io
sys.modules["sklearnex"] = sys.modules["daal4py"] = None
import trainables
x = np.load(sys.argv[1])
for folder in sys.argv[2:]:
    trusted = json.load(open(folder + "/model.json"))["trusted"]
    estimator = skops.io.load(folder + "/estimator.skops", trusted=trusted)
    alone, ours = estimator.predict(x.reshape(len(x), -1)), trainables.load(folder).predict(x)
    # libsvm gives the first class when two have as many votes, our machine the one with the wider margins.
    assert (alone == ours).mean() >= (0.97 if "svm" in folder else 1), folder
"""


@pytest.mark.slow
def test_scikit_learn_files_load_with_skops_alone_and_without_intelex(answered: dict[str, Any]) -> None:
    folders = [folder for _, folder in answered.values() if read_facts(folder).file == "estimator.skops"]
    assert len(folders) == 5
    images = folders[0].parent / "images.npy"
    np.save(images, digits(200).val.x)
    done = subprocess.run([sys.executable, "-c", ALONE, images, *folders], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


WITHOUT_TORCH = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":  # which skops imports if it is there, with all else that scikit-learn has a word for
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoTorch())
import numpy as np
from pathlib import Path
from trainables import MODELS, load
from trainables.data import Dataset, Split
from trainables.saving.save import save_model
y = np.arange(40) % 2
images = np.repeat(y[:, None], 16, 1).astype(np.float32).reshape(-1, 1, 4, 4)
data = Dataset("shades", Split(images, y), Split(images, y), ("dark", "light"), split_seed=0, content_hash="")
model = MODELS["decision_tree"].build({}, data, seed=0)
model.step()
save_model(Path(sys.argv[1]), model, "decision_tree", {}, data, seed=0)
assert np.array_equal(load(sys.argv[1]).predict(images), y)
"""


@pytest.mark.slow
def test_what_scikit_learn_fits_needs_no_torch_to_be_saved_and_loaded(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "it")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_saved_model_can_be_saved_again(tmp_path: Path) -> None:
    x = digits(200).val.x
    for name in ("svm", "decision_tree", "gmm", "mlp"):
        model = trained(SAVED[name])
        again = saved(tmp_path / "again", name, trainables.load(saved(tmp_path / "first", name, model)))
        loaded = trainables.load(again)
        assert np.array_equal(predicted(loaded, x), predicted(model, x))


def test_a_machine_keeps_its_probabilities_only_if_it_has_been_asked(tmp_path: Path) -> None:
    x = digits(200).val.x
    silent = trainables.load(saved(tmp_path / "silent", "svm"))
    assert silent.predict(x).shape == (len(x),)
    with pytest.raises(ValueError, match="saved before it was asked for probabilities"):
        silent.predict_proba(x)
    asked = trained(SAVED["svm"])
    proba = asked.predict_proba(x)
    assert np.array_equal(trainables.load(saved(tmp_path / "asked", "svm", asked)).predict_proba(x), proba)


def test_images_of_another_shape(tmp_path: Path) -> None:
    data = coloured()
    for name in ("cnn", "svm", "gaussian_nb", "decision_tree"):
        case = SAVED[name]
        model = case.build(3, data)
        advance(model, MANY_STEPS)
        save_model(tmp_path / name, model, case.model, case.config, data, seed=3)
        assert np.array_equal(predicted(trainables.load(tmp_path / name), data.val.x), predicted(model, data.val.x))


def test_a_part_of_the_training_images_and_parameters_with_defaults(tmp_path: Path) -> None:
    case, data = ModelUnderTest("mlp", {**TINY["mlp"].config, "train_size": 100}), digits(200)
    model = case.build(3, data)
    advance(model, MANY_STEPS)
    facts = save_model(tmp_path, model, "mlp", case.config, data, seed=3)
    assert sum(facts.train) == 100
    assert facts.config["optimizer"] == "adamw"
    assert np.array_equal(trainables.load(tmp_path).predict(data.val.x), model.predict(data.val.x))


@pytest.mark.slow
def test_a_model_of_ones_own_is_named_and_required(tmp_path: Path) -> None:
    (tmp_path / "saved_own.py").write_text(OWN)
    case = ModelUnderTest("saved_own:Mean", {"shade": 0.5}, search_path=(str(tmp_path),))
    model = trained(case)
    save_model(tmp_path / "it", model, case.model, case.config, case.data(), seed=3, search_path=[tmp_path])
    ask = "import trainables, sys, pathlib; {}trainables.load(sys.argv[1]{})"
    path = ", search_path=[pathlib.Path(sys.argv[2])]"
    command = [sys.executable, "-c", "", str(tmp_path / "it"), str(tmp_path)]
    command[2] = ask.format("print(", path) + ")"
    assert "saved_own.Mean" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    command[2] = ask.format("", "")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert "ModelError" in refused.stderr
    assert "model.json: saved_own:Mean: no module saved_own in Python's path" in refused.stderr


def test_a_model_whose_answers_need_more_than_its_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_own.py").write_text(OWN)
    case = ModelUnderTest("saved_own:Forgetful", {"shade": 0.5}, search_path=(str(tmp_path),))
    with pytest.raises(SavedModelError, match=r"^predict_proba of the model as loaded differs"):
        save_model(tmp_path / "it", trained(case), case.model, case.config, case.data(), seed=3, search_path=[tmp_path])
    assert not (tmp_path / "it").exists()


def test_cross_validation_is_no_model(tmp_path: Path) -> None:
    case = TINY["cross_validation"]
    with pytest.raises(SavedModelError, match=r"^cv_folds: "):
        save_model(tmp_path, trained(case), case.model, case.config, case.data(), seed=3)


def forged(folder: Path, **facts: Any) -> None:
    """The folder with some facts changed, and the hash of its file as it is now: a forger would not forget it."""
    path = folder / "model.json"
    known = json.loads(path.read_text())
    content = (folder / known["file"]).read_bytes()
    path.write_text(json.dumps({**known, "sha256": hashlib.sha256(content).hexdigest(), **facts}))


def cut(folder: Path) -> None:
    path = folder / read_facts(folder).file
    path.write_bytes(path.read_bytes()[:-100])


def flip(folder: Path) -> None:
    path = folder / read_facts(folder).file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def pickled(folder: Path) -> None:
    torch.save({"net": print}, folder / "weights.safetensors")
    forged(folder)


def cut_and_forged(folder: Path) -> None:
    cut(folder)
    forged(folder)


def without_weights(folder: Path) -> None:
    (folder / read_facts(folder).file).unlink()


def half_a_document(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(path.read_text()[:200])


TAMPERED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a byte changed": ("mlp", flip, r"weights.safetensors: not the file that model.json was written with"),
    "cut off": ("gmm", cut, r"its sha256 differs"),
    "cut off, and the hash made to fit": ("mlp", cut_and_forged, r"does not fit mlp and its config: no state in"),
    "a pickle": ("mlp", pickled, r"no state in safetensors"),
    "no weights": ("mlp", without_weights, r"weights.safetensors: cannot be read \(No such file"),
    "half a document": ("mlp", half_a_document, r"model.json: "),
    "a path that leads out": ("mlp", lambda f: forged(f, file="../other/weights.safetensors"), r"file '../other"),
    "an absolute path": ("mlp", lambda f: forged(f, file="/etc/passwd"), r"file '/etc/passwd'; valid: weights"),
    "another width": (
        "mlp",
        lambda f: forged(f, config={**read_facts(f).config, "width_1": 17}),
        r"does not fit mlp and its config: .*size mismatch|Error\(s\) in loading",
    ),
    "another image": ("logistic_regression", lambda f: forged(f, image_shape=[1, 7, 8]), r"coef_ of shape"),
    "another number of classes": (
        "gaussian_nb",
        lambda f: forged(f, classes=["a", "b"], train=[3, 4], val=[1, 1]),
        r"theta_ of shape \(10, 64\) where finite numbers of shape \(2, 64\) belong",
    ),
    "images without end": ("mlp", lambda f: forged(f, train=[10**12] * 10), r"train .* valid: a number of images"),
    "a wrong type": ("mlp", lambda f: forged(f, seed="7"), r"seed is '7', not of type int"),
    "a key too many": ("mlp", lambda f: forged(f, code="import os"), r"keys code are missing or unknown"),
    "a later format": ("mlp", lambda f: forged(f, format=2), r"format 2; this version"),
    "another model": ("mlp", lambda f: forged(f, model="cnn"), r"does not fit cnn and its config: "),
    "no model of ours": ("mlp", lambda f: forged(f, model="resnet"), r"model.json: resnet: unknown model"),
    "a config it refuses": (
        "mlp",
        lambda f: forged(f, config={**read_facts(f).config, "lr": -1.0}),
        r"does not fit mlp and its config: lr: -1.0 must be over 0",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_folder_is_refused_in_one_line(what: str, tmp_path: Path, answered: dict[str, Any]) -> None:
    name, tamper, message = TAMPERED[what]
    for path in answered[name][1].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tamper(tmp_path)
    with pytest.raises((SavedModelError, ModelError), match=message) as refused:
        trainables.load(tmp_path)
    assert "\n" not in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "config"), [("mlp", {"width_1": 10**9}), ("transformer", {"depth": 10**9}), ("vae", {"width": 10**5})]
)
def test_a_net_larger_than_its_weights_is_not_made(name: str, config: dict[str, int], tmp_path: Path) -> None:
    saved(tmp_path, name)
    forged(tmp_path, config={**read_facts(tmp_path).config, **config})
    with pytest.raises(SavedModelError, match=r"its config: it makes a net of more than [\d,]+ parameters"):
        trainables.load(tmp_path)


@pytest.mark.parametrize(
    ("model", "name"), [("rnn", "layers"), ("flow", "depth"), ("flow", "transforms"), ("diffusion", "timesteps")]
)
def test_lengths_of_lists_that_a_config_makes_have_an_end(model: str, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: 1000000000 must be from 1 to "):
        trainables.MODELS[model].configure({name: 10**9})


def test_a_forged_estimator_runs_nothing(tmp_path: Path) -> None:
    from sklearn.preprocessing import FunctionTransformer
    from skops.io import dumps

    for name, estimator in (("svm", FunctionTransformer(print)), ("decision_tree", trained(TINY["svm"]).plain())):
        folder = saved(tmp_path / name, name)
        (folder / "estimator.skops").write_bytes(dumps(estimator))
        forged(folder)
        with pytest.raises(SavedModelError, match=rf"does not fit {name} and its config: "):
            trainables.load(folder)


def test_a_tree_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    from skops.io import dumps

    for node in ("left_child", "feature"):
        model = trained(TINY["decision_tree"])
        saved(tmp_path, "decision_tree", model)
        state = model.plain().tree_.__getstate__()
        state["nodes"][node][0] = 10**6
        model.plain().tree_.__setstate__(state)
        (tmp_path / "estimator.skops").write_bytes(dumps(model.plain()))
        forged(tmp_path)
        with pytest.raises(SavedModelError, match="nodes do not belong together"):
            trainables.load(tmp_path)


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SavedModelError, match="no such folder"):
        trainables.load(tmp_path / "nowhere")
    with pytest.raises(SavedModelError, match=r"no saved model, it has no model\.json"):
        trainables.load(tmp_path)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(
            st.text(max_size=8) | st.integers() | st.sampled_from(["$tensor", "$pairs"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(TREES)
def test_a_nest_of_plain_data_comes_back_as_it_was(tree: Any) -> None:
    back = from_bytes(to_bytes({"tree": tree}))["tree"]
    assert back == tree
    assert repr(back) == repr(tree)


def test_tensors_come_back_to_the_bit() -> None:
    kinds = [torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool]
    tensors = [torch.arange(6).reshape(2, 3).T.to(kind) for kind in kinds] + [torch.tensor(1.5), torch.zeros(0, 3)]
    tensors[0][0, 0] = float("nan")
    back = from_bytes(to_bytes(tensors))
    for before, after in zip(tensors, back, strict=True):
        assert (before.dtype, before.shape) == (after.dtype, after.shape)
        assert torch.equal(before.nan_to_num(7.0), after.nan_to_num(7.0))


def test_what_is_neither_tensor_nor_plain_is_named() -> None:
    with pytest.raises(TreeError, match=r"^state\.a\.1 is of type ndarray; valid: tensors"):
        to_bytes({"a": [0, np.zeros(3)]})


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(TreeError):
        from_bytes(content)
