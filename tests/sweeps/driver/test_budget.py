"""What a sweep may use of time and machine: counted over resumes, and more of it granted."""

from pathlib import Path
from typing import Any

import pytest
from helpers.command import sweeps, table, toy_spec
from helpers.driven_sweep import deliver, drive, next_work, open_sweep, report

from sweeps.driver.going_on import with_more
from sweeps.driver.sweep import Sweep
from sweeps.errors import SpecError
from sweeps.spec import load_spec
from sweeps.store.manifest import note_end

HOUR = 3600.0


def one_trial(sweep: Sweep, *, seconds: float = 1.0, steps: int = 1, value: float = 0.5) -> str:
    """A trial that has its worker for so long; nothing if the sweep starts none."""
    work = next_work(sweep)
    if work is None:
        return ""
    for step in range(1, steps + 1):
        found = report(work, step, value, last=step == steps)
        found.started, found.ended = 100.0, 100.0 + seconds * step / steps
        deliver(sweep, found)
    return work.trial


def why(sweep: Sweep) -> str:
    return sweep.ended_by.reason if sweep.ended_by is not None else ""


@pytest.mark.parametrize(
    ("budget", "resources", "trials", "words"),
    [
        ({"total_steps": 7}, {}, 3, "the budget's 7 steps are used up"),  # of three each: the third comes to its end
        ({"core_hours": 2}, {"cpu": 1}, 4, "the budget's 2 core-hours are used up"),
        ({"core_hours": 2}, {"cpu": 2}, 2, "the budget's 2 core-hours are used up"),
        ({"gpu_hours": 0.5}, {"gpu": 0.25}, 4, "the budget's 0.5 GPU-hours are used up"),
        ({"core_hours": 9, "gpu_hours": 0.25, "total_steps": 99}, {"gpu": 0.5}, 1, "the budget's 0.25 GPU-hours"),
        ({"core_hours": 100, "trials": 2}, {}, 2, ""),
    ],
)
def test_whichever_ends_first_ends_the_sweep(
    tmp_path: Path, budget: dict[str, Any], resources: dict[str, Any], trials: int, words: str
) -> None:
    keys = {"budget": budget, "resources": resources, "run_cap": None}
    _, sweep, _, _ = open_sweep(tmp_path, **keys)
    began = [one_trial(sweep, seconds=HOUR / 2, steps=3) for _ in range(6)]
    assert len(list(filter(None, began))) == trials
    assert why(sweep).startswith(words)
    assert bool(why(sweep)) == bool(words)
    assert sweep.over


def test_it_counts_over_resumes_and_a_trial_taken_up_again_is_not_counted_twice(tmp_path: Path) -> None:
    keys = {"budget": {"core_hours": 1.5}, "run_cap": None}
    _, sweep, _, _ = open_sweep(tmp_path, **keys)
    work = next_work(sweep)
    assert work is not None
    found = report(work, 1, 0.5, last=False)
    found.started, found.ended = 100.0, 100.0 + HOUR
    deliver(sweep, found)
    sweep.close(interrupted=True)
    _, again, _, _ = open_sweep(tmp_path, **keys)
    assert not why(again)
    assert one_trial(again, seconds=HOUR / 2) == work.trial
    assert why(again) == "the budget's 1.5 core-hours are used up"


def test_those_that_run_when_it_is_used_up_come_to_their_end(tmp_path: Path) -> None:
    _, sweep, _, store = open_sweep(tmp_path, budget={"total_steps": 1}, run_cap=None)
    first, second = next_work(sweep), next_work(sweep)
    assert first is not None
    assert second is not None
    for step in (1, 2, 3):
        for work in (first, second):
            deliver(sweep, report(work, step, 0.5, last=step == 3))
    assert next_work(sweep) is None
    assert [(record.status, record.steps) for record in store.records] == [("done", 3)] * 2


