"""The process that talks to W&B for a sweep; nothing else waits for W&B."""
