"""Imports the results of other programs as a sweep: Ray Tune's folders and W&B's exports."""
