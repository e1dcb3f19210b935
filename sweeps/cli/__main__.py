"""`python -m sweeps.cli`, where the command `sweeps` is not installed."""

from sweeps.cli import main

main()
