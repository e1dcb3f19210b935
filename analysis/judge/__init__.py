"""The judge: samples in, a verdict with reasons out (mode collapse, noise, health and seven more)."""
