"""What all packages share, of the standard library alone: errors with an exit code, text for people, whole files."""
