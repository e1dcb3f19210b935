"""Trials that are programs: started with a config, followed by what they report, and ended with all their children."""
