"""The lines `metric` and `constraint` as lists."""

from typing import Any

import pytest
from helpers.spec_cases import gan, lr, refused

from analysis.ranking import Constraint
from sweeps.spec import load_spec
from sweeps.spec.resolved import Objective

BOTH = [{"name": "val/accuracy"}, {"name": "val/calibration_error"}]


def test_several_metrics_have_their_goals_and_come_back_from_the_document() -> None:
    spec = lr(metric=BOTH, constraint=[{"name": "seconds", "max": 9}, {"name": "val/log_loss", "max": 1}])
    assert spec.metric.goals == {"val/accuracy": "maximize", "val/calibration_error": "minimize"}
    assert spec.metric.constraints == (Constraint("seconds", max=9.0), Constraint("val/log_loss", max=1.0))
    assert spec.metric.names == ("val/accuracy", "val/calibration_error", "seconds", "val/log_loss")
    assert load_spec(spec.document()) == spec


def test_a_list_of_one_is_one() -> None:
    spec = lr(metric=[{"name": "val/brier", "target": None}], constraint=[{"name": "seconds", "max": 9}])
    assert spec == lr(metric={"name": "val/brier"}, constraint={"name": "seconds", "max": 9})
    assert spec.document()["metric"] == {"name": "val/brier", "goal": "minimize"}


def test_seconds_may_come_second() -> None:
    assert gan(metric=[{"name": "gen/frechet"}, {"name": "seconds"}]).metric == Objective(
        "gen/frechet", "minimize", others={"seconds": "minimize"}
    )


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ({"metric": [*BOTH, BOTH[0]]}, "metric[2].name: val/accuracy is there twice"),
        ({"metric": [BOTH[0], {"name": "val/acuracy"}]}, "metric[1].name: unknown metric 'val/acuracy'"),
        ({"metric": [BOTH[0], {"name": "val/brier", "goal": "maximize"}]}, "metric[1].goal: maximize contradicts"),
        ({"metric": [{"name": "seconds"}, BOTH[0]]}, "metric[0].name: seconds only grow"),
        ({"metric": [BOTH[0], {"name": "gen/frechet"}]}, "metric[1].name: gen/frechet is no metric of a classifier"),
        ({"metric": [BOTH[0], {**BOTH[1], "target": 0.1}]}, "metric[1].target: a target is of one metric"),
        ({"metric": [{**BOTH[0], "goals": "x"}]}, "metric[0].goals: unknown key"),
        ({"metrics": BOTH}, "metrics: several objectives stand in the line metric here"),
        ({"metric": BOTH, "method": "gp"}, "metric: gp searches for one metric, and there are 2"),
        ({"constraint": [{"name": "seconds", "max": 1}, {"name": "val/brier"}]}, "constraint[1]: needs one bound"),
        ({"constraint": [{"name": "val/brer", "max": 1}]}, "constraint[0].name: unknown metric 'val/brer'"),
    ],
)
def test_what_is_wrong_in_a_list_is_named_with_its_place(lines: dict[str, Any], what: str) -> None:
    assert f"spec: {what}" in refused(lr, **lines)


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "median"},
        {"type": "plateau", "patience": 3},
        {"type": "target", "value": 0.9},
        {"type": "no_improvement", "trials": 5},
    ],
)
def test_rules_of_one_metric_are_refused_beside_several(rule: dict[str, Any]) -> None:
    line = refused(lr, metric=BOTH, early_terminate=[{"type": "asha", "min_iter": 1}, rule])
    assert line.startswith("spec: early_terminate[1].type: it looks at one metric, and 2 are searched for; valid: ")
    assert line.endswith("hyperband, asha, collapse")


def test_rules_that_heed_fronts_or_no_metric_are_taken() -> None:
    both = [{"name": "gen/frechet"}, {"name": "seconds"}]
    assert (
        len(gan(metric=both, early_terminate=[{"type": "asha", "min_iter": 1}, {"type": "collapse"}]).early_terminate)
        == 2
    )
