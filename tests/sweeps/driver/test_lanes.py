"""Lanes on real workers: several trials on one of them, one that dies, work that is not there yet."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from helpers.command import toy_spec
from ray import tune
from ray.exceptions import RayActorError

from sweeps.driver.cluster.shipped_modules import with_code
from sweeps.driver.lanes import Lanes
from sweeps.driver.sweep import Sweep
from sweeps.search.search import Search
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from sweeps.store.sweep_folder import Store
from sweeps.worker.lane import Lane
from sweeps.worker.shared import Shared
from trainables import find_model
from trainables.data import load_dataset

pytestmark = pytest.mark.ray

DRIFTS = [0.4, 0.9, 0.1, 0.5, 0.3, 0.2, 0.45]
Start = Callable[[], Any]


@pytest.fixture(scope="module")
def connected(cluster: tuple[str, str]) -> Iterator[None]:
    ray.init(cluster[1], log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


def made(folder: Path, at_once: int, **keys: Any) -> tuple[Lanes, Store, Start]:
    """The lanes of a sweep of the toy model, its store, and what starts a worker."""
    spec = load_spec(toy_spec(folder, **{"method": "grid", **keys}))
    store = Store(folder, spec.metric)
    sweep = Sweep(spec, Search(spec, folder / "optuna.journal"), store, [])
    return Lanes(sweep, lambda: 2, at_once=at_once), store, lambda: _worker(spec, folder)


def _worker(spec: Spec, folder: Path) -> Any:
    entry = with_code(spec.model, find_model(spec.model, [folder]))
    shared = Shared(1, entry, load_dataset("digits", train_size=50), wanted=spec.metric.names, ood={})
    return ray.remote(num_cpus=0)(tune.with_parameters(Lane, shared=shared)).remote(config={})


def step(lanes: Lanes, name: str, worker: Any) -> tuple[set[str], bool]:
    """One step of a worker: the trials that reported, and whether it goes on."""
    result = ray.get(worker.train.remote())
    lanes.settle(wait=True)  # what was reported before is written by now
    goes_on = lanes.reported(name, result["reports"], result["attachments"])
    return {report.trial for report in result["reports"]}, goes_on


def space(**values: Any) -> dict[str, Any]:
    fixed = {"steps": 5, "fault": "none", **values}
    return {"drift": {"values": DRIFTS}, **{name: {"value": value} for name, value in fixed.items()}}


def test_a_lane_has_two_trials_at_once_and_takes_others_for_those_that_end(tmp_path: Path, connected: None) -> None:
    early = {"type": "hyperband", "min_iter": 1, "eta": 2}
    lanes, store, start = made(tmp_path, 2, parameters=space(fault="raise"), early_terminate=early)
    assert lanes.open("a")
    assert not store.records  # nothing is drawn before the worker is there
    worker = start()
    lanes.started("a", worker)
    at_once, goes_on = [], True
    while goes_on:
        trials, goes_on = step(lanes, "a", worker)
        at_once.append(trials)
    assert lanes.over
    assert at_once[:3] == [{"0000", "0001"}, {"0000"}, {"0000", "0002"}]  # the second failed in its first step
    assert max(map(len, at_once)) == 2
    assert [record.status for record in store.records].count("failed") == 1
    assert "stopped" in {record.status for record in store.records}
    assert {record.steps for record in store.records if record.status == "done"} == {5}
    for record in store.records:
        told = [number for number, trials in enumerate(at_once) if record.trial in trials]
        assert len(told) == record.steps + (record.status == "failed")
    lanes.close()


def test_the_trials_of_a_dead_lane_go_on_in_another_before_anything_new(tmp_path: Path, connected: None) -> None:
    lanes, store, start = made(tmp_path, 2, parameters=space(), run_cap=3)
    assert lanes.open("a")
    assert lanes.open("b")
    assert not lanes.open("c")  # two slots
    first = start()
    lanes.started("a", first)
    step(lanes, "a", first)
    lanes.settle(wait=True)
    (tmp_path / "ray" / "checkpoints" / "0001.pt").unlink(missing_ok=True)
    os.kill(int(store.records[0].worker.split(":")[1]), signal.SIGKILL)
    with pytest.raises(RayActorError):
        ray.get(first.train.remote())
    assert sorted(lanes.died("a", "killed", counts=True).trials) == ["0000", "0001"]
    second = start()
    lanes.started("b", second)
    lanes.settle(wait=True)
    trials, goes_on = step(lanes, "b", second)
    assert trials == {"0000", "0001"}
    while goes_on:
        trials, goes_on = step(lanes, "b", second)
    assert lanes.over
    assert [(record.status, record.steps) for record in store.records] == [("done", 5)] * 3
    rows = [(row.trial, row.step) for row in store.existing_rows()]
    assert len(rows) == len(set(rows)) == 15
    lanes.close()


def test_a_worker_that_reports_no_more_is_ended_with_its_trial_and_another_goes_on(
    tmp_path: Path, connected: None
) -> None:
    lanes, store, start = made(tmp_path, 1, parameters=space(fault="hang"), run_cap=3)
    assert lanes.open("a")
    first = start()
    lanes.started("a", first)
    goes_on = True
    while goes_on and len(store.records) < 2:  # the second hangs in its second step
        goes_on = step(lanes, "a", first)[1]
    step(lanes, "a", first)
    hanging = first.train.remote()
    lanes.passed(6.0, timeout=9.0)
    assert [record.status for record in store.records] == ["done", "running"]
    lanes.passed(6.0, timeout=9.0)
    with pytest.raises(RayActorError):
        ray.get(hanging)
    assert not lanes.died("a", "killed", counts=True).trials
    assert lanes.open("b")
    second = start()
    lanes.started("b", second)
    while goes_on:
        goes_on = step(lanes, "b", second)[1]
    assert lanes.over
    assert [(record.status, record.steps) for record in store.records] == [("done", 5), ("failed", 1), ("done", 5)]
    assert store.records[1].reason == "no report for 9 seconds (trial_timeout)"
    lanes.close()


def test_a_worker_without_work_naps_until_it_is_closed(tmp_path: Path, connected: None) -> None:
    lanes, _, start = made(tmp_path, 1, parameters=space(steps=1), run_cap=2)
    workers = {name: start() for name in ("a", "b")}
    for name, worker in workers.items():
        assert lanes.open(name)
        lanes.started(name, worker)
    assert not lanes.open("c")
    assert {name: step(lanes, name, worker)[0] for name, worker in workers.items()} == {"a": {"0000"}, "b": {"0001"}}
    lanes.settle(wait=True)  # a trial has ended when its pictures are on disk
    assert lanes.over
    assert [step(lanes, name, worker) for name, worker in workers.items()] == [(set(), False), (set(), False)]
    assert ray.get(workers["b"].train.remote())["reports"] == []
    lanes.close()
