"""Tracking in Weights & Biases: the driver writes events to a queue on disk, a separate process sends them.

Nothing is imported here, so that a process that only downloads does without the tables of results.
"""
