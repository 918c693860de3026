"""The child of the pytest plugin: runs pytest under control, and explores its tests one thread at a time."""
