"""Limits the threads of numerical libraries to the CPUs of a trial."""

from __future__ import annotations

import os
import sys

import threadpoolctl

_LIMITS: list[threadpoolctl.threadpool_limits] = []  # kept: a limit is lifted when its object is collected


def limit_threads(cpus: float) -> int:
    """Bind torch, OpenMP, BLAS and oneDAL's TBB in this process to max(1, int(cpus)) threads; returns the number.

    Without it two trials on two cores each start a thread a core and fight over them.
    """
    threads = max(1, int(cpus))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    _LIMITS[:] = [threadpoolctl.threadpool_limits(threads)]
    # Both take their time to import and are not imported for this: torch will read OMP_NUM_THREADS if it comes
    # later; oneDAL reads no variable, so this is called again once the models are built.
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    if "daal4py" in sys.modules:
        sys.modules["daal4py"].daalinit(threads)
    return threads
