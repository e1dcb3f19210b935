"""What a sweep found: its trials ranked, and the best config with where it came from."""
