"""lockproof in test suites: `lockproof.check`, `explore` and `mutate`, and the pytest plugin."""
