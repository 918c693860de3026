"""From a failing scenario to the smallest one that fails."""
