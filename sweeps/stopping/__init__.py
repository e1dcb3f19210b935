"""Early termination: rules that say when a trial should stop, one a file, and the table of them."""
