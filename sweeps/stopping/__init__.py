"""Early termination: rules that say when a trial should stop."""
