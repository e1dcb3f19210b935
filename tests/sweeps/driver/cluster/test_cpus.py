"""How many CPUs may be used: affinity, and the quotas of cgroups of both versions."""

import os
from pathlib import Path

import pytest

from basics.cpus import quota, usable_cpus
from sweeps.driver.cluster.slots import slots_on_node
from sweeps.spec.resolved import Resources


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def process(tmp_path: Path) -> Path:
    write(tmp_path / "self", "0::/slurm/job\n")
    return tmp_path / "self"


def test_without_limits_it_is_what_affinity_leaves(tmp_path: Path, process: Path) -> None:
    write(tmp_path / "groups" / "cpu.max", "max 100000\n")
    assert usable_cpus(tmp_path / "groups", process) == len(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cpus(tmp_path / "groups", process) == 1
    finally:
        os.sched_setaffinity(0, before)


def test_the_smallest_quota_of_the_groups_above_counts(tmp_path: Path, process: Path) -> None:
    groups = tmp_path / "groups"
    write(groups / "slurm" / "job" / "cpu.max", "400000 100000\n")
    assert quota(groups, process) == 4
    write(groups / "slurm" / "cpu.max", "150000 100000\n")
    assert quota(groups, process) == 1.5
    assert usable_cpus(groups, process) == 1
    write(groups / "cpu.max", "50000 100000\n")
    assert usable_cpus(groups, process) == 1


def test_cgroups_of_version_1_and_a_container_whose_own_is_the_root(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    write(tmp_path / "self", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n")
    write(groups / "cpu" / "cpu.cfs_quota_us", "200000\n")
    write(groups / "cpu" / "cpu.cfs_period_us", "100000\n")
    assert quota(groups, tmp_path / "self") == 2
    write(groups / "cpu,cpuacct" / "docker" / "abc" / "cpu.cfs_quota_us", "100000\n")
    write(groups / "cpu,cpuacct" / "docker" / "abc" / "cpu.cfs_period_us", "100000\n")
    assert quota(groups, tmp_path / "self") == 1
    write(groups / "cpu,cpuacct" / "docker" / "abc" / "cpu.cfs_quota_us", "-1\n")
    assert quota(groups, tmp_path / "self") == 2


def test_where_nothing_says_anything_there_is_no_quota(tmp_path: Path) -> None:
    assert quota(tmp_path / "none", tmp_path / "none") == float("inf")


@pytest.mark.parametrize(
    ("node", "cpu", "gpu", "fit"),
    [
        ({"CPU": 3.0}, 2, 0, 1),  # so two on two such nodes, not the three that six CPUs have room for
        ({"CPU": 8.0, "GPU": 2.0}, 1, 0.4, 4),  # two on a GPU: the rest of both is no third
        ({"CPU": 8.0, "GPU": 3.0}, 1, 2, 1),
        ({"CPU": 8.0}, 1, 0.5, 0),
        ({"CPU": 0.3}, 0.1, 0, 3),
    ],
)
def test_trials_that_fit_on_a_node(node: dict[str, float], cpu: float, gpu: float, fit: int) -> None:
    assert slots_on_node(node, Resources(cpu=cpu, gpu=gpu)) == fit
