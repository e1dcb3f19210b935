"""Pictures of what trials made of images: samples, reconstructions, weights, confusion."""
