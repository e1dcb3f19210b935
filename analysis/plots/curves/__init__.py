"""Pictures of trials over steps, trials and time."""
