"""The process you started: it builds a sweep, lets Ray run it, and shows how it goes."""
