"""The judge of generative models: from samples to a verdict (mode collapse, noise, healthy, ...) with its reasons."""
