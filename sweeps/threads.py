"""As many numerical threads as a trial has CPUs, in every library that keeps a pool of its own."""

from __future__ import annotations

import os
import sys

import threadpoolctl
import torch

_LIMITS: list[threadpoolctl.threadpool_limits] = []  # kept: a limit is lifted when its object is collected


def limit_threads(cpus: float) -> int:
    """Bind torch, OpenMP, BLAS and oneDAL's TBB in this process to max(1, int(cpus)) threads; returns the number.

    Without it two trials on two cores each start a thread a core and fight over them.
    """
    threads = max(1, int(cpus))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    _LIMITS[:] = [threadpoolctl.threadpool_limits(threads)]
    torch.set_num_threads(threads)
    # oneDAL reads no environment variable; it is bound only where scikit-learn-intelex has been loaded.
    if "daal4py" in sys.modules:
        sys.modules["daal4py"].daalinit(threads)
    return threads
