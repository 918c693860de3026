"""Many checks: what a package has to check, each unit of work in a process of its own, and their reports as one."""
