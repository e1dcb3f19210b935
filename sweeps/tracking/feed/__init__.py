"""The feed: the process that sends a sweep's events to W&B, so that nothing else waits for W&B."""
