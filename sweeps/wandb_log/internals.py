"""The one place where names are used that wandb keeps to itself, each with its reason. It imports wandb when asked."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

# Settings that begin with x_, which wandb may change: without them it would record the driver's machine, and lose more
# than a few seconds to a kill (what that can cost is read again).
SETTINGS: Mapping[str, Any] = {
    "x_disable_stats": True,
    "x_disable_meta": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
    "x_transaction_log_flush_interval": 2.0,
}
# Variables of such settings that another program's run may have left in the environment.
VARIABLES = ("X_FILES_DIR", "X_SYNC_DIR_SUFFIX", "X_PRIMARY", "X_LABEL", "X_RUNQUEUE_ITEM_ID")


# The same setting for a program's run, in its environment: its rows are read while it trains.
PROGRAM_ENVIRONMENT = {"WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": "0.2"}


def record(content: bytes) -> Any:
    """A record of a .wandb file: what its runs have on disk is not said by any public name."""
    protocol = importlib.import_module("wandb.proto.wandb_internal_pb2")  # generated at import: nothing to type
    return protocol.Record.FromString(content)
