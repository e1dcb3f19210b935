"""A Ray cluster for tests, of nodes that share nothing but the network."""

import subprocess
import sys
from pathlib import Path

import psutil

from helpers.command import HANGS, environment

NODES = """
import sys
import ray
from ray.cluster_utils import Cluster
ray.__version__ = sys.argv[1] or ray.__version__
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
print(cluster.address, flush=True)
nodes = []
for line in sys.stdin:
    if line.strip() == "remove":
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
    else:
        cpus, gpus = map(int, line.split())
        nodes.append(cluster.add_node(num_cpus=cpus, num_gpus=gpus))
    print("done", flush=True)
cluster.shutdown()
"""


class Nodes:
    """A head node without a CPU, and what other nodes it is told to have, all in a folder of their own."""

    def __init__(self, folder: Path, version: str = "", **env: str) -> None:
        self.folder = folder
        folder.mkdir()
        words, pipe = [sys.executable, "-c", NODES, version], subprocess.PIPE
        self.process = subprocess.Popen(
            words, cwd=folder, env=environment(**env), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        self.address = self._answer()

    def tell(self, order: str) -> None:
        """ "CPUS GPUS" adds a node, "remove" has the oldest die."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __enter__(self) -> "Nodes":
        return self

    def __exit__(self, *error: object) -> None:
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.communicate(timeout=HANGS)
        _, alive = psutil.wait_procs(family, timeout=30)
        for process in alive:
            process.kill()
