"""The search methods, one a file: each class is a row of `sweeps.search.methods.METHODS`."""
