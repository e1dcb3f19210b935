"""Weights & Biases, fed by a process of its own from a queue on disk; importing this never imports wandb."""

from sweeps.tracking.mode import resolve_mode
from sweeps.tracking.tracker import Tracker, upload_command

__all__ = ["Tracker", "resolve_mode", "upload_command"]
