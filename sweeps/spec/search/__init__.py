"""How a spec says to search: the method and its options, the first trials, a population."""
