"""The search: what to try next, by one of the methods in a table, and what it says of the parameters."""
