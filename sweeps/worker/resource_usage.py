"""CPU, memory and GPU usage of a trial's process during a step: the columns sys/... of a row."""

from __future__ import annotations

import time

import psutil

MIB = 2**20


class ResourceUsage:
    """Measures the usage of this process between `begin` and `read`; on a GPU also torch's share of it.

    Trials that share a process would share these numbers.
    """

    def __init__(self, device: str) -> None:
        self._process, self._on_gpu = psutil.Process(), device == "cuda"
        self.begin()

    def begin(self) -> None:
        self._cpu, self._wall = self._cpu_seconds(), time.perf_counter()
        if self._on_gpu:
            import torch

            torch.cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, float]:
        """CPU time in percent of one core since `begin`, memory now; of a GPU its peak memory and utilisation."""
        wall = max(time.perf_counter() - self._wall, 1e-6)
        cpu = 100 * (self._cpu_seconds() - self._cpu) / wall
        memory = self._process.memory_info().rss / MIB
        return {"sys/cpu_percent": round(cpu, 1), "sys/memory_mib": round(memory, 1), **self._gpu()}

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _gpu(self) -> dict[str, float]:
        if not self._on_gpu:
            return {}
        import torch

        found = {"sys/gpu_memory_mib": round(torch.cuda.max_memory_reserved() / MIB, 1)}
        try:
            # NVML counts all that runs on this GPU: where trials share one, theirs too.
            return {**found, "sys/gpu_percent": float(torch.cuda.utilization())}
        except (
            Exception
        ):  # no NVML (the extra `gpu` brings it), or one whose own errors say that this GPU does not tell
            return found
