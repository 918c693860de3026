"""Runs scenarios on real threads: `compiled` makes the code of a scenario, `crew` runs it."""
