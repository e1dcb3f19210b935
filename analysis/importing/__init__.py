"""Results that other programs wrote, read as a sweep: Ray Tune's folders and W&B's exports."""
