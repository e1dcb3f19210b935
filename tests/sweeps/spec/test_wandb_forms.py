"""W&B's sweep files as people write them, their parameters given to a model that takes any name.

Of tests/data/wandb_forms.yaml each form is spelled out here. Of a folder `shared/wandb` beside the repository, where
there is one, every file is read.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.asked import ask
from helpers.repository import REPOSITORY
from helpers.spec_cases import refused

from search_spaces.distributions import Beta, Distribution, LogNormal, LogUniform, Normal
from search_spaces.domains import Choice, Domain, Float, Int
from search_spaces.quantized import Quantized
from search_spaces.weighted import Weighted
from sweeps.search.search import Search
from sweeps.spec import Spec, load_spec
from sweeps.spec.early_termination import Bands

FORMS = {
    form["description"]: form
    for form in yaml.safe_load_all((REPOSITORY / "tests" / "data" / "wandb_forms.yaml").read_text())
}
PEOPLES = sorted((REPOSITORY.parent / "shared" / "wandb").glob("*.yaml"))
OF_THE_PROGRAM = ("program", "command")
KNOWN = {"name", "description", "project", "entity", "method", "metric", "parameters", "run_cap", "early_terminate"}
LAGS: list[Any] = [{"lags": 0, "leads": 0}, {"lags": [7, 14], "leads": [1, True]}]
AUGMENT = [{"kind": "flip", "p": 0.8}, {"kind": "crop", "p": 0.5}]
SEARCHED: dict[str, dict[str, Domain]] = {
    "exponents without a dot": {"lr": Float(1e-4, 1e-3), "decay": Choice(0.01, 0.001), "epochs": Choice(10)},
    "dotted names and hyphens": {"model.layers": Int(1, 4), "batch-size": Choice(16, 32)},
    "rounded to multiples": {
        "optimizer": Choice("adam", "sgd"),
        "lr": Float(0.01, 0.9, log=True),
        "batch_size": LogUniform(32, 256, q=8),
        "hidden": LogUniform(math.exp(2), math.exp(4), q=1.0),
        "width": Quantized(0, 64, 16),
    },
    "groups within groups": {"data.noise.std": Float(-6.0, 2.0)},
    "lists and mappings as choices": {
        "layers": Choice([128, 128]),
        "features": Choice(["a"], ["a"], ["a", "b"], ["a", "b"]),
        "horizon": Choice(*LAGS),
    },
    "truths and nothings": {
        "pooling": Choice("mean", "max", "None"),
        "norm": Choice(None, "batch"),
        "bias": Choice(True, False),
        "clip": Choice("true", "false"),
        "depth": Int(1, 6),
        "mixed": Choice(-1, 0.1, 1),
    },
    "bands from the top": {"lr": Choice(0.001, 0.005)},
    "exponents of e": {"lr": Float(math.exp(-5), math.exp(-2), log=True), "ratio": Float(0.235, 0.94)},
    "anchors and merges": {
        "lr_g": Float(1e-5, 1e-2, log=True),
        "lr_d": Float(1e-5, 1e-1, log=True),
        "lr_e": Float(1e-5, 1e-2, log=True),
    },
    "bell curves and odds": {
        "a": Normal(1, 0.5),
        "b": LogNormal(2, q=4),
        "c": Beta(2, 5),
        "d": Weighted(["x", "y"], [0.9, 0.1]),
    },
}
FIXED: dict[str, dict[str, Any]] = {
    "exponents without a dot": {"eps": 1e-8},
    "dotted names and hyphens": {"optim.lr.base": 0.003},
    "rounded to multiples": {"epochs": 5},
    "groups within groups": {
        "data.size": [32, 32],
        "data.augment": AUGMENT,
        "data.noise.kind": "gauss",
        "seed": 1234,
        "verbose": False,
    },
    "truths and nothings": {"amp": "True"},
}
ANY_NAME = """
class AnyName:
    finished = False

    def __init__(self, config, data, *, seed, device="cpu"):
        self.config = config

    def step(self): ...
    def state(self): ...
    def load_state(self, state): ...
    def predict_proba(self, x): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "any_name.py").write_text(ANY_NAME)
    return tmp_path


def read(form: Mapping[str, Any], folder: Path) -> Spec:
    lines = {name: value for name, value in form.items() if name not in OF_THE_PROGRAM}
    spec = load_spec({**lines, "model": "any_name:AnyName", "model_path": str(folder)})
    assert load_spec(spec.document()) == spec
    assert load_spec(yaml.safe_load(yaml.safe_dump(spec.document()))) == spec
    return spec


def first(spec: Spec) -> dict[str, Any]:
    [asked] = ask(Search(spec, None), 1)
    return asked.config


@pytest.mark.parametrize("name", FORMS)
def test_every_form_means_here_what_it_means_at_wandb(name: str, folder: Path) -> None:
    spec = read(FORMS[name], folder)
    assert (dict(spec.space), spec.fixed) == (SEARCHED[name], FIXED.get(name, {}))
    assert spec.metric.name == FORMS[name]["metric"]["name"]
    assert spec.space.fault({name: value for name, value in first(spec).items() if name not in spec.fixed}) is None


