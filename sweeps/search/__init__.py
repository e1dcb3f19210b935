"""The search: what to try next, by Optuna's samplers or over a grid, and what it says of the parameters."""
