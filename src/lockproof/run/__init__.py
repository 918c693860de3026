"""Runs scenarios on real threads: `program` makes the code of a scenario, `crew` runs it."""
