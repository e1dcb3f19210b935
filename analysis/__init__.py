"""What a sweep means: metrics, its results read back, pictures and the report. Runs where no Ray and no torch are."""
