"""A user's own model: the one of docs/own-model.md keeps the contract; what does not is refused with what it lacks."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.contract import ModelContract, ModelUnderTest, digits
from helpers.repository import REPOSITORY

from trainables import ModelError, find_model
from trainables.base import ConfigError

DOCUMENT = REPOSITORY / "docs" / "own-model.md"


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the documented module as its only content."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(shown("mine.py"), encoding="utf-8")
    return folder


def shown(file: str) -> str:
    code = re.search(rf"```python\n(# {re.escape(file)}\n.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    return code[1]


class TestDocumentedModel(ModelContract):
    @pytest.fixture
    def case(self, documented: Path) -> ModelUnderTest:
        return ModelUnderTest("mine:NearestMean", {"batch_size": 20}, search_path=(str(documented),))


def test_the_documented_test_is_the_one_above() -> None:
    names: dict[str, Any] = {}
    exec(shown("test_mine.py"), names)
    assert issubclass(names["TestMine"], ModelContract)
    case = names["TestMine"].case.__wrapped__(None)
    assert case == ModelUnderTest("mine:NearestMean", {"batch_size": 20}, search_path=("folder/of/the/module",))


def test_entry_of_an_own_model(documented: Path) -> None:
    entry = find_model("mine:NearestMean", [documented])
    assert entry.kind == "classifier"
    assert entry.defaults() == {"sharpness": 1.0, "batch_size": 50, "train_size": None, "cv_folds": None}
    assert entry.space is not None
    assert entry.space["batch_size"] == {"values": [20, 50]}
    assert str(documented) not in sys.path[:-1]  # last, for what it imports later: it shadows nothing


def test_an_own_config_is_checked_like_ours(documented: Path) -> None:
    entry = find_model("mine:NearestMean", [documented])
    with pytest.raises(ConfigError, match=r"^sharpnes: unknown parameter.*did you mean sharpness\?"):
        entry.configure({"sharpnes": 1})
    with pytest.raises(ConfigError, match=r"^batch_size: True is not a whole number"):
        entry.configure({"batch_size": True})


COMPLETE = """
class Model:
    finished = False
    def __init__(self, config, data, *, seed, device): self.config = config
    def step(self): return {}
    def state(self): return {}
    def load_state(self, state): pass
    def sample(self, n, *, seed): return None
"""


def own(folder: Path, name: str, code: str, cls: str = "Model") -> str:
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return f"{name}:{cls}"


def test_a_class_without_config_gets_the_plain_mapping(tmp_path: Path) -> None:
    entry = find_model(own(tmp_path, "plain_mapping", COMPLETE), [tmp_path])
    assert entry.kind == "generative"
    assert entry.defaults() == {}
    assert entry.build({"depth": 3}, digits(20), seed=0).config == {"depth": 3}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "replacement", "lack"),
    [
        ("def __init__(self, config, data, *, seed, device): self.config = config", "pass", "a constructor"),
        ("def step(self): return {}", "pass", r"step\(\)"),
        ("def state(self): return {}", "pass", r"state\(\)"),
        ("def load_state(self, state): pass", "def load_state(self): pass", r"load_state\(state\)"),
        ("finished = False", "pass", "finished"),
        ("def sample(self, n, *, seed): return None", "pass", r"predict_proba\(x\) of a classifier, or sample"),
        ("def sample(self, n, *, seed): return None", "def sample(self, n): return None", "the keyword seed of sample"),
        ("finished = False", "finished = False; SPACE = {'lr': [1, 2]}", "a SPACE that maps"),
        ("finished = False", "finished = False; Config = dict", "a Config that is a dataclass"),
    ],
)
def test_what_a_class_lacks_is_named(tmp_path: Path, line: str, replacement: str, lack: str) -> None:
    assert line in COMPLETE
    name = own(tmp_path, tmp_path.name, COMPLETE.replace(line, replacement))
    with pytest.raises(ModelError, match=rf"^{name}: this class .* it lacks {lack}[^;]*$"):
        find_model(name, [tmp_path])


def test_everything_missing_is_named_at_once(tmp_path: Path) -> None:
    name = own(tmp_path, "empty_class", "class Model: pass")
    with pytest.raises(ModelError) as raised:
        find_model(name, [tmp_path])
    for lack in ("constructor", "step()", "state()", "load_state(state)", "finished", "predict_proba(x)"):
        assert lack in str(raised.value)
    assert "\n" not in str(raised.value)


def test_abstract_methods_left_open_are_lacking(tmp_path: Path) -> None:
    code = "from trainables.base import Classifier\nclass Model(Classifier):\n    def step(self): return {}\n"
    name = own(tmp_path, "left_abstract", code)
    with pytest.raises(ModelError, match=r"lacks state\(\); load_state\(state\); finished .*; predict_proba"):
        find_model(name, [tmp_path])


def test_import_errors_are_one_line(tmp_path: Path) -> None:
    own(tmp_path, "needs_more", "import a_package_nobody_has")
    own(tmp_path, "broken_syntax", "class Model(:\n    pass")
    own(tmp_path, "near_miss", "class Model:\n    pass")
    for name, message in {
        "needs_more:Model": r"importing needs_more failed: ModuleNotFoundError: .*a_package_nobody_has",
        "broken_syntax:Model": r"importing broken_syntax failed: SyntaxError",
        "nowhere.at_all:Model": rf"no module nowhere in {tmp_path}",
        "near_miss:Modell": r"has no class Modell; did you mean Model\?",
        "near_miss.py:Model:": r"written package\.module:Name",
    }.items():
        with pytest.raises(ModelError, match=message) as raised:
            find_model(name, [tmp_path])
        assert "\n" not in str(raised.value)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"^gann: unknown model; valid: .*did you mean gan\?"):
        find_model("gann")
