"""SCTBench, rebuilt, and more of its kind: programs with known concurrency bugs, each with a mended twin."""
