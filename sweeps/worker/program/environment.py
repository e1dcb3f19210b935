"""The variables that a program is started with."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sweeps.worker.program.settings import ProgramSettings

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
OF_GPUS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")  # which Ray sets


def environment(settings: ProgramSettings, own: Mapping[str, str], *, has_gpu: bool) -> dict[str, str]:
    """The shell's that the sweep was started from, or on another machine the worker's, and what of the machine is the
    trial's; `own` is the trial's, and what the spec says goes before all."""
    inherited = settings.environment
    if inherited is None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    threads = str(max(1, int(settings.cpus)))
    gpus = {name: os.environ[name] for name in OF_GPUS if has_gpu and name in os.environ}
    return {
        **inherited,
        **dict.fromkeys(THREADS, threads),
        **gpus,
        "PYTHONUNBUFFERED": "1",  # what it prints is to be seen, also of one that is killed
        **settings.wandb,
        **own,
        **settings.program.environment,
    }
