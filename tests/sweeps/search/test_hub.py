"""Samplers of OptunaHub: the package is not among ours, and a stand-in with its one function has a registry of one."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.asked import ask

from sweeps.search.method import Ending
from sweeps.search.samplers.hub import sampler_of
from sweeps.search.search import Search
from sweeps.spec import Spec, SpecError, load_spec

# As in optunahub 0.5: `load_module` brings the package's folder and imports it.
PACKAGE = """
import importlib.util, os, sys

def load_module(package, *, repo_owner="optuna", repo_name="optunahub-registry", ref="main", base_url=None,
                force_reload=False, auth=None):
    path = os.path.join(os.path.dirname(__file__), "registry", package, "__init__.py")
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    name = "optunahub_registry.package." + package.replace("/", ".")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
"""
SAMPLER = '''
import optuna

__all__ = ["NearTheBest"]

class NearTheBest(optuna.samplers.BaseSampler):
    """By chance within `reach` of the best value so far; it knows the space, and reads what is COMPLETE."""

    def __init__(self, search_space, *, reach=0.1, seed=None):
        if not 0 < reach <= 1:
            raise ValueError("reach must be in (0, 1]")
        self._space, self._reach = search_space, reach
        self._random = optuna.samplers.RandomSampler(seed=seed)

    def infer_relative_search_space(self, study, trial):
        return self._space

    def sample_relative(self, study, trial, search_space):
        done = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
        assert all(set(each.params) == set(self._space) for each in done)
        found = {}
        for name, dist in self._space.items():
            value = self._random.sample_independent(study, trial, name, dist)
            if done and isinstance(dist, optuna.distributions.FloatDistribution):
                best, wide = study.best_trial.params[name], self._reach * (dist.high - dist.low)
                value = min(max(best + wide * (value - dist.low) / (dist.high - dist.low), dist.low), dist.high)
            found[name] = value
        return found

    def sample_independent(self, study, trial, name, dist):
        raise AssertionError("all is drawn together")
'''


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "optunahub" / "registry" / "samplers" / "near_the_best"
    folder.mkdir(parents=True)
    (tmp_path / "optunahub" / "__init__.py").write_text(PACKAGE)
    (folder / "__init__.py").write_text(SAMPLER)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("optunahub", None)
    sampler_of.cache_clear()


def spec_of(name: str = "near_the_best", **lines: Any) -> Spec:
    space = {
        "ccp_alpha": {"min": 0.0, "max": 0.1},
        "max_depth": {"min": 2, "max": 20},
        "min_samples_leaf": {"min": 1, "max": 50, "when": {"max_depth": {"min": 10}}},
    }
    return load_spec(
        {"model": "decision_tree", "method": f"optunahub:{name}", "run_cap": 9, "parameters": space, **lines}
    )


def test_without_the_package_one_line_says_what_to_install() -> None:
    with pytest.raises(SpecError) as error:
        spec_of()
    line = "method: optunahub:near_the_best needs the package optunahub, which is not installed"
    assert f"{line}; valid: pip install optunahub, or tpe, random" in str(error.value)


def test_its_sampler_draws_and_a_resume_goes_on_as_straight(registry: None, tmp_path: Path) -> None:
    spec = spec_of(sampler={"reach": 0.5})
    assert load_spec(spec.document()) == spec
    runs = [drawn(spec, [9], tmp_path / "straight"), drawn(spec, [2, 3, 4], tmp_path / "cut")]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 9
    assert any("min_samples_leaf" not in config for config in runs[0])
    assert drawn(spec_of(), [9], tmp_path / "nearer") != runs[0]


def drawn(spec: Spec, processes: list[int], journal: Path) -> list[dict[str, Any]]:
    """The configs of a search of so many trials in one process after the other; every third trial diverges."""
    configs = []
    for trials in processes:
        search = Search(spec, journal)
        for _ in range(trials):
            [(number, config)] = ask(search)
            value = -config["ccp_alpha"]
            search.tell(number, Ending("failed", None, "diverged") if number % 3 == 2 else Ending("done", value))
            configs.append(config)
    return configs


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("near_the_worst", {}, "method: near_the_worst cannot be loaded: FileNotFoundError"),
        ("near_the_best", {"sampler": {"reech": 1}}, "sampler.reech: optunahub:near_the_best has no such option"),
        ("near_the_best", {"sampler": {"reech": 1}}, "did you mean reach?"),
        (
            "near_the_best",
            {"sampler": {"reach": 2}},
            "sampler: near_the_best does not take it: reach must be in",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(registry: None, name: str, lines: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as error:
        spec_of(name, **lines)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_code_is_not_fetched_where_a_spec_is_only_to_be_shown() -> None:
    document = {"model": "decision_tree", "method": "optunahub:any", "run_cap": 3, "sampler": {"a": 1}}
    spec = load_spec(document, trusted=False)
    assert (spec.method, spec.sampler) == ("optunahub:any", {"a": 1})
    assert not [line for line in load_spec({**document}, trusted=False).warnings if "optunahub" in line]


def test_whether_it_heeds_a_constraint_is_not_known(registry: None) -> None:
    warned = spec_of(constraint={"name": "val/log_loss", "max": 1.0}).warnings
    assert "constraint: optunahub:near_the_best may or may not heed it; it ranks the trials all the same" in warned
