"""Tracking in Weights & Biases: the driver writes events to a queue on disk, a separate process sends them.

Importing this never imports wandb.
"""

from sweeps.tracking.best import write_best
from sweeps.tracking.final_metrics import track_tested
from sweeps.tracking.mode import resolve_mode
from sweeps.tracking.settings import FeedSettings, settings_of
from sweeps.tracking.tracker import Tracker

__all__ = ["FeedSettings", "Tracker", "resolve_mode", "settings_of", "track_tested", "write_best"]
