"""A trial of a compiled LockedSet (locked_core.c), and what it costs: `python -m benchmarks.core`."""
