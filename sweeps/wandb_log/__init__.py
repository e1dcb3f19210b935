"""What W&B's client leaves on disk of a run, its transaction log, read as it is written; no server in sight."""
