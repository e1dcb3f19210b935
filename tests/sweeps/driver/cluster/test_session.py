"""A sweep on a cluster of two Ray nodes that share nothing but the network."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import ray
from helpers.command import HANGS, environment, rows_of, sweeps, sweeps_process, toy_spec, wait_until
from helpers.nodes import Nodes

from sweeps.driver.cluster.session import kept_ray, ray_session

pytestmark = pytest.mark.ray


@pytest.mark.slow
def test_media_reach_the_driver_from_a_node_that_shares_no_folder(tmp_path: Path, nodes: Nodes) -> None:
    here = tmp_path / "driver"
    here.mkdir()
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "sleep": {"value": 0.3}}
    toy_spec(here, parameters=parameters, run_cap=4, resources={"cpu": 1, "gpu": 0.5})
    done = sweeps(
        "run", "toy.yaml", "--address", nodes.address, "--out", "it", "--wandb", "off", "--no-report", folder=here
    )
    assert done.returncode == 0, done.stderr
    assert len(list(here.glob("it/media/*/*_weight_maps.png"))) == 4 * 5
    written = [p for p in nodes.folder.rglob("*") if p.is_file()]
    assert not written, written
    assert not list(Path(os.getcwd()).glob("media"))
    assert not (here / "media").exists()


@pytest.mark.slow
def test_a_sweep_that_fits_nowhere_says_so(tmp_path: Path) -> None:
    toy_spec(tmp_path, resources={"cpu": 1, "gpu": 64})
    command = ("run", "toy.yaml", "--trials", "1", "--out", "it", "--wandb", "off", "--no-report")
    done = sweeps_process(*command, folder=tmp_path)
    assert done.returncode in (1, 2)
    assert "gpu 64" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_where_nothing_answers_is_one_line_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = sweeps("run", "logistic_regression", "--address", f"127.0.0.1:{port}", folder=tmp_path)
    assert done.returncode in (1, 2)
    assert f"nothing answers at 127.0.0.1:{port} (Connection refused)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "http://127.0.0.1:8265"])
def test_an_address_with_a_protocol_is_refused_in_words(tmp_path: Path, address: str) -> None:
    done = sweeps("run", "logistic_regression", "--address", address, "--wandb", "off", "--no-report", folder=tmp_path)
    assert done.returncode in (1, 2)
    assert f"{address}: addresses with a protocol are not supported; give the HOST:PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_cluster_of_another_version_is_told_with_both(tmp_path: Path) -> None:
    with Nodes(tmp_path / "node", version="1.2.3") as nodes:
        done = sweeps(
            "run", "logistic_regression", "--address", nodes.address, "--wandb", "off", "--no-report", folder=tmp_path
        )
    assert done.returncode == 1
    assert "the cluster runs Ray 1.2.3 on Python" in done.stderr
    assert f"here is Ray {ray.__version__} on Python" in done.stderr
    assert "Traceback" not in done.stderr


def test_sweeps_in_a_row_share_one_ray(tmp_path: Path, nodes: Nodes) -> None:
    jobs = []
    with kept_ray():
        for name in ("replicates", "final"):
            with ray_session(nodes.address, tmp_path / name / "ray.log"):
                jobs.append(ray.get_runtime_context().get_job_id())
    assert not ray.is_initialized()
    with ray_session(nodes.address, tmp_path / "another" / "ray.log"):
        jobs.append(ray.get_runtime_context().get_job_id())
    assert jobs[0] == jobs[1] != jobs[2]
    assert not ray.is_initialized()


@pytest.mark.slow
def test_a_cluster_that_asks_for_a_token_is_told_as_that_and_reached_with_it(tmp_path: Path) -> None:
    toy_spec(tmp_path, run_cap=1)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}
    with Nodes(tmp_path / "node", **token) as nodes:
        nodes.tell("1 0")
        arguments = ("run", "toy.yaml", "--address", nodes.address, "--wandb", "off", "--no-report", "--out")
        without = sweeps_process(*arguments, "without", folder=tmp_path)
        having = sweeps_process(*arguments, "with", folder=tmp_path, **token)
    assert without.returncode == 1
    assert "RAY_AUTH_MODE=token" in without.stderr
    assert "Traceback" not in without.stderr
    assert having.returncode == 0, having.stderr


@pytest.mark.slow
def test_nodes_that_join_are_used_and_those_that_go_cost_no_restart(tmp_path: Path) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "sleep": {"value": 1.5}, "steps": {"value": 12}}
    toy_spec(tmp_path, parameters=parameters, run_cap=2)
    log, folder = tmp_path / "said", tmp_path / "it"

    def said(words: str) -> bool:
        return words in log.read_text()

    with Nodes(tmp_path / "node") as nodes, log.open("w") as file:
        command = [sys.executable, "-m", "sweeps.cli", "run", "toy.yaml", "--address", nodes.address]
        command += ["--out", "it", "--wandb", "off", "--no-report"]
        driver = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=file, stderr=file)
        wait_until(lambda: said("a worker waits for cpu 1"))
        nodes.tell("1 0")
        wait_until(lambda: len(rows_of(folder)) > 1)
        assert {row["trial"] for row in rows_of(folder)} == {"0000"}
        nodes.tell("1 0")
        wait_until(lambda: {row["trial"] for row in rows_of(folder)} == {"0000", "0001"})
        assert said("the cluster has changed: room for 2 trials at once, before for 1")
        nodes.tell("remove")
        assert driver.wait(timeout=HANGS) == 0, log.read_text()
    assert len(rows_of(folder)) == 24
    assert "the node it ran on was lost" in (folder / "ray" / "ray.log").read_text()
