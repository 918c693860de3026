"""SCTBench, rebuilt: programs with known concurrency bugs, each with a mended twin."""