class TestMore:
    def ended(self, folder: Path, **keys: Any) -> tuple[Sweep, dict[str, Any]]:
        _, sweep, _, _ = open_sweep(folder, **keys)
        while one_trial(sweep, value=0.95):
            pass
        sweep.close(interrupted=False)
        (folder / "manifest.json").write_text("{}")
        note_end(folder, why(sweep))
        return sweep, keys

    def resumed(self, folder: Path, more: int, **keys: Any) -> tuple[int, Sweep]:
        """How many trials there are in the end, of which the first had ended before."""
        spec = with_more(folder, load_spec(folder / "spec.yaml"), {}, more, print)
        _, sweep, search, _ = open_sweep(folder, **{**keys, "run_cap": spec.trials})
        while one_trial(sweep, value=0.95):
            pass
        sweep.close(interrupted=False)
        return search.asked, sweep

    @pytest.mark.parametrize(
        "keys",
        [
            {"run_cap": 3},
            {"run_cap": 30, "early_terminate": {"type": "no_improvement", "trials": 2}},
            {"run_cap": None, "budget": {"total_steps": 3}},
        ],
    )
    def test_a_sweep_that_has_ended_gets_so_many_whatever_ended_it(self, tmp_path: Path, keys: dict[str, Any]) -> None:
        self.ended(tmp_path, **keys)
        asked, sweep = self.resumed(tmp_path, 4, **keys)
        assert asked == 7
        assert sweep.over

    def test_beyond_its_target_the_others_are_not_stopped(self, tmp_path: Path) -> None:
        keys = {"run_cap": 30, "metric": {"name": "val/accuracy", "target": 0.9}}
        self.ended(tmp_path, **keys)
        assert self.resumed(tmp_path, 4, **keys)[0] == 5
        _, sweep, _, store = open_sweep(tmp_path, **keys)
        assert why(sweep).startswith("the target 0.9 is reached")
        assert {record.status for record in store.records} == {"done"}

    def test_what_was_granted_survives_an_interrupt(self, tmp_path: Path) -> None:
        keys = {"run_cap": None, "budget": {"total_steps": 2}}
        self.ended(tmp_path, **keys)
        with_more(tmp_path, load_spec(tmp_path / "spec.yaml"), {}, 3, print)
        for number in ("0002", "0003", "0004"):
            _, sweep, _, _ = open_sweep(tmp_path, **keys)
            assert one_trial(sweep) == number
            sweep.close(interrupted=True)
        _, sweep, _, _ = open_sweep(tmp_path, **keys)
        assert sweep.over

    def test_an_interrupted_sweep_has_its_cap_raised(self, tmp_path: Path) -> None:
        drive(tmp_path, trials=2, run_cap=5)
        assert with_more(tmp_path, load_spec(tmp_path / "spec.yaml"), {}, 4, print).trials == 9

    def test_where_no_config_is_left_it_is_refused(self, tmp_path: Path) -> None:
        keys = {"parameters": {"C": {"values": [0.1, 1.0, 10.0]}}, "run_cap": 2}
        self.ended(tmp_path, **keys)
        spec = load_spec(tmp_path / "spec.yaml")
        with pytest.raises(SpecError, match=r"--more: there are only 3 configs, .* 4 trials; valid: up to 1"):
            with_more(tmp_path, spec, {}, 2, print)
        assert with_more(tmp_path, spec, {}, 1, print).trials == 3

    def test_a_sweep_without_an_end_has_nothing_to_be_added_to(self, tmp_path: Path) -> None:
        drive(tmp_path, trials=2, run_cap=None)
        with pytest.raises(SpecError, match="--more: this sweep has no run_cap"):
            with_more(tmp_path, load_spec(tmp_path / "spec.yaml"), {}, 2, print)


@pytest.mark.ray
@pytest.mark.slow
def test_a_real_sweep_says_what_was_used_up_and_goes_on_with_more(tmp_path: Path, cluster: tuple[str, str]) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 2}}
    toy_spec(tmp_path, parameters=parameters, run_cap=40, budget={"total_steps": 5})
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("sweeps: the sweep has ended: the budget's 5 steps are used up. Go on all the same with: ")
    assert last.endswith("sweeps resume it --more 20")
    had = len(table(tmp_path / "it"))
    assert had in (3, 4)
    wrong = sweeps("resume", "it", "--more", "2", "--trials", "9", folder=tmp_path)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    more = sweeps("resume", "it", "--more", "2", "--no-report", folder=tmp_path)
    assert more.returncode == 0, more.stderr
    assert f"going on to {had + 2} trials" in more.stderr
    assert list(table(tmp_path / "it")["status"]) == ["done"] * (had + 2)
