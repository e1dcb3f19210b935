"""Plots of images: samples, reconstructions, weights, confusion matrices."""
