"""A sweep on a cluster of two Ray nodes that share nothing but the network."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from command import environment, sweeps, toy_spec

pytestmark = [pytest.mark.ray, pytest.mark.timeout(400)]
NODES = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
cluster.add_node(num_cpus=2, num_gpus=1)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A head node without a CPU, and a second node with all of them and one logical GPU, in a folder of its own."""
    (tmp_path / "node").mkdir()
    pipe = subprocess.PIPE
    nodes = subprocess.Popen(
        [sys.executable, "-c", NODES], cwd=tmp_path / "node", env=environment(), stdin=pipe, stdout=pipe, text=True
    )
    assert nodes.stdin is not None
    assert nodes.stdout is not None
    try:
        yield nodes.stdout.readline().strip()
    finally:
        family = psutil.Process(nodes.pid).children(recursive=True)
        nodes.stdin.close()
        nodes.wait(timeout=60)
        _, alive = psutil.wait_procs(family, timeout=30)
        for process in alive:
            process.kill()
        nodes.stdout.close()


def test_media_reach_the_driver_from_a_node_that_shares_no_folder(tmp_path: Path, address: str) -> None:
    here = tmp_path / "driver"
    here.mkdir()
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "sleep": {"value": 0.3}}
    toy_spec(here, parameters=parameters, run_cap=4, resources={"cpu": 1, "gpu": 0.5})
    done = sweeps("run", "toy.yaml", "--address", address, "--out", "it", "--wandb", "off", folder=here)
    assert done.returncode == 0, done.stderr
    assert len(list(here.glob("it/media/*/*_weight_maps.png"))) == 4 * 5
    written = [p for p in (tmp_path / "node").rglob("*") if p.is_file()]
    assert not written, written
    assert not list(Path(os.getcwd()).glob("media"))
    assert not (here / "media").exists()


def test_a_sweep_that_fits_nowhere_says_so(tmp_path: Path) -> None:
    toy_spec(tmp_path, resources={"cpu": 1, "gpu": 64})
    done = sweeps("run", "toy.yaml", "--trials", "1", "--out", "it", "--wandb", "off", folder=tmp_path)
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
