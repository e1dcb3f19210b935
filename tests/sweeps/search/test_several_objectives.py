"""Searches for several metrics at once: every method keeps what its row of the table says, and a resume asks alike."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.asked import ask
from helpers.spec_cases import refused
from optuna.trial import TrialState

from sweeps.search.importance import importance
from sweeps.search.journal import storage
from sweeps.search.method import Asked, Ending
from sweeps.search.methods import METHODS
from sweeps.search.search import Search
from sweeps.search.view import readings
from sweeps.spec import Spec, load_spec

BOTH = [{"name": "val/accuracy"}, {"name": "val/log_loss"}]
BOUNDS = [{"name": "val/brier", "max": 0.5}, {"name": "seconds", "max": 1.0}]
SAMPLERS = {"nsga2": {"population_size": 6, "mutation_prob": 0.2}, "tpe": {"n_startup_trials": 5}}
HONOURED = [name for name, row in METHODS.items() if row.objectives == "honoured"]


def spec_of(method: str, **keys: Any) -> Spec:
    values = {"values": [0.05 * n for n in range(1, 20)]}
    lines: dict[str, Any] = {
        "model": "decision_tree",
        "metric": BOTH,
        "constraint": BOUNDS,
        "method": method,
        "parameters": {"ccp_alpha": values if METHODS[method].finite else {"min": 0.0, "max": 1.0}},
        "sampler": {"nsga2": {"population_size": 6, "mutation_prob": 0.2}, "tpe": {"n_startup_trials": 5}}.get(
            method, {}
        ),
        "run_cap": 60,
    }
    return load_spec({**lines, **keys})


def values_of(x: float) -> tuple[float, float]:
    """The front is where x is from 0.2 to 0.6: there one gets better as the other gets worse."""
    return -abs(x - 0.2), abs(x - 0.6)


def tell(search: Search, asked: Asked) -> None:
    number, x = asked.number, asked.config["ccp_alpha"]
    accuracy, loss = values_of(x)
    search.report(number, 1, accuracy - 1, loss + 1)
    search.report(number, 2, accuracy, loss)
    if number % 7 == 3:
        search.tell(number, Ending("failed", None, "diverged: loss is nan"))
    elif number % 7 == 5:
        search.tell(number, Ending("stopped", None, "behind the mark", (-0.1, None)))
    else:
        search.tell(number, Ending("done", accuracy, "", (x - 0.9, -1.0), others=(loss,)))


def play(search: Search, trials: int) -> list[Asked]:
    asked = []
    for _ in range(trials):
        [each] = ask(search)
        tell(search, each)
        asked.append(each)
    return asked


@pytest.mark.parametrize("method", METHODS)
def test_a_method_searches_for_several_metrics_or_is_refused_by_name(method: str, tmp_path: Path) -> None:
    if METHODS[method].objectives == "refused":
        line = refused(spec_of, method)
        assert line.startswith(f"spec: metric: {method} searches for one metric, and there are 2; valid: one, or")
        assert "tpe, random, grid, qmc, nsga2" in line
        return
    straight = play(Search(spec_of(method), tmp_path / "straight"), 14)
    cut = [each for _ in range(7) for each in play(Search(spec_of(method), tmp_path / "cut"), 2)]
    assert cut == straight


@pytest.mark.parametrize("method", HONOURED)
def test_what_heeds_several_metrics_goes_where_their_front_is(method: str) -> None:
    late = [each.config["ccp_alpha"] for each in play(Search(spec_of(method), None), 50)[-20:]]
    assert sum(0.15 <= x <= 0.65 for x in late) >= 14  # by chance it would be 10
    assert min(late) < 0.35 < 0.45 < max(late)


def test_the_journal_has_vectors_and_their_steps(tmp_path: Path) -> None:
    search = Search(spec_of("tpe"), tmp_path / "journal")
    asked = play(search, 7)
    study = optuna.load_study(study_name=None, storage=storage(tmp_path / "journal"))
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    states = {3: TrialState.PRUNED, 5: TrialState.PRUNED}
    assert [trial.state for trial in study.trials] == [states.get(n, TrialState.COMPLETE) for n in range(7)]
    assert tuple(study.trials[0].values) == values_of(asked[0].config["ccp_alpha"])
    assert [*study.trials[0].constraints] == ["val/brier of 0.5 or less", "seconds of 1 or less"]
    assert [*study.trials[5].constraints] == ["val/brier of 0.5 or less"]  # the other is not known
    again = Search(spec_of("tpe"), tmp_path / "journal")
    assert list(again.reported()) == list(search.reported())
    assert next(again.reported())[2] == (study.trials[0].values[0] - 1, study.trials[0].values[1] + 1)


def test_a_view_reads_the_best_vector_of_what_was_stopped_and_the_worst_of_what_failed() -> None:
    spec, search = spec_of("nsga2"), Search(spec_of("nsga2"), None)
    play(search, 7)
    found = readings(search._trials.study.get_trials(), spec.metric)
    told = [reading.values for n, reading in enumerate(found) if n != 3 and reading.values is not None]
    assert len(told) == 6
    assert found[3].values == (min(values[0] for values in told), max(values[1] for values in told))
    assert found[3].violations == tuple(max(0.0, *(r.violations[k] for r in found)) for k in range(2))


def test_a_finite_space_is_asked_whole_and_nothing_twice(tmp_path: Path) -> None:
    few = {"parameters": {"ccp_alpha": {"values": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}}}
    for method in ("tpe", "random", "qmc", "nsga2"):
        asked = play(Search(spec_of(method, **few), None), 8)
        assert len({each.config["ccp_alpha"] for each in asked}) == 8


def test_importance_is_about_the_first_metric() -> None:
    search = Search(spec_of("random", default_first=False), None)
    play(search, 20)
    trials = search._trials.study.get_trials()
    assert importance(trials, "maximize")["shares"] == {"ccp_alpha": 1.0}
