"""A spec as a document: YAML read and written, its lines and their types, what W&B has beside ours, overrides."""
