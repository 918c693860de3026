"""lockproof in test suites: `lockproof.check` and its kin, and the pytest plugin."""
