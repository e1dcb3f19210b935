"""A spec written and read back, its schema for editors, the specs we ship and the examples of the reference."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from helpers.repository import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces.domains import Choice, Float
from sweeps.spec import load_spec
from sweeps.spec.document.schema import json_schema

ends = st.tuples(st.floats(1e-4, 0.4), st.floats(1e-3, 0.5)).map(lambda pair: {"min": pair[0], "max": sum(pair)})
counts = st.tuples(st.integers(1, 40), st.integers(1, 40)).map(lambda pair: {"min": pair[0], "max": sum(pair)})
ranges = st.one_of(
    ends,
    ends.map(lambda entry: {**entry, "distribution": "log_uniform_values"}),
    st.tuples(st.floats(-9, -5), st.floats(0.1, 4)).map(
        lambda pair: {"min": pair[0], "max": sum(pair), "distribution": "log_uniform"}
    ),
    st.floats(1e-4, 0.9).map(lambda value: {"value": value}),
    st.lists(st.floats(1e-4, 0.9), min_size=1, max_size=3, unique=True).map(lambda values: {"values": values}),
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "lr_g": ranges,
        "lr_d": ranges,
        "beta1": ranges,
        "batch_size": st.one_of(counts, counts.map(lambda e: {**e, "distribution": "int_log_uniform_values"})),
        "g_depth": st.sampled_from([{"min": 1, "max": 4}, {"values": [3, 4]}, {"value": 4}]),
        "g_width_2": st.one_of(counts, st.just({"value": 64})),
        "loss": st.sampled_from([{"value": "minimax"}, {"values": ["minimax", "non_saturating"]}]),
        "latent_dim": counts.map(lambda entry: {**entry, "when": {"batch_size": {"min": 1}}}),
    },
).filter(bool)
lines = st.fixed_dictionaries(
    {"model": st.just("gan")},
    optional={
        "parameters": parameters,
        "method": st.sampled_from(["bayes", "tpe", "random"]),
        "dataset": st.sampled_from(["digits", "mnist", "cifar10"]),
        "metric": st.sampled_from(
            [
                {"name": "gen/frechet_pixels"},
                {"name": "gen/frechet", "target": 3},
                {"name": "train/loss_g", "goal": "minimize"},
            ]
        ),
        "run_cap": st.integers(1, 99),
        "early_terminate": st.sampled_from(
            [
                {"type": "asha", "min_iter": 2},
                {"type": "hyperband", "max_iter": 9, "s": 1, "eta": 2.5, "strict": False},
                {"type": "hyperband", "min_iter": 2, "patience": 3},
                {"type": "collapse"},
                {"type": "collapse", "patience": 1, "severity": 0.5},
                {"type": "median", "min_steps": 4, "min_trials": 2},
                {"type": "plateau", "patience": 4, "min_delta": 0.5},
                {"type": "no_improvement", "trials": 40},
                {"type": "target", "value": 3},
                [{"type": "median"}, {"type": "collapse"}, {"type": "no_improvement", "trials": 9, "min_delta": 0.1}],
                [],
            ]
        ),
        "constraint": st.sampled_from(
            [{"name": "gen/severity", "max": 0.5}, {"name": "gen/pixel_diversity", "min": 1}]
        ),
        "resources": st.sampled_from([{"cpu": 0.5}, {"gpu": 0.1}, {"cpu": 2, "gpu": 1}]),
        "budget": st.sampled_from(
            [{"steps": 3}, {"seconds": "2m"}, {"steps": 1, "seconds": 0.5}, {"total_steps": 9, "core_hours": 1.5}]
        ),
        "trial_timeout": st.sampled_from([None, "90s", 0.5]),
        "replicates": st.integers(1, 3),
        "seed": st.integers(0, 2**32 - 1),
        "train_size": st.one_of(st.none(), st.integers(1, 999)),
        "classes": st.lists(st.one_of(st.integers(0, 9), st.text(max_size=3)), min_size=1, max_size=3),
        "tags": st.lists(st.text(min_size=1, max_size=3), max_size=2),
        "name": st.text(min_size=1, max_size=5).filter(lambda n: not {"\0", "/"} & {*n} and n != ".."),
        "notes": st.text(max_size=5),
    },
)


@settings(deadline=None)
@given(lines)
def test_a_document_reads_back_equal_through_yaml(document: dict[str, Any]) -> None:
    spec = load_spec(document)
    written = spec.document()
    again = load_spec(yaml.safe_load(yaml.safe_dump(written, sort_keys=False)))
    assert again == spec
    assert again.document() == written
    jsonschema.validate(written, json_schema())


def test_the_schema_takes_what_the_reader_takes_and_refuses_what_it_refuses() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(
        {"model": "gan", "program": "train.py", "parameters": {"lr_g": {"min": 0.1, "max": 0.2}}}, schema
    )
    for wrong in (
        {"model": "gan", "methd": "grid"},
        {"model": "gan", "method": "grdi"},
        {"model": "gan", "run_cap": 0},
        {"model": "gan", "parameters": {"lr_g": {"distribution": "gaussian"}}},
        {"model": "gan", "early_terminate": {"min_iter": 3}},
        {"dataset": "digits"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_every_line_of_the_schema_says_what_is_valid() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    assert [
        name for section in sections for name, line in section["properties"].items() if not line.get("description")
    ] == []


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("specs/*.yaml")), ids=lambda path: path.stem)
def test_every_spec_we_ship_loads_without_a_warning_and_says_what_it_is_for(path: Path) -> None:
    spec = load_spec(path)
    assert spec.warnings == ()
    assert load_spec(spec.document()) == spec
    assert path.read_text().startswith("# ")
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema())


def test_the_fashion_sweep_gives_l1_to_saga_alone() -> None:
    spec = load_spec(REPOSITORY / "specs" / "fashion_logistic_regression.yaml")
    assert (spec.trials, spec.dataset, spec.space["C"]) == (
        12,
        "fashion_mnist",
        Float(1e-3, 10.0, log=True).when(penalty=("l2", "l1", "elasticnet")),
    )
    assert spec.space["solver"] == Choice("lbfgs", "saga").when(penalty="l2")
    gan_spec = load_spec(REPOSITORY / "specs" / "fashion_gan.yaml")
    assert (gan_spec.trials, gan_spec.fixed["updates"]) == (20, 2000)


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs" / "spec.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("text", examples(), ids=lambda text: text.splitlines()[0][:40])
def test_every_example_of_the_reference_loads(text: str) -> None:
    document = yaml.safe_load(text)
    spec = load_spec({"model": "logistic_regression", "run_cap": 5, **document})
    assert load_spec(spec.document()) == spec


def test_the_reference_names_every_line() -> None:
    text = (REPOSITORY / "docs" / "spec.md").read_text()
    schema = json_schema()
    names = {name for section in [schema, *schema["$defs"].values()] for name in section["properties"]}
    assert {name for name in names if not re.search(rf"`{name}[`:]", text)} == set()
