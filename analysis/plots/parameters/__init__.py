"""Pictures of a metric over the parameters that were searched."""