def test_groups_are_dotted_in_rows_and_mappings_for_whoever_reads_them(folder: Path) -> None:
    spec = read(FORMS["groups within groups"], folder)
    config = first(spec)
    std = config["data.noise.std"]
    assert list(config) == [*spec.fixed, "data.noise.std"]
    assert spec.arranged(config) == {
        "data": {"size": [32, 32], "augment": AUGMENT, "noise": {"std": std, "kind": "gauss"}},
        "seed": 1234,
        "verbose": False,
    }
    changed = load_spec(spec.document(), {"data.noise.std": 0.5, "parameters.data.size.value": [8, 8]})
    assert not changed.space
    assert (changed.fixed["data.noise.std"], changed.fixed["data.size"]) == (0.5, [8, 8])


def test_a_name_that_is_also_one_in_a_group_is_refused(folder: Path) -> None:
    twice = {"a.b": {"value": 1}, "a": {"parameters": {"b": {"value": 2}}}}
    line = refused(read, {"method": "random", "parameters": twice}, folder)
    assert line == "spec: parameters.a.b: is there twice, once in a group"


def test_a_grid_has_equal_lists_once(folder: Path) -> None:
    spec = read(FORMS["lists and mappings as choices"], folder)
    assert spec.trials == 1 * 2 * 2


def test_bands_are_those_of_wandb(folder: Path) -> None:
    assert read(FORMS["truths and nothings"], folder).terms(Bands) == Bands(min_iter=200, s=4)
    top = read(FORMS["bands from the top"], folder).terms(Bands)
    assert top is not None
    assert top.bands == (3, 9)


def test_what_cannot_mean_anything_here_is_named(folder: Path) -> None:
    warnings = read(FORMS["bell curves and odds"], folder).warnings
    assert warnings[0].startswith("metric.impute_while_running: latest is left out: here a trial that runs counts")
    assert read(FORMS["bell curves and odds"], folder).metric.target == 0.1
    assert any(warning.startswith("controller: ") for warning in read(FORMS["bands from the top"], folder).warnings)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"metric": None}, "metric: is missing: bayes searches for the best of one; valid: {name: val/accuracy"),
        ({"parameters": {"lr": {"min": 0.1}}}, "parameters.lr.max: is missing; valid: both min and max"),
        ({"method": "grid"}, "parameters.lr: a grid needs a finite list of values"),
        ({"parameters": {"lr": {"distribution": "normal"}}, "method": "grid"}, "a grid needs a finite list of values"),
        (
            {"parameters": {"x": {"values": [1, 2], "probabilities": [0.5, 0.5]}}, "method": "grid"},
            "parameters.x.probabilities: a grid tries each value once, however probable",
        ),
        ({"metric": {"name": "loss", "goal": "smallest"}}, "metric.goal: 'smallest' does not fit"),
        ({"metric": {"name": "loss", "impute": "mean"}}, "metric.impute: 'mean' does not fit; valid: worst, best"),
        ({"RUN": 10}, "RUN: unknown key"),
    ],
)
def test_a_faulty_file_is_refused_in_one_line(lines: dict[str, Any], words: str, folder: Path) -> None:
    form = {**FORMS["exponents without a dot"], **lines}
    assert words in refused(read, {name: value for name, value in form.items() if value is not None}, folder)


def is_faulty(form: Mapping[str, Any]) -> bool:
    """Whether W&B would refuse it too: a line it has not, a goal, a grid of ranges, whole numbers that are not."""
    ranges = [entry for entry in form["parameters"].values() if "min" in entry]
    return (
        not form.keys() <= {*KNOWN, *OF_THE_PROGRAM, "controller"}
        or form.get("metric", {}).get("goal") not in (None, "minimize", "maximize")
        or (form["method"] == "grid" and any(entry.get("distribution") == "uniform" for entry in ranges))
        or (form["method"] == "bayes" and "metric" not in form)
        or any("max" not in entry for entry in ranges)
    )


@pytest.mark.skipif(not PEOPLES, reason="no folder shared/wandb beside the repository")
@pytest.mark.parametrize("path", PEOPLES, ids=lambda path: path.stem)
def test_peoples_files_are_read(path: Path, folder: Path) -> None:
    form = yaml.safe_load(path.read_text())
    if is_faulty(form):
        refused(read, form, folder)
        return
    spec = read(form, folder)
    leaves = dict(leaf for name, entry in form["parameters"].items() for leaf in entries(name, entry))
    assert {*spec.space, *spec.fixed} == leaves.keys()
    for name, entry in leaves.items():
        if "value" in entry:
            assert spec.fixed[name] == meant(entry["value"])
        else:
            check(spec.space[name], entry)


def entries(name: str, entry: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    if "parameters" not in entry:
        return [(name, entry)]
    return [leaf for below, its in entry["parameters"].items() for leaf in entries(f"{name}.{below}", its)]


def meant(value: Any) -> Any:
    """A text such as 1e-3, which YAML 1.1 does not take for a number, as one."""
    text = isinstance(value, str) and value[:1] in "-0123456789" and "e" in value
    return float(value) if text else value


def check(domain: Domain, entry: Mapping[str, Any]) -> None:
    if "values" in entry:
        assert domain == Choice(*map(meant, entry["values"]))
        return
    low, high = (float(meant(entry[end])) for end in ("min", "max"))
    kind = entry.get("distribution", "")
    if kind == "log_uniform":
        low, high = math.exp(low), math.exp(high)
    assert isinstance(domain, Float | Int | Distribution)
    found = (domain.least, domain.most) if isinstance(domain, LogUniform) else (domain.low, domain.high)
    assert found == (low, high)
    whole = kind == "int_uniform" or (not kind and isinstance(entry["min"], int) and isinstance(entry["max"], int))
    assert isinstance(domain, Int) == whole
    assert (isinstance(domain, LogUniform) or getattr(domain, "log", False)) == ("log" in kind)
