"""The one place where names are used that Ray keeps to itself, each with its reason."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray._raylet import AuthenticationTokenLoader  # type: ignore[attr-defined]  # compiled

if TYPE_CHECKING:
    from ray.tune.experiment import Trial as RayTrial


def forget_token() -> None:
    """Read the token anew: Ray keeps that of the session before, in a process that has several."""
    AuthenticationTokenLoader.instance().reset_cache()


def silence_token_notice() -> None:
    """Ray announces at each start, past every handler, that a private instance is guarded by a token."""
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)


def actor_of(trial: RayTrial) -> Any:
    """The worker of a trial that runs: no callback or scheduler is given it."""
    return trial.temporary_state.ray_actor


def failure_log(trial: RayTrial) -> str:
    """Ray's account of a trial's failures, or nothing.

    It is a file here now, and in the storage, where Ray looks, only later; the hooks are not given the error.
    """
    try:
        return Path(trial.error_file).read_text(encoding="utf-8", errors="replace")
    except (OSError, TypeError):
        return ""


def count_no_callbacks() -> None:
    """Ray Tune counts the callbacks of each kind for its statistics, even where these are off; to know W&B's, it
    imports wandb, which takes a second or more before the first worker starts."""
    from ray.air._internal import usage  # brings all of Ray Tune, which the start of Ray should not wait for

    usage.tag_callbacks = lambda callbacks: False
