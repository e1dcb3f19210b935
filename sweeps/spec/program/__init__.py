"""A program that a sweep trains in place of a model: what a spec says of it, and how that is read."""
