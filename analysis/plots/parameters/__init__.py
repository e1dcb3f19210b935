"""Plots of a metric against the searched parameters."""
