"""The trials of a sweep as the driver has them: the work that each is, and those that run again with other seeds."""
