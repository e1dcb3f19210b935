"""A sweep's folder on disk: rows, the table of trials, checkpoints, manifest, the search's journal, who holds it."""
