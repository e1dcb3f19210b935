"""A value keeps its type from the search to the winner's spec, in every place that says a config."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.command import sweeps
from helpers.driven_sweep import deliver, next_work
from helpers.sweep_folder import FakeTrial, build_sweep

import analysis
from analysis.folder import load
from analysis.report import write_report
from analysis.report.compare import write_comparison
from analysis.rows import Row
from sweeps.driver.sweep import Sweep
from sweeps.results.provenance import best_spec
from sweeps.results.ranking import by_metric
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.store.sweep_folder import Store
from sweeps.worker.messages import Report

OWN = ["001", "true", "1.0", 1, 2.0, 3, True, None, "True", "null", "", "scale", 0.01]

PLAIN = '''"""A model that takes whatever it is given."""


class Plain:
    finished = False

    def __init__(self, config, data, *, seed, device="cpu"):
        self.config = config

    def step(self):
        self.finished = True
        return {"train/score": 1.0}

    def state(self):
        return {}

    def load_state(self, state):
        pass

    def sample(self, n, *, seed):
        raise NotImplementedError
'''


def spec_of(folder: Path, values: list[Any], name: str = "value", **lines: Any) -> dict[str, Any]:
    (folder / "plain.py").write_text(PLAIN)
    metric = {"name": "train/score", "goal": "maximize"}
    own = {"model": "plain:Plain", "model_path": [str(folder)], "dataset": "digits", "method": "grid", "metric": metric}
    return {**own, "parameters": {name: {"values": values}}, **lines}


def driven(folder: Path, document: Mapping[str, Any], metric: str = "train/score", most: int = 99) -> dict[str, Any]:
    """A sweep without its cluster, trial k scoring k; the configs that it handed out, by trial."""
    folder.mkdir(exist_ok=True)
    spec = load_spec(dict(document))
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec.document(), sort_keys=False))
    (folder / "manifest.json").write_text(json.dumps({"sweep": "abcd0123", "data": {}}))
    store = Store(folder, spec.metric)
    sweep = Sweep(spec, Search(spec, folder / "optuna.journal"), store, [])
    sweep.restore(store.existing_rows())
    given: dict[str, Any] = {}
    while len(given) < most and (work := next_work(sweep)) is not None:
        given[work.trial] = dict(work.config)
        row = {"trial": work.trial, "step": 1, "seconds": 1.0, metric: float(work.trial) / 100}
        deliver(sweep, Report(work.trial, "cpu", Row.of(row), True))
    sweep.close(interrupted=False)
    return given


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def test_every_source_has_the_values_that_were_searched(tmp_path: Path) -> None:
    given = driven(tmp_path / "it", spec_of(tmp_path, OWN))
    values = [config["value"] for config in given.values()]
    assert all(map(same, values, OWN))
    assert len(values) == len(OWN)
    sweep = load(tmp_path / "it")
    assert all(same(sweep.configs[trial]["value"], config["value"]) for trial, config in given.items())
    assert all(map(same, sweep.trials["config/value"], values))
    assert all(map(same, analysis.load(tmp_path / "it")["config/value"], values))


@pytest.mark.parametrize("value", OWN)
def test_the_winners_spec_has_the_value_that_won(tmp_path: Path, value: Any) -> None:
    others = [other for other in ("a word", 7, 2.5) if other != value]
    driven(tmp_path / "it", spec_of(tmp_path, [*others, value]))
    spec = best_spec(by_metric(tmp_path / "it"))
    written = yaml.safe_load(yaml.safe_dump(spec.document()))
    assert same(spec.fixed["value"], value)
    assert same(load_spec(written).fixed["value"], value)
    assert same(by_metric(tmp_path / "it").rows(1)[0]["value"], value)


@pytest.mark.parametrize(
    ("model", "parameter", "values"),
    [
        ("decision_tree", "max_depth", [2, 12, None]),
        ("decision_tree", "max_depth", [None, 2, 12]),
        ("decision_tree", "max_leaf_nodes", [None, 50]),
        ("svm", "gamma", ["scale", "auto", 0.01]),
        ("svm", "gamma", [0.01, "scale"]),
        ("decision_tree", "train_size", [None, 500]),
        ("decision_tree", "train_size", [500, None]),
        ("decision_tree", "cv_folds", [None, 5]),
        ("decision_tree", "cv_folds", [5, None]),
    ],
)
def test_models_of_ours_take_their_winner(tmp_path: Path, model: str, parameter: str, values: list[Any]) -> None:
    document = {"model": model, "dataset": "digits", "method": "grid", "parameters": {parameter: {"values": values}}}
    metric = load_spec(document).metric.name
    driven(tmp_path / "it", document, metric)
    assert same(best_spec(by_metric(tmp_path / "it")).fixed[parameter], values[-1])


def test_a_folder_from_before_has_its_types_from_the_journal(tmp_path: Path) -> None:
    given = driven(tmp_path / "it", spec_of(tmp_path, OWN))
    (tmp_path / "it" / "configs.jsonl").unlink()
    assert all(same(load(tmp_path / "it").configs[t]["value"], config["value"]) for t, config in given.items())


@pytest.mark.parametrize("values", [[2, 12, None], ["scale", 0.01], [True, None], [2.0, 3], ["001", "true"], [1, 64]])
def test_without_a_journal_the_table_says_what_the_spec_names(tmp_path: Path, values: list[Any]) -> None:
    driven(tmp_path / "it", spec_of(tmp_path, values))
    for name in ("configs.jsonl", "optuna.journal"):
        (tmp_path / "it" / name).unlink()
    found = load(tmp_path / "it").configs
    assert all(same(config["value"], value) for config, value in zip(found.values(), values, strict=True))


def test_a_damaged_line_of_configs_is_made_good_by_the_journal(tmp_path: Path) -> None:
    driven(tmp_path / "it", spec_of(tmp_path, ["001", None, 12]))
    path = tmp_path / "it" / "configs.jsonl"
    path.write_text("garbage\n[1]\n" + path.read_text().split("\n", 1)[1])
    assert [config["value"] for config in load(tmp_path / "it").configs.values()] == ["001", None, 12]


def test_an_editor_that_writes_a_mark_first_costs_no_config_its_types(tmp_path: Path) -> None:
    given = driven(tmp_path / "it", spec_of(tmp_path, OWN))
    path = tmp_path / "it" / "configs.jsonl"
    path.write_text(path.read_text(), encoding="utf-8-sig")
    for name in ("optuna.journal", "trials.csv"):
        (tmp_path / "it" / name).unlink()
    assert all(same(load(tmp_path / "it").configs[t]["value"], config["value"]) for t, config in given.items())


def test_a_resume_keeps_types_and_completes_what_is_missing(tmp_path: Path) -> None:
    document = spec_of(tmp_path, OWN)
    first = driven(tmp_path / "it", document, most=6)
    (tmp_path / "it" / "configs.jsonl").unlink()
    rest = driven(tmp_path / "it", document)
    found = load(tmp_path / "it").configs
    assert all(same(found[trial]["value"], value) for trial, value in zip(first | rest, OWN, strict=True))
    kept = [json.loads(line) for line in (tmp_path / "it" / "configs.jsonl").read_text().splitlines()]
    assert sorted(line["trial"] for line in kept) == sorted(first | rest)


def test_the_page_and_the_comparison_draw_values_of_all_types(tmp_path: Path) -> None:
    driven(tmp_path / "it", spec_of(tmp_path, OWN))
    page = write_report(tmp_path / "it").read_text()
    assert '\\"001\\"' in page
    assert write_comparison([load(tmp_path / "it")], tmp_path / "both.html").exists()


def test_a_parameter_called_like_a_column_overwrites_none(tmp_path: Path) -> None:
    names = ("trial", "status", "steps", "seconds", "why", "best_step", "verdict", "train/score")
    document = spec_of(tmp_path, ["mine", None])
    document["parameters"] = {name: {"values": ["mine"]} for name in names} | document["parameters"]
    driven(tmp_path / "it", document)
    shown = json.loads(sweeps("show", "it", "--json", folder=tmp_path).stdout)
    assert [(row["trial"], row["status"], row["steps"], row["seconds"]) for row in shown] == [
        ("0000", "done", 1, 1),
        ("0001", "done", 1, 1),
    ]
    assert {row["config/trial"] for row in shown} == {row["config/seconds"] for row in shown} == {"mine"}
    assert [row["value"] for row in shown] == ["mine", None]
    row = json.loads(sweeps("best", "it", "--json", folder=tmp_path).stdout)[0]
    assert (row["trial"], row["best_step"], row["seconds"], row["train/score"]) == ("0001", 1, 1, 0.01)
    assert row["why"].startswith("number 1 of 2")
    assert row["config/why"] == row["config/seconds"] == row["config/train/score"] == "mine"
    table = sweeps("show", "it", folder=tmp_path).stdout
    assert "null" in table.splitlines()[2]


def test_columns_keep_one_order(tmp_path: Path) -> None:
    parameters = {
        "C": {"values": [1.0, 2.0]},
        "l1_ratio": {"min": 0.0, "max": 1.0, "when": {"penalty": "elasticnet"}},
        "penalty": {"values": ["l2", "elasticnet"]},
        "solver": {"values": ["saga"]},
    }
    document = {"model": "logistic_regression", "dataset": "digits", "method": "random", "parameters": parameters}
    document["metric"] = {"name": "val/accuracy", "goal": "maximize"}
    configs = [
        {"C": 1.0, "penalty": "l2", "solver": "saga"},
        {"C": 2.0, "l1_ratio": 0.5, "penalty": "elasticnet", "solver": "saga"},
    ]
    for name, order in (("a", configs), ("b", configs[::-1])):
        accuracies = (0.9, 0.8)
        trials = [FakeTrial(c, [{"val/accuracy": a}]) for c, a in zip(order, accuracies, strict=True)]
        build_sweep(tmp_path / name, trials, document)
    heads = [sweeps("best", name, "--top", "2", folder=tmp_path).stdout.splitlines()[0].split() for name in "ab"]
    assert heads[0] == heads[1]
    assert heads[0][-4:] == list(parameters)


def test_trials_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    document = spec_of(tmp_path, [1, 2])
    driven(tmp_path / "it", document)
    lines = (tmp_path / "it" / "results.jsonl").read_text().replace('"0000"', '"10000"').replace('"0001"', '"9999"')
    (tmp_path / "it" / "results.jsonl").write_text(lines)
    for name in ("configs.jsonl", "optuna.journal", "trials.csv"):
        (tmp_path / "it" / name).unlink()
    media = tmp_path / "it" / "media"
    for trial in ("10000", "9999"):
        (media / trial).mkdir(parents=True)
        (media / trial / "000001_samples.png").write_bytes(b"")
    sweep = load(tmp_path / "it")
    for table in (sweep.trials, sweep.rows, sweep.media, analysis.load(tmp_path / "it")):
        assert table["trial"].tolist() == ["9999", "10000"]
    store = Store(tmp_path / "it", load_spec(document).metric)
    list(store.existing_rows())
    assert [record.trial for record in store.records] == ["9999", "10000"]
    store.close(interrupted=False)
    assert (tmp_path / "it" / "trials.csv").read_text().splitlines()[1].startswith("9999,")
