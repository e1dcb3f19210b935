"""A spec of a class that knows nothing of us: its parameters are its constructor's, and what it cannot tell is said."""

from pathlib import Path

import pytest
from helpers.spec_cases import refused

from search_spaces.domains import Choice, Int
from sweeps.spec import load_spec

FOREST = {"model": "sklearn.ensemble:RandomForestClassifier", "method": "random", "run_cap": 5}
CLASSES_ALONE = """
class Plain:
    def __init__(self, k=1): self.k = k
    def get_params(self, deep=True): return {"k": self.k}
    def fit(self, x, y): return self
    def predict(self, x): ...
"""


def test_its_parameters_are_searched_and_the_default_is_tried_first() -> None:
    parameters = {"n_estimators": {"min": 10, "max": 200}, "max_features": {"values": ["sqrt", "log2", None]}}
    spec = load_spec({**FOREST, "parameters": parameters, "cv_folds": 3, "metric": {"name": "cv/accuracy"}})
    assert dict(spec.space) == {"n_estimators": Int(10, 200), "max_features": Choice("sqrt", "log2", None)}
    assert spec.first == ({"n_estimators": 100, "max_features": "sqrt"},)
    assert load_spec(spec.document()) == spec


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_estimatorz": {"value": 3}}, "parameters.n_estimatorz: unknown parameter; valid: "),
        ({"n_estimatorz": {"value": 3}}, "did you mean n_estimators?"),
        ({"n_estimators": {"values": [0, 10]}}, "parameters.n_estimators.values: must be an int in the range [1, inf)"),
        ({"criterion": {"value": "gin"}}, "parameters.criterion.value: must be a str among"),
    ],
)
def test_what_the_constructor_does_not_take_is_refused_before_anything_starts(
    parameters: dict[str, object], words: str
) -> None:
    assert words in refused(load_spec, {**FOREST, "parameters": parameters})


def test_without_parameters_there_is_nothing_to_search() -> None:
    assert "has no SPACE, so these must be given" in refused(load_spec, FOREST)


def test_metrics_of_probabilities_are_left_out_in_words_where_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "classes_alone.py").write_text(CLASSES_ALONE)
    plain = {
        "model": "classes_alone:Plain",
        "model_path": str(tmp_path),
        "method": "random",
        "run_cap": 2,
        "parameters": {"k": {"min": 1, "max": 9}},
    }
    [warning] = load_spec(plain).warnings
    assert warning.startswith("model: classes_alone:Plain tells classes and no probabilities, so that there is no val/")
    line = refused(load_spec, {**plain, "metric": {"name": "val/log_loss"}})
    assert "metric.name: val/log_loss is of probabilities, and classes_alone:Plain tells classes alone" in line
    bound = {"name": "val/brier", "max": 0.1}
    assert "constraint.name: val/brier is of probabilities" in refused(load_spec, {**plain, "constraint": bound})
