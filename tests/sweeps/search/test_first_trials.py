"""What a search tries first: the model's defaults, and the configs that a spec enqueues."""

from pathlib import Path
from typing import Any

import pytest
from helpers.asked import ask, ask_one

from search_spaces.finite import identity
from sweeps.search.method import Ending
from sweeps.search.methods import METHODS
from sweeps.search.search import Search
from sweeps.spec import Spec, SpecError, load_spec
from sweeps.spec.resuming import check_unchanged

SPACE: dict[str, Any] = {
    "ccp_alpha": {"min": 0.0, "max": 0.1},
    "max_depth": {"min": 2, "max": 20},
    "min_samples_leaf": {"min": 1, "max": 50, "when": {"max_depth": {"min": 10}}},
}
DEFAULT = {"ccp_alpha": 0.0, "max_depth": 15, "min_samples_leaf": 10}
DRAWN = [name for name, row in METHODS.items() if not (row.finite or row.repeats)]


def spec_of(method: str = "tpe", **lines: Any) -> Spec:
    return load_spec({"model": "decision_tree", "method": method, "run_cap": 8, "parameters": SPACE, **lines})


def configs(spec: Spec, n: int, journal: Path | None = None) -> list[dict[str, Any]]:
    search, found = Search(spec, journal), []
    for _ in range(n):
        number, config = ask_one(search)
        search.tell(number, Ending("done", -config["ccp_alpha"], ""))
        found.append({name: value for name, value in config.items() if name in spec.space})
    return found


@pytest.mark.parametrize("method", DRAWN)
def test_the_models_defaults_are_the_first_trial(method: str) -> None:
    first, second = configs(spec_of(method), 2)
    assert first == DEFAULT
    assert second != DEFAULT
    assert configs(spec_of(method, default_first=False), 1) != [DEFAULT]


@pytest.mark.parametrize("method", DRAWN)
def test_known_configs_come_next_in_order_and_each_once(method: str, tmp_path: Path) -> None:
    """What one leaves out is the model's default, where that is active."""
    known = [{"max_depth": 5}, {"ccp_alpha": 0.05, "max_depth": 12}, {"max_depth": 5, "ccp_alpha": 0.0}, DEFAULT]
    wanted = [DEFAULT, {"ccp_alpha": 0.0, "max_depth": 5}, {"ccp_alpha": 0.05, "max_depth": 12, "min_samples_leaf": 10}]
    spec = spec_of(method, enqueue=known)
    straight = configs(spec, 6)
    assert straight[:3] == wanted
    assert len({identity(config) for config in straight}) == 6
    assert [
        config for n in (1, 2, 3) for config in configs(spec, n, tmp_path / "journal")
    ] == straight  # three processes
    assert [config for _, config in ask(Search(spec, None), 4)][:3] == [{**spec.fixed, **config} for config in wanted]


def test_a_resolved_spec_has_them_and_reads_back() -> None:
    spec = spec_of(enqueue=[{"max_depth": 5}])
    assert (spec.document()["default_first"], spec.document()["enqueue"]) == (True, [{"max_depth": 5}])
    assert load_spec(spec.document()) == spec
    assert (
        "default_first"
        not in load_spec({"model": "decision_tree", "parameters": {"max_depth": {"value": 3}}}).document()
    )


@pytest.mark.parametrize(
    ("parameters", "first"),
    [
        ({"max_depth": {"min": 2, "max": 8}}, {"max_depth": 8}),  # the nearest to 15
        ({"max_depth": {"values": [2, 3]}, "ccp_alpha": SPACE["ccp_alpha"]}, {"ccp_alpha": 0.0}),  # none is 15
        ({"max_depth": {"values": [2, 3]}}, None),
        ({"max_depth": {"min": 2, "max": 9}, "min_samples_leaf": SPACE["min_samples_leaf"]}, "has no effect"),
    ],
)
def test_a_default_outside_of_the_space(parameters: dict[str, Any], first: dict[str, Any] | str | None) -> None:
    if isinstance(first, str):
        with pytest.raises(SpecError, match=first):
            spec_of(parameters=parameters)
    else:
        assert spec_of(parameters=parameters).first == ((first,) if first else ())


def test_what_the_default_has_no_value_for_is_drawn() -> None:
    spec = spec_of(parameters={"max_depth": {"values": [2, 3]}, "ccp_alpha": SPACE["ccp_alpha"]})
    [first] = configs(spec, 1)
    assert first["ccp_alpha"] == 0.0
    assert first["max_depth"] in (2, 3)


@pytest.mark.parametrize(
    ("enqueue", "line"),
    [
        ([{"max_dept": 3}], "enqueue[0].max_dept: is not searched; valid: ccp_alpha, max_depth, min_samples_leaf; did"),
        ([{"max_depth": 3}, {"max_depth": 30}], "enqueue[1].max_depth: 30 is not in the space; valid: 20 is the near"),
        ([{"max_depth": 3.5}], "enqueue[0].max_depth: 3.5 is not in the space; valid: 4 is the nearest"),
        ([{"max_depth": "deep"}], "enqueue[0].max_depth: 'deep' is not in the space; valid: a number"),
        ([{"max_depth": 3, "min_samples_leaf": 2}], "enqueue[0].min_samples_leaf: has no effect here: it needs max"),
        ([{"max_depth": [3]}], "enqueue[0].max_depth: [3] is not in the space"),
        ([{}], "enqueue[0]: has no values"),
        ([{"criterion": "gini"}], "enqueue[0].criterion: is not searched"),
    ],
)  # fmt: skip
def test_a_config_that_is_not_in_the_space_is_refused_by_name(enqueue: list[dict[str, Any]], line: str) -> None:
    with pytest.raises(SpecError) as error:
        spec_of(enqueue=enqueue)
    assert line in str(error.value)


def test_a_fixed_value_may_stand_in_a_known_config_as_it_is() -> None:
    parameters = {**SPACE, "criterion": {"value": "gini"}}
    assert spec_of(parameters=parameters, enqueue=[{"criterion": "gini", "max_depth": 3}]).enqueue == (
        {"max_depth": 3},
    )
    with pytest.raises(SpecError, match=r"enqueue\[0\].criterion: 'entropy', and it is fixed; valid: 'gini'"):
        spec_of(parameters=parameters, enqueue=[{"criterion": "entropy", "max_depth": 3}])


def test_a_grid_has_all_configs_anyway() -> None:
    grid: dict[str, Any] = {"method": "grid", "parameters": {"max_depth": {"values": [2, 3]}}}
    assert spec_of(**grid).first == ()
    for line in ({"enqueue": [{"max_depth": 3}]}, {"default_first": True}):
        with pytest.raises(SpecError, match="a grid tries every config there is"):
            spec_of(**grid, **line)


def test_a_cap_below_the_known_configs_is_said() -> None:
    known = [{"max_depth": depth} for depth in (3, 4, 5)]
    assert spec_of(enqueue=known, run_cap=2).warnings == (
        "enqueue: only the first 2 of 4 configs to try first are tried",
    )


def test_a_sweep_from_before_the_line_goes_on_as_it_began() -> None:
    """Its own spec says nothing of a default config: none is put first when it is resumed."""
    before = {name: value for name, value in spec_of().document().items() if name not in ("default_first", "sampler")}
    check_unchanged(before, spec_of(default_first=False), "spec.yaml")
    with pytest.raises(SpecError, match="default_first: false when the sweep began, true now"):
        check_unchanged(before, spec_of(), "spec.yaml")
