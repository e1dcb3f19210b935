"""What a step takes of the machine, measured by the process that takes it."""

import mmap
import time

from analysis.results import is_metric
from sweeps.worker.resource_usage import ResourceUsage


def test_cpu_is_the_share_of_a_core_that_the_process_had() -> None:
    before = time.perf_counter(), time.process_time()
    consumption = ResourceUsage("cpu")
    began = time.perf_counter(), time.process_time()
    while time.process_time() < began[1] + 0.3:
        pass
    ended = time.perf_counter(), time.process_time()
    busy = consumption.read()["sys/cpu_percent"]
    after = time.perf_counter(), time.process_time()
    # A loaded machine gives little, and may pause between two readings of clocks; the kernel's ticks are of 10 ms.
    least = (ended[1] - began[1] - 0.02) / (after[0] - before[0])
    most = (after[1] - before[1] + 0.02) / (ended[0] - began[0])
    assert 100 * least <= busy <= 100 * most
    consumption.begin()
    time.sleep(0.5)
    assert consumption.read()["sys/cpu_percent"] < 10


def test_memory_is_that_of_this_process() -> None:
    consumption = ResourceUsage("cpu")
    before = consumption.read()["sys/memory_mib"]
    with mmap.mmap(-1, 2**26) as held:  # 64 MiB of new pages: an array may get some that this process had before
        held.write(bytes(len(held)))
        after = consumption.read()["sys/memory_mib"]
    assert 60 < after - before < 200


def test_what_the_machine_gave_is_no_metric() -> None:
    names = ResourceUsage("cpu").read()
    assert list(names) == ["sys/cpu_percent", "sys/memory_mib"]
    assert not any(map(is_metric, names))
    assert is_metric("val/accuracy")
