"""Runs in Ray's worker processes: training and evaluating trials, and reporting to the driver."""
