"""Runs scenarios on real threads: `compiled` makes the code, `crew` runs it, `patience` finds hangs."""
