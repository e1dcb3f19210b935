"""Resolves the W&B mode (online, offline, off) from settings, environment and login, without network or prompt."""

from __future__ import annotations

import contextlib
import io
import os
from typing import Any, Literal

from sweeps.wandb_log import internals

Mode = Literal["online", "offline", "off"]
# What another program's run, sweep or launch left in the environment: wandb.init would go on with that run, or draw
# ids of its own, and what is recorded would be lost to the sweep it belongs to.
ANOTHERS = frozenset(
    f"WANDB_{name}"
    for name in (
        *("SERVICE", "RUN_ID", "RUN_NAME", "NAME", "RUN_DIR", "RESUME", "RESUME_FROM", "FORK_FROM", "REINIT"),
        *("SWEEP_ID", "SWEEP_PARAM_PATH", "CONFIG_PATHS", "LAUNCH", "LAUNCH_CONFIG_PATH", "JOB_TYPE", "JOB_NAME"),
        *("PROGRAM", *internals.VARIABLES),
    )
)


def switched_off(mode: str) -> bool:
    """Whether nothing at all is wanted of W&B; needs no wandb."""
    return mode == "off" or (mode == "auto" and _disabled_by_environment())


def resolve_mode(mode: str) -> Mode:
    """The mode that `auto`, `online`, `offline` or `off` comes to here. Imports wandb unless it is off."""
    if switched_off(mode):
        return "off"
    if mode == "auto":
        mode = _configured_mode()
    if mode == "online" and login_fault():
        return "offline"
    return mode  # type: ignore[return-value]


def client() -> Any:
    """The wandb package, imported with the environment cleared of other programs' runs and sweeps.

    A service, a run or a sweep that another program left in the environment is not ours; and where a server hangs,
    wandb's reports about itself would hold the end of this process.
    """
    for name in ANOTHERS & os.environ.keys():
        del os.environ[name]
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    import wandb

    return wandb


def login_fault() -> str:
    """Why W&B cannot be used online, as one line; empty when there are credentials (the server is not asked)."""
    wandb = client()
    try:
        # verify=False asks no server and prompt=False no person; what wandb prints here belongs to nobody.
        with contextlib.redirect_stderr(io.StringIO()):
            return "" if wandb.login(verify=False, prompt=False) else "not logged in; 'wandb login' changes that"
    except (wandb.errors.Error, ValueError) as error:
        return str(error).splitlines()[0]


def _configured_mode() -> Mode:
    """WANDB_MODE, `wandb offline` in this folder, or the user's settings file."""
    mode = client().setup().settings.mode
    if mode == "disabled":
        return "off"
    return "offline" if mode in ("offline", "dryrun") else "online"


def _disabled_by_environment() -> bool:
    disabled = os.environ.get("WANDB_DISABLED", "").lower() in ("1", "true", "yes", "on")
    return disabled or os.environ.get("WANDB_MODE") == "disabled"
