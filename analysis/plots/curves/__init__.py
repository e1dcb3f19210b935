"""Plots over training steps, number of trials, or time."""
