"""What the driver prepares for the workers of a sweep of a program."""
